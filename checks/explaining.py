"""Explains many pulls at a time so that none waits behind another's registry or login.

Of pulls that need the same answers one goes first; the others follow when those are known. So no two threads wait for
one answer, and a registry that hangs holds up its own pulls and no others.
"""

import threading
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from checks.errors import Interrupted
from checks.model import Diagnosis, Pull

AT_A_TIME = 32
"""Lots explained at a time."""
PER_REGISTRY = 16
"""Of these at one registry."""
_LOT = 16
"""Pulls that follow in one go: each costs about a millisecond."""
_POLL = 0.1
"""Seconds between looks at the stop event."""

_Lot = tuple[Pull, ...]


def explained(
    explain: Callable[[Pull], Diagnosis], pulls: Sequence[Pull], stop: threading.Event
) -> Iterator[Diagnosis]:
    """Yield one diagnosis for each pull as they come; raises Interrupted soon after `stop` is set.

    What is under way then goes on in its threads to its own timeouts; its answers stay known.
    """
    lots = _Lots(pulls)
    pool = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="diagnose")
    running: dict[Future[tuple[Diagnosis, ...]], _Lot] = {}
    try:
        while running or lots:
            running |= {pool.submit(_each, explain, lot, stop): lot for lot in lots.take(AT_A_TIME - len(running))}
            done, _ = wait(running, timeout=_POLL, return_when=FIRST_COMPLETED)
            if stop.is_set():
                raise Interrupted("stopped on request")
            for future in done:
                lots.ended(running.pop(future))
                yield from future.result()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _each(explain: Callable[[Pull], Diagnosis], lot: _Lot, stop: threading.Event) -> tuple[Diagnosis, ...]:
    return tuple(explain(pull) for pull in lot if not stop.is_set())


class _Lots:
    """What is still to be explained, and which of it may begin."""

    def __init__(self, pulls: Sequence[Pull]) -> None:
        alike: dict[object, deque[Pull]] = {}
        for pull in pulls:
            alike.setdefault(_needs(pull), deque()).append(pull)
        self._after = alike
        """Pulls that wait for the first of their kind."""
        self._ready: deque[_Lot] = deque((same.popleft(),) for same in alike.values())
        self._busy: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._ready)

    def take(self, most: int) -> list[_Lot]:
        """Return at most so many lots that may begin now, in order."""
        taken, held = list[_Lot](), deque[_Lot]()
        while self._ready and len(taken) < most:
            lot = self._ready.popleft()
            registry = _registry(lot[0])
            if self._busy[registry] >= PER_REGISTRY:
                held.append(lot)
                continue
            self._busy[registry] += 1
            taken.append(lot)
        self._ready.extendleft(reversed(held))
        return taken

    def ended(self, lot: _Lot) -> None:
        """The answers that this lot needed are known: those that need the same may begin, before any other."""
        self._busy[_registry(lot[0])] -= 1
        rest = self._after.get(_needs(lot[0]), deque())
        while rest:
            self._ready.appendleft(tuple(rest.popleft() for _ in range(min(_LOT, len(rest)))))


def _needs(pull: Pull) -> object:
    """What decides which objects are read and what is asked of the registry."""
    return pull.namespace, pull.image, pull.pull_secrets, pull.service_account


def _registry(pull: Pull) -> str:
    return pull.image.partition("/")[0]
