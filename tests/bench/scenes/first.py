"""How long until the first failing pod is seen and all are known, and what that costs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from tests.bench.figures import Figure, Size, at_most
from tests.bench.ground import Ground
from tests.bench.measure import MIB, Run, Spread, ratios, run
from tests.bench.terminal import Terminal

ROW = r"team-\d\d/web-\d{6}"
"""A failing pod by its name."""
COMPLETE = r"(looked|live) \d\d:\d\d"
"""What the header says once the look has ended."""
FOUND = (0, 1)
"""Exit codes of a scan that could look."""


@dataclass(frozen=True, slots=True)
class Console:
    """One run of the console until nothing moves any more."""

    row: float
    complete: float
    cpu: float
    peak: int


@dataclass(frozen=True, slots=True)
class Round:
    """All three, one right after the other."""

    kubectl: Run
    console: Console
    scan: Run


def rounds(ground: Ground, runs: int) -> list[Round]:
    """Measure so often."""
    return [Round(kubectl(ground), console(ground), scan(ground)) for _ in range(runs)]


def kubectl(ground: Ground) -> Run:
    """`kubectl get pods -A`."""
    return run([*ground.kubectl, "get", "pods", "-A"], ground.environment, "ImagePullBackOff")


def scan(ground: Ground) -> Run:
    """`harbor-doctor scan`, verdicts included."""
    return run([*ground.tool, "scan"], ground.environment, codes=FOUND)


def console(ground: Ground) -> Console:
    """The console until it has been still for a second after the look's end."""
    with Terminal(ground.tool, ground.environment) as terminal:
        row, complete = terminal.wait(ROW), terminal.wait(COMPLETE)
        terminal.quiet(1.0)
        return Console(row - terminal.began, complete - terminal.began, terminal.cpu, terminal.peak)


def play(ground: Ground, runs: int) -> Iterator[Figure]:
    """Yield the figures of this many pods."""
    found, label = rounds(ground, runs), f"{ground.crowd.pods:,} pods: "
    large = ground.crowd.pods >= 10_000
    yield _first(label, found, large)
    yield _cpu(label, found, large)
    yield memory(f"{label}console, peak memory", [r.console.peak for r in found], 110)
    yield memory(f"{label}`scan`, peak memory", [r.scan.peak for r in found], 80)
    yield Figure(f"{label}seconds on this machine", _seconds(found), size=_size(ground.crowd.pods, found))


def _size(pods: int, found: Sequence[Round]) -> Size:
    scans, consoles = [r.scan.seconds for r in found], [r.console.complete for r in found]
    return Size(pods, median(scans), median(consoles), median(r.console.peak for r in found))


def _first(label: str, found: Sequence[Round], large: bool) -> Figure:
    ratio = ratios([r.console.row for r in found], [r.kubectl.seconds for r in found])
    name = f"{label}first failing pod on screen ÷ `kubectl get pods -A`"
    return at_most(name, ratio.text(), ratio.middle, 0.25) if large else Figure(name, ratio.text())


def _cpu(label: str, found: Sequence[Round], large: bool) -> Figure:
    ratio = ratios([r.scan.cpu for r in found], [r.kubectl.cpu for r in found])
    name = f"{label}`scan` CPU ÷ `kubectl get pods -A` CPU"
    return at_most(name, ratio.text(), ratio.middle, 0.5) if large else Figure(name, ratio.text())


def memory(name: str, peaks: Sequence[int], bar: float) -> Figure:
    """Peaks in MiB."""
    spread = Spread(tuple(peak / MIB for peak in peaks))
    return at_most(name, spread.text("MiB", 0), spread.middle, bar, "MiB")


def _seconds(found: Sequence[Round]) -> str:
    parts = {
        "kubectl": [r.kubectl.seconds for r in found],
        "`scan`": [r.scan.seconds for r in found],
        "first row": [r.console.row for r in found],
        "console complete": [r.console.complete for r in found],
    }
    return ", ".join(f"{name} {Spread(tuple(values)).text('s')}" for name, values in parts.items())
