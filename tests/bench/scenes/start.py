"""How soon something is on the screen, against what Textual and Python need for themselves."""

from collections.abc import Iterator, Sequence

from tests.bench import others
from tests.bench.figures import Figure, at_most
from tests.bench.ground import Ground
from tests.bench.measure import ratios, run
from tests.bench.scenes.first import kubectl, scan
from tests.bench.terminal import Terminal

_BRAND = "harbor-doctor"
_ROUNDS = 3
"""The official client takes ten seconds for ten thousand pods."""


def play(ground: Ground, runs: int) -> Iterator[Figure]:
    """Yield first paint, and `scan` beside other ways to list the pods."""
    painted, bare, nothing = list[float](), list[float](), list[float]()
    for _ in range(runs):
        nothing.append(run(others.NOTHING, ground.environment).seconds)
        bare.append(_paint(others.BARE_APP, others.BARE_TEXT, ground))
        painted.append(_paint(ground.tool, _BRAND, ground))
    first = ratios(painted, bare)
    yield at_most("first paint ÷ bare Textual app's", first.text(), first.middle, 1.4)
    yield Figure("first paint ÷ `python3 -c pass`", ratios(painted, nothing).text(digits=0))
    yield from _beside(ground, min(runs, _ROUNDS))


def _paint(command: Sequence[str], text: str, ground: Ground) -> float:
    with Terminal(command, ground.environment) as terminal:
        return terminal.wait(text) - terminal.began


def _beside(ground: Ground, runs: int) -> Iterator[Figure]:
    rounds = [
        (kubectl(ground), run(others.OFFICIAL, ground.environment), run(others.RAW, ground.environment), scan(ground))
        for _ in range(runs)
    ]
    ours = [mine.seconds for *_, mine in rounds]
    label = f"{ground.crowd.pods:,} pods: `scan`"
    yield Figure(
        f"{label}, verdicts included ÷ `kubectl get pods -A`", ratios(ours, [r[0].seconds for r in rounds]).text()
    )
    yield Figure(f"{label} ÷ the official client's list", ratios(ours, [r[1].seconds for r in rounds]).text())
    cpu = ratios([mine.cpu for *_, mine in rounds], [r[2].cpu for r in rounds])
    yield Figure(f"{label} CPU ÷ raw HTTP of the same pages", cpu.text())
