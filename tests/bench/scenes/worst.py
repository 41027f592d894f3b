"""The worst outage: half of all pods fail."""

from collections.abc import Iterator
from itertools import islice

from tests.bench.figures import Figure, at_most, below
from tests.bench.ground import Ground
from tests.bench.keys import pressed
from tests.bench.measure import Spread, percentile, ratios
from tests.bench.scenes.first import COMPLETE, console, kubectl, memory
from tests.bench.terminal import Terminal

KEYS = 200


def play(ground: Ground, runs: int) -> Iterator[Figure]:
    """Yield the first row, memory, and how long a key takes where thousands are listed."""
    label = f"{ground.crowd.failing:,} of {ground.crowd.pods:,} failing: "
    rounds = [(kubectl(ground), console(ground)) for _ in range(runs)]
    first = ratios([mine.row for _, mine in rounds], [other.seconds for other, _ in rounds])
    yield at_most(f"{label}first failing pod on screen ÷ `kubectl get pods -A`", first.text(), first.middle, 0.3)
    yield memory(f"{label}console, peak memory", [mine.peak for _, mine in rounds], 130)
    seconds = Spread(tuple(mine.complete for _, mine in rounds))
    yield Figure(f"{label}all explained", seconds.text("s"))
    yield _keys(label, ground)


def _keys(label: str, ground: Ground) -> Figure:
    with Terminal(ground.tool, ground.environment) as terminal:
        terminal.wait(COMPLETE)
        terminal.quiet(3.0)
        took = list(islice(pressed(terminal), KEYS))
    worst = percentile(took, 0.99) * 1000
    text = f"{worst:.0f} ms (median {1000 * Spread(tuple(took)).middle:.0f} ms, {len(took)} keys)"
    return below(f"{label}key to paint, p99", text, worst, 50, "ms")
