"""Which scenes are played on which pods, in turn; what one has measured survives another's failure."""

import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.figures import Figure, growth
from tests.bench.ground import Ground, ground
from tests.bench.pods import Crowd
from tests.bench.scenes import bulk, first, idle, moving, start, watch, worst
from tests.live.processes import Missing
from tests.live.servers import Binaries

_BUILD = Path(__file__).parents[1] / "live" / "build.sh"
_FAILING = 300
_MAIN = 10_000
"""Pods of all scenes that are not about their number; fewer where fewer are asked for."""
_HUGE, _RUNS_OF_HUGE = 50_000, 2
"""From so many pods on each round takes a minute, so that there are but so many."""

Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Scene:
    """What is measured together."""

    play: Callable[[Ground, int], Iterator[Figure]]
    crowds: Callable[[Sequence[int]], list[Crowd]]
    """On which pods, for the numbers that were asked for."""


def _main(pods: Sequence[int]) -> int:
    return max((number for number in pods if number <= _MAIN), default=min(pods))


SCENES = {
    "first": Scene(first.play, lambda pods: [Crowd(number, _FAILING) for number in pods]),
    "start": Scene(start.play, lambda pods: [Crowd(_main(pods), _FAILING)]),
    "idle": Scene(idle.play, lambda pods: [Crowd(_main(pods), _FAILING)]),
    "moving": Scene(moving.play, lambda pods: [Crowd(_main(pods), _FAILING)]),
    "watch": Scene(watch.play, lambda _: [Crowd(2_000, 200)]),
    "bulk": Scene(bulk.play, lambda pods: [Crowd(2_000, 1_000)]),
    "worst": Scene(worst.play, lambda pods: [Crowd(_main(pods), _main(pods) // 2)]),
}


def played(pods: Sequence[int], runs: int, names: Sequence[str], tell: Tell) -> tuple[list[Figure], list[str]]:
    """Play scenes; returns what was measured, and which scenes broke off. Raises Missing, DidNotStart."""
    found, broken = list[Figure](), list[str]()
    binaries = Binaries(_binaries(tell))
    for crowd, scenes in _by_crowd(pods, names).items():
        tell(f"{crowd.pods:,} pods, {crowd.failing:,} of them failing")
        with ground(binaries, crowd) as there:
            for name in scenes:
                if not _play(name, there, runs if crowd.pods < _HUGE else min(runs, _RUNS_OF_HUGE), found, tell):
                    broken.append(name)
    return [*found, *growth(found)], broken


def _by_crowd(pods: Sequence[int], names: Sequence[str]) -> dict[Crowd, list[str]]:
    sets: dict[Crowd, list[str]] = {}
    for name in SCENES:
        for crowd in SCENES[name].crowds(pods) if name in names else ():
            sets.setdefault(crowd, []).append(name)
    return sets


def _play(name: str, there: Ground, runs: int, found: list[Figure], tell: Tell) -> bool:
    began = time.monotonic()
    try:
        for figure in SCENES[name].play(there, runs):
            found.append(figure)
            tell(f"  {figure.line}")
    except Exception as error:  # whatever it is: the other scenes go on
        tell(f"  {name} broke off: {type(error).__name__}: {error}")
        return False
    finally:
        tell(f"  {name}: {time.monotonic() - began:.0f} s")
    return True


def _binaries(tell: Tell) -> Path:
    tell("looking for kube-apiserver, etcd and kubectl; where one is missing it is built, which takes minutes")
    done = subprocess.run([_BUILD, "--kubectl"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise Missing("the benchmarks need kube-apiserver, etcd and kubectl")
    return Path(done.stdout.strip())
