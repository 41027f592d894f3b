"""The one gate that everything passes which is written: in the cluster, in Harbor, receipts, undo and probe pods.

It stands in the two clients that send anything (`clients.transport`, `clients.session`), so that no repair, known or
yet to come, can go round it. In a protected context it is shut until a person has given the context's name for the
act in hand, and shuts again after it.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from checks.errors import Refused


class WriteGate:
    """The gate of one context."""

    def __init__(self, context: str = "", *, read_only: bool = False, protected: bool = False) -> None:
        self._context = context
        self.read_only = read_only
        """Nothing is ever written."""
        self.protected = protected
        self._acts = 0
        self._lock = threading.Lock()

    @property
    def confirm(self) -> str:
        """What a person must give before anything is written: the context's name; empty where nothing is asked."""
        return self._context if self.protected and not self.read_only else ""

    def pass_write(self, what: str) -> None:
        """Let a write through, or raise Refused before it is sent; `what` names it in a sentence."""
        begins = f"{self._context}: " if self._context else ""
        if self.read_only:
            raise Refused(f"{begins}this run is read-only, so {what} was not sent")
        if self.protected and not self._acts:
            raise Refused(f"{begins}this context is protected and nobody gave its name, so {what} was not sent")

    @contextmanager
    def act(self, confirmed: str = "") -> Iterator[None]:
        """Open the gate for the block: one repair, undo or probe that a person agreed to.

        Raises Refused in a read-only run, and in a protected context where `confirmed` is not its name.
        """
        self._agreed(confirmed)
        with self._lock:
            self._acts += 1
        try:
            yield
        finally:
            with self._lock:
                self._acts -= 1

    def _agreed(self, confirmed: str) -> None:
        if self.read_only:
            raise Refused(f"{self._context}: this run is read-only: nothing is written, put back or removed")
        if self.protected and confirmed != self._context:
            given = f"{confirmed} is not it" if confirmed else "it was not given"
            raise Refused(f"{self._context} is protected: its name is asked before anything is written, and {given}")
