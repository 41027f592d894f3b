"""Explains many pulls at a time so that none waits behind another's registry or login.

Of pulls that need the same answers one goes first; the others follow when those are known. So no two threads wait for
one answer, and a registry that hangs holds up its own pulls and no others.
"""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from checks.errors import Interrupted
from checks.model import Diagnosis, Pull


@dataclass(frozen=True, slots=True)
class Pace:
    """How many lots are explained at a time."""

    leading: int
    """The first of their kind, which ask."""
    at_one_registry: int
    following: int
    """The others, which seldom wait for anything: more of them only take turns with the screen."""
    rest: float = 0.0
    """Seconds of rest after each pull: a thread that never waits takes its turn whenever the screen's is over."""


QUICK = Pace(leading=24, at_one_registry=8, following=3)
"""Somebody waits for the answer."""
CALM = Pace(leading=8, at_one_registry=2, following=1, rest=0.001)
"""Behind somebody's back: what they do now comes first."""
_AT_FIRST = 2
"""Leading lots at one registry until one has ended, or for `_ALONE` seconds: all at once, none would end soon."""
_ALONE = 0.2
_LOT = 16
"""Pulls that follow in one go: each costs about a millisecond."""
_POLL = 0.1
"""Seconds between looks at the stop event."""

_Lot = tuple[Pull, ...]


def explained(
    explain: Callable[[Pull], Diagnosis], pulls: Sequence[Pull], stop: threading.Event, pace: Pace = QUICK
) -> Iterator[Diagnosis]:
    """Yield one diagnosis for each pull as they come; raises Interrupted soon after `stop` is set.

    What is under way then goes on in its threads to its own timeouts; its answers stay known.
    """
    lots, most = _Lots(pulls, pace), pace.leading + pace.following
    pool = ThreadPoolExecutor(most, thread_name_prefix="diagnose")
    running: dict[Future[tuple[Diagnosis, ...]], _Lot] = {}
    try:
        while running or lots:
            running |= {pool.submit(_each, explain, lot, stop, pace.rest): lot for lot in lots.take()}
            done, _ = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
            if stop.is_set():
                raise Interrupted("stopped on request")
            for future in done:
                lots.ended(running.pop(future))
                yield from future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _each(explain: Callable[[Pull], Diagnosis], lot: _Lot, stop: threading.Event, rest: float) -> tuple[Diagnosis, ...]:
    found = list[Diagnosis]()
    for pull in lot:
        if stop.is_set():
            break
        found.append(explain(pull))
        if rest:
            time.sleep(rest)
    return tuple(found)


class _Lots:
    """What is still to be explained, and which of it may begin."""

    def __init__(self, pulls: Sequence[Pull], pace: Pace) -> None:
        self._pace = pace
        alike: dict[object, deque[Pull]] = {}
        for pull in pulls:
            alike.setdefault(_needs(pull), deque()).append(pull)
        self._after = alike
        """Pulls that wait for the first of their kind."""
        self._ready: dict[str, deque[Pull]] = {}
        """The first of each kind, by registry."""
        for same in alike.values():
            first = same.popleft()
            self._ready.setdefault(_registry(first), deque()).append(first)
        self._following: deque[_Lot] = deque()
        self._led: Counter[str] = Counter()
        self._at_work = 0
        self._all_from = time.monotonic() + _ALONE

    def __bool__(self) -> bool:
        return bool(self._following or any(self._ready.values()))

    def take(self) -> list[_Lot]:
        """Return the lots that may begin now."""
        taken = list[_Lot]()
        most = self._pace.at_one_registry if time.monotonic() >= self._all_from else _AT_FIRST
        while self._following and self._at_work < self._pace.following:
            self._at_work += 1
            taken.append(self._following.popleft())
        for registry, ready in self._ready.items():
            while ready and self._led[registry] < most and self._led.total() < self._pace.leading:
                self._led[registry] += 1
                taken.append((ready.popleft(),))
        return taken

    def ended(self, lot: _Lot) -> None:
        """The answers that this lot needed are known: those that need the same may begin."""
        self._all_from = 0.0
        rest = self._after.pop(_needs(lot[0]), None)
        if rest is None:
            self._at_work -= 1
            return
        self._led[_registry(lot[0])] -= 1
        while rest:
            self._following.append(tuple(rest.popleft() for _ in range(min(_LOT, len(rest)))))


def _needs(pull: Pull) -> object:
    """What decides which objects are read and what is asked of the registry."""
    return pull.namespace, pull.image, pull.pull_secrets, pull.service_account


def _registry(pull: Pull) -> str:
    return pull.image.partition("/")[0]
