"""A cluster that moves: two thousand watch events in two seconds, while somebody presses keys."""

import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

from tests.bench.figures import Figure, below
from tests.bench.ground import Ground
from tests.bench.keys import pressed
from tests.bench.measure import Spread, percentile
from tests.bench.scenes.first import COMPLETE
from tests.bench.store import Entry
from tests.bench.terminal import Terminal

EVENTS, SECONDS = 2_000, 2.0
TURNING = 400
"""Pods that begin to fail: each fails, recovers and fails again until all events are used up."""


def play(ground: Ground, runs: int) -> Iterator[Figure]:
    """Yield whether all was taken in, and how long a key waited for its paint meanwhile."""
    took, came = list[float](), list[bool]()
    for _ in range(runs):
        _recover(ground)
        with Terminal(ground.tool, ground.environment) as terminal:
            terminal.wait(COMPLETE)
            terminal.quiet(3.0)
            took += _burst(ground, terminal)
            came.append(_taken_in(ground, terminal))
    label, waiting = f"{EVENTS:,} watch events in {SECONDS:g} s: ", ground.crowd.failing + TURNING
    yield Figure(f"{label}all taken in ({waiting:,} pods waiting)", "yes" if all(came) else "no", "yes", all(came))
    worst = percentile(took, 0.99) * 1000
    text = f"{worst:.0f} ms (median {1000 * Spread(tuple(took)).middle:.0f} ms, {len(took)} keys)"
    yield below(f"{label}key to paint meanwhile, p99", text, worst, 100, "ms")


def _recover(ground: Ground) -> None:
    ground.store.put(ground.patterns.pod(number, failing=False) for number in _turning(ground))


def _burst(ground: Ground, terminal: Terminal) -> list[float]:
    """Let all events come in, evenly: the work of writing them is over by then, and takes nothing from the console."""
    proxy = ground.control.proxy
    proxy.hold()
    before = proxy.held
    ground.store.put_in_order(_events(ground), TURNING)
    _settled(lambda: proxy.held - before)
    pouring = threading.Thread(target=proxy.pour, args=(SECONDS,))
    pouring.start()
    took = list(_pressed_meanwhile(terminal, pouring))
    pouring.join()
    return took


def _settled(measure: Callable[[], int]) -> None:
    last = -1
    while (now := measure()) != last or not now:
        last = now
        time.sleep(0.5)


def _turning(ground: Ground) -> range:
    """Even numbers: their pods are in namespaces that have a trouble of their own."""
    return range(ground.crowd.failing, ground.crowd.failing + 2 * TURNING, 2)


def _events(ground: Ground) -> Iterator[Entry]:
    for turn in range(EVENTS // TURNING):
        for number in _turning(ground):
            yield ground.patterns.pod(number, failing=turn % 2 == 0)


def _pressed_meanwhile(terminal: Terminal, pouring: threading.Thread) -> Iterator[float]:
    keys = pressed(terminal)
    while pouring.is_alive():
        yield next(keys)


def _taken_in(ground: Ground, terminal: Terminal) -> bool:
    """Is it in the header in the end, with all that fail now?"""
    want = f"{ground.crowd.failing + TURNING:,}"
    with suppress(TimeoutError):
        terminal.wait(rf"{want} pods waiting", seconds=30)
        terminal.quiet(2.0)
    told = re.findall(rb"([\d,]+) pods? waiting", terminal.written)
    return bool(told) and told[-1].decode() == want
