"""Tests a login so that nobody is locked out: one at a time for a user, never twice for nothing.

Harbor refuses a wrong password after 1.5 s and for that time refuses every login of that user at once, right ones
too (src/core/auth/authenticator.go, lock.go); a directory behind it may count failures and lock the account.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from checks.facts import Exchange, Knows

FINAL = 1.0
"""Seconds from which on a refusal cannot be Harbor's lock."""
PAUSE_AFTER_LOCK = 2.0
PAUSE_BETWEEN_PASSWORDS = 1.6
MOST_PASSWORDS = 2
"""Refused passwords of one user after which no other is tried unasked: directories lock accounts after a few."""
MOST_OF_A_ROBOT = 6
"""The same for a robot account, which no directory knows."""
_WORDS = {MOST_PASSWORDS: "two", MOST_OF_A_ROBOT: "six"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a registry knows a login, by what was asked."""

    knows: Knows
    exchanges: tuple[Exchange, ...] = ()
    why: str = ""
    subject: str = ""
    admitted: bool = False
    """It may go on to the repository."""

    @property
    def quick(self) -> bool:
        """A refusal so fast that it may be a lock."""
        return self.knows == Knows.REFUSED and self.exchanges[-1].seconds < FINAL


class _Line:
    """The queue of one user at one registry."""

    def __init__(self) -> None:
        self.turn = threading.Lock()
        self.refused_at = 0.0
        self.refused = 0


class Gate:
    """Keeps the tests of one user apart, in this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lines: dict[tuple[str, str], _Line] = {}

    @contextmanager
    def turn(self, registry: str, username: str) -> Iterator[_Line]:
        """Wait until nobody else tests this user here, and for the pause after a refusal."""
        with self._lock:
            line = self._lines.setdefault((registry, username.casefold()), _Line())
        with line.turn:
            if line.refused_at:
                time.sleep(max(0.0, line.refused_at + PAUSE_BETWEEN_PASSWORDS - time.monotonic()))
            yield line

    def judge(
        self, registry: str, username: str, ask: Callable[[], Verdict], locks: bool, by_hand: bool = False
    ) -> Verdict:
        """Return what `ask` finds. `locks`: the registry locks users for a moment, so a quick refusal is asked again.

        Twice refused quickly is LOCKED: refused or locked. Called once for each password; after too many refused ones
        of a user nothing is asked, and the verdict is NOT_ASKED, unless a person has typed this one in (`by_hand`).
        """
        most = MOST_OF_A_ROBOT if username.startswith("robot$") or "+" in username else MOST_PASSWORDS
        with self.turn(registry, username) as line:
            if line.refused >= most and not by_hand:
                why = f"not tried: {_WORDS[most]} passwords of this user were refused already"
                return Verdict(Knows.NOT_ASKED, why=why)
            found = self._asked(line, ask, locks)
            line.refused += found.knows in (Knows.REFUSED, Knows.LOCKED)
        return found

    def _asked(self, line: _Line, ask: Callable[[], Verdict], locks: bool) -> Verdict:
        first = self._note(line, ask())
        if not (locks and first.quick):
            return first
        time.sleep(PAUSE_AFTER_LOCK)
        second = self._note(line, ask())
        knows = Knows.LOCKED if second.quick else second.knows
        return replace(second, knows=knows, exchanges=(*first.exchanges, *second.exchanges))

    @staticmethod
    def _note(line: _Line, verdict: Verdict) -> Verdict:
        if verdict.knows == Knows.REFUSED:
            line.refused_at = time.monotonic()
        return verdict
