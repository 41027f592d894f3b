"""What all parts of the console share: the doctor, the board, and how work is started and its end is shown."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING

from textual.app import App

from tui import messages, work
from tui.board import Board
from tui.render import safe
from tui.screens.base import BoardScreen, Dialog
from tui.screens.box import Box

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem


class Desk(App[int]):
    """Holds the state. Workers post messages; only handlers change anything."""

    def __init__(self, opens: Callable[[], Facade], scope: str = "all namespaces") -> None:
        """`opens` makes the doctor when it is first needed, which is after the first picture."""
        super().__init__()
        self._opens = opens
        self.board = Board(scope=scope)
        self._number = 0
        self._stop = threading.Event()
        """Ends the scan under way; a new scan gets a new one."""
        self._quit = threading.Event()
        """Ends the watch of a repair: only on leaving."""
        self._leaving = False
        self._tickets: dict[str, work.Ticket] = {}
        """By problem: the plans that are being made. What is made on another ticket is not taken."""
        self._made_for: dict[str, frozenset[str]] = {}
        """By problem: the pods that its plans were made for."""
        self._count = 0
        self._soon = False

    @cached_property
    def doctor(self) -> Facade:
        """Whoever is asked for everything."""
        return self._opens()

    def now(self) -> datetime:
        """The time that ages are counted from (UTC)."""
        return datetime.now(UTC)

    def show(self, board: Board) -> None:
        """Take a new board and let every screen show it."""
        self.board = board
        for screen in self.screen_stack:
            # A screen that is being built or taken down has no parts to show anything in.
            if isinstance(screen, BoardScreen) and screen.is_mounted and screen.query("#header"):
                screen.show_board(board)

    def show_soon(self) -> None:
        """Let the screens show the board once all that has come by now is taken in: a thousand plans are one look."""
        if not self._soon:
            self._soon = True
            self.call_later(self._show_now)

    def _show_now(self) -> None:
        self._soon = False
        self.show(self.board)

    def say(self, text: str, *, error: bool = False) -> None:
        """Tell something in a corner, foreign text made harmless."""
        self.notify(safe(text).plain, severity="error" if error else "information", markup=False, timeout=6)

    def agreed(self, box: Dialog, go: Callable[[str], object]) -> None:
        """Show a box; where the person agrees, go on with the context's name as they typed it."""

        def decided(yes: bool | None) -> None:
            if yes:
                go(box.typed)

        self.push_screen(box, decided)

    def _start(self, name: str, call: Callable[[], None], problem: str = "") -> None:
        self.run_worker(
            partial(work.guarded, self.post_message, call, problem),
            name=name, group=name, thread=True, exit_on_error=False, description=name,
        )  # fmt: skip

    def void(self, problem: str) -> None:
        """What this problem's plans were made from has changed: they are forgotten, and so is what is being made."""
        self._tickets.pop(problem, None)
        self.board = self.board.without_offers(problem)

    def retest(self, problem: Problem, *, told: bool = True) -> None:
        """Look again at what a problem rests on; with `told` the answer is said in the corner."""
        call = partial(work.retest, self.doctor, self.post_message, problem, self._number, self._stop, told=told)
        self._start("retest", call, problem.id)

    def on_failed(self, event: messages.Failed) -> None:
        """An error is a sentence: in the row it belongs to, or over the screen."""
        if event.problem and event.problem in self.board.repairs and self.board.repairs[event.problem].running:
            repair = replace(self.board.repairs[event.problem], running=False, error=event.sentence)
            # What stopped it may have changed what the plans were made from.
            self.void(event.problem)
            self.show(self.board.with_repair(event.problem, repair))
        elif event.whole:
            self.show(replace(self.board, scanning=False, live=False, error=event.sentence))
        else:
            self.push_screen(Box("It did not work", safe(event.sentence), error=True))
        self._leave_if_done()

    def _leave_if_done(self) -> None:
        if self._leaving and not self.board.busy:
            self.exit(0)
