"""One problem, full width: all evidence, every plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from tui.screens.base import BoardScreen
from tui.screens.hints import hints
from tui.widgets.bars import Footer, Header
from tui.widgets.detail import Detail

if TYPE_CHECKING:
    from tui.board import Board


class ProblemScreen(BoardScreen):
    """The right-hand side of the main screen with room for all of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,left,h", "app.pop_screen", show=False),
        *(Binding(key, f"plan('{key}')", show=False) for key in "fsaricmou"),
        Binding("t", "test_again", show=False),
        Binding("n", "ask_node", show=False),
        Binding("y", "copy", show=False),
        Binding("e", "export", show=False),
        Binding("z", "undo", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(10)", show=False),
        Binding("pageup", "scroll(-10)", show=False),
    ]
    header = getters.query_one(Header)
    footer = getters.query_one(Footer)
    detail = getters.query_one(Detail)

    def __init__(self, problem: str) -> None:
        super().__init__()
        self.problem = problem

    def compose(self) -> ComposeResult:
        """Header, detail, footer."""
        yield Header()
        yield Detail(full=True, id="wide")
        yield Footer()

    def on_mount(self) -> None:
        """Show what is known."""
        self.show_board(self.console.board)

    def show_board(self, board: Board) -> None:
        """Show the problem as the board has it now."""
        self.header.show(board)
        self.detail.show(board, self.problem)
        self.footer.show(hints(board, self.problem, opened=True))

    def action_plan(self, key: str) -> None:
        """A plan's key."""
        self.console.choose(key, self.problem, self.detail)

    def action_test_again(self) -> None:
        """Look again."""
        self.console.test_again(self.problem)

    def action_ask_node(self) -> None:
        """Show the probe that would ask the node."""
        self.console.ask_node(self.problem)

    def action_copy(self) -> None:
        """Copy the evidence."""
        self.console.copy_evidence(self.problem)

    def action_export(self) -> None:
        """Write what has to go into Git."""
        self.console.ask_export(self.problem)

    def action_undo(self) -> None:
        """Take the last repair back."""
        self.console.undo_last(self.problem, self.detail)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.detail.scroll_relative(y=lines, animate=False)
