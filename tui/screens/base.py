"""What all screens share: they show the board, and no worker's failure goes unseen."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, cast

from textual.app import ComposeResult
from textual.events import Resize
from textual.screen import ModalScreen, Screen
from textual.worker import Worker, WorkerState

from tui.screens.naming import LINES, NameField

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.facade import Facade
    from checks.model import Problem
    from checks.repair.onboard import Wanted
    from checks.repair.plan import FixPlan
    from tui.board import Board
    from tui.widgets.detail import Detail

LOW = 20
"""Lines below which a form makes itself small."""


class Console(Protocol):
    """What a screen may ask of the app."""

    board: Board
    doctor: Facade

    def choose(self, key: str, problem: str | None, detail: Detail | None) -> None:
        """A plan's key was pressed: apply what is painted in full, else open it."""

    def apply_plan(self, plan: FixPlan, confirmed: str = "") -> None:
        """Apply a plan that a person has read and agreed to; `confirmed`: the context's name as they typed it."""

    def undo_last(self, problem: str | None, detail: Detail | None) -> None:
        """`z`: take the last repair back."""

    def test_again(self, problem: str | None) -> None:
        """`t`: look again at what this problem rests on."""

    def copy_evidence(self, problem: str | None) -> None:
        """`y`: the evidence of this problem goes to the terminal's clipboard as plain text."""

    def ask_export(self, problem: str | None) -> None:
        """`e`: ask for a folder, and write there what has to go into Git for this problem."""

    def export(self, problem: str, folder: str) -> None:
        """Write it."""

    def ask_node(self, problem: str | None) -> None:
        """`n`: show the probe pod that would ask the node about this problem."""

    def want_offers(self, problem: str) -> None:
        """The plans of this problem are needed now."""

    def test_login(self, problem: Problem, login: Login) -> None:
        """Try a typed login on the failing images."""

    def greet_harbor(self, login: Login, *, use: bool) -> None:
        """Test a login for Harbor's API; with `use` it is used from then on, where Harbor knows it."""

    def plan_login(self, problem: Problem, login: Login) -> None:
        """Make the plan that writes a typed login, and open it."""

    def plan_tenant(self, wanted: Wanted) -> None:
        """Look what a new tenant has already, make the plan for the rest, and open it."""

    def now(self) -> datetime:
        """The time that ages are counted from (UTC)."""

    def say(self, text: str, *, error: bool = False) -> None:
        """Tell something in a corner, foreign text made harmless."""


class Speaks:
    """Mixed into screens: the app as what it can do, and failures of workers as sentences."""

    @property
    def console(self) -> Console:
        """The app."""
        return cast(Console, cast(Any, self).app)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """A worker that fails says so; the message does not bubble to the app."""
        if event.state is WorkerState.ERROR and event.worker.error is not None:
            self.console.say(f"unexpected: {type(event.worker.error).__name__}", error=True)


class BoardScreen(Speaks, Screen[None]):
    """A screen that shows the board whenever it changes."""

    def show_board(self, board: Board) -> None:
        """Show this board; called by the app after every change."""
        raise NotImplementedError(f"{type(self).__name__} shows nothing")  # a screen without this is a bug of ours


class Dialog(Speaks, ModalScreen[bool]):
    """A box over the screen; dismisses with True where the person agreed."""

    confirm = ""
    """The name that has to be typed before anything can be agreed to; empty: none."""
    typed = ""
    """That name, once it was typed."""

    def name_field(self) -> ComposeResult:
        """The line for the name of a protected context, where one is asked."""
        if self.confirm:
            yield NameField(self.confirm)

    def named(self) -> bool:
        """Was the name typed that has to be? Where it was not, the box says so."""
        if not self.confirm:
            return True
        field = self.query_one(NameField)
        self.typed = field.typed if field.agreed() else ""
        return bool(self.typed)

    def on_resize(self, event: Resize) -> None:
        """What is read before agreeing never hides behind the last line: it scrolls within what is left."""
        self.set_class(event.size.height < LOW, "low")
        # The box takes 92 % of the height: two lines of frame, one of keys, one to keep them apart.
        left = max(1, event.size.height * 92 // 100 - 4 - (LINES if self.confirm else 0))
        for body in self.query("#plan-body"):
            body.styles.max_height = left
