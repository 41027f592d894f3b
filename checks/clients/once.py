"""Work that is shared: whoever asks first does it, all others wait for the same answer."""

import threading
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Once(Generic[K, V]):
    """A map of answers by key, each made at most once, whichever thread asks; a failure is not kept."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: dict[K, Future[V]] = {}

    def get(self, key: K, make: Callable[[], V]) -> V:
        """Return the answer for `key`; call `make` only if nobody has and nobody is at it. Its errors reach all."""
        with self._lock:
            known = self._answers.get(key)
            answer = known or self._answers.setdefault(key, Future())
        if known is None:
            self._fill(key, answer, make)
        return answer.result()

    def _fill(self, key: K, answer: Future[V], make: Callable[[], V]) -> None:
        try:
            answer.set_result(make())
        except BaseException as error:
            with self._lock:
                self._answers.pop(key, None)
            answer.set_exception(error)

    def forget(self, which: Callable[[K], bool]) -> None:
        """Drop all answers whose key `which` picks; work under way ends for those who wait for it."""
        self.drop(lambda key, _: which(key))

    def drop(self, which: Callable[[K, V | None], bool]) -> None:
        """Drop all answers that `which` picks by key and value (None while it is being worked at)."""
        with self._lock:
            for key, answer in list(self._answers.items()):
                ready = answer.done() and answer.exception() is None
                if which(key, answer.result() if ready else None):
                    del self._answers[key]
