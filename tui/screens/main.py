"""The main screen: problems left, their verdict and plans right; on a narrow terminal the list alone."""

from typing import ClassVar

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input, Static

from tui.board import Board
from tui.messages import Filtered
from tui.render import safe
from tui.rowtext import pod_row, problem_row
from tui.screens.base import BoardScreen
from tui.screens.hints import hints
from tui.screens.problem import ProblemScreen
from tui.widgets.bars import Footer, Header
from tui.widgets.detail import Detail
from tui.widgets.heading import Heading
from tui.widgets.rows import RowList
from tui.words import empty_lines, notice_lines

NARROW = 100
"""Columns below which the list stands alone."""


class MainScreen(BoardScreen):
    """Everything at once, the worst first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(key, f"plan('{key}')", show=False) for key in "fsaricmou"),
        Binding("t", "test_again", show=False),
        Binding("n", "ask_node", show=False),
        Binding("y", "copy", show=False),
        Binding("e", "export", show=False),
        Binding("z", "undo", show=False),
        Binding("slash", "filter", show=False),
        Binding("escape", "leave_filter", show=False),
    ]
    header = getters.query_one(Header)
    footer = getters.query_one(Footer)
    problems = getters.query_one("#problems", RowList)
    pods = getters.query_one("#pods", RowList)
    detail = getters.query_one(Detail)

    def __init__(self) -> None:
        # There are no rows yet; a class that is there from the start is one pass over all styles less.
        super().__init__(classes="bare")
        self._board = Board()
        self._texts: dict[str, Text] = {}

    def compose(self) -> ComposeResult:
        """Header, list and pods left, detail right, footer."""
        yield Header()
        with Horizontal(id="body"):
            with Vertical(id="left"):
                yield Static(id="notice", markup=False)
                yield Heading(id="heading")
                yield RowList(self._problem_row, id="problems")
                yield Static(id="empty", markup=False)
                yield Input(placeholder="filter: words of cause, name, image; enter keeps, esc clears", id="filter")
                yield RowList(lambda key, width: pod_row(self._board, self.selected, key, width), id="pods")
                yield Static(id="brief", markup=False)
            yield Detail(id="detail")
        yield Footer()

    def on_mount(self) -> None:
        """Start with the list."""
        self.query_one("#left").border_title = " Problems "
        self.query_one("#filter").display = False
        self.problems.focus()
        self.show_board(self.console.board)

    @property
    def selected(self) -> str | None:
        """Id of the problem under the cursor."""
        return self.problems.key

    def show_board(self, board: Board) -> None:
        """Show what is known now; the cursor and the scroll stay where they are."""
        self._board = board
        self.header.show(board)
        rows = board.rows
        self.query_one(Heading).clusters = board.clusters
        self.problems.show(rows)
        self.set_class(not rows, "bare")
        if not rows:
            self._put("#empty", Text("\n").join(empty_lines(board)))
        lines = notice_lines(board) if rows else []
        self.query_one("#notice", Static).display = bool(lines)
        self._put("#notice", Text("\n").join(lines))
        self._show_selected()

    def _show_selected(self) -> None:
        board, key = self._board, self.selected
        self.detail.show(board, key)
        problem = board.problems.get(key or "")
        self.pods.show(tuple(str(n) for n in range(len(problem.pulls))) if problem else ())
        count = len(problem.pulls) if problem else 0
        self.pods.border_title = f" {count} container{'s' * (count != 1)} of this problem " if problem else ""
        self._put("#brief", safe(problem.sentence) if problem else Text(""))
        self.footer.show(hints(board, key, narrow=self.has_class("narrow")))
        if problem is not None and problem.id not in board.offers:
            self.console.want_offers(problem.id)

    def _put(self, name: str, text: Text) -> None:
        """Change a text; the same one again would lay the whole screen out anew."""
        if self._texts.get(name) != text:
            self._texts[name] = text
            self.query_one(name, Static).update(text)

    def _problem_row(self, key: str, width: int) -> Text:
        return problem_row(self._board, key, width, self.console.now())

    def on_resize(self, event: Resize) -> None:
        """Choose the layout that fits."""
        self.set_class(event.size.width < NARROW, "narrow")
        self.set_class(event.size.height < 30, "low")
        self.call_after_refresh(self._show_selected)

    def on_row_list_moved(self, event: RowList.Moved) -> None:
        """Another problem: show it at once from what is known."""
        if event.rows is self.problems:
            self._show_selected()

    def on_row_list_chosen(self, _event: RowList.Chosen) -> None:
        """Open the problem full width."""
        if self.selected is not None:
            self.app.push_screen(ProblemScreen(self.selected))

    def action_plan(self, key: str) -> None:
        """A plan's key."""
        self.console.choose(key, self.selected, None if self.has_class("narrow") else self.detail)

    def action_test_again(self) -> None:
        """Look again."""
        self.console.test_again(self.selected)

    def action_ask_node(self) -> None:
        """Show the probe that would ask the node."""
        self.console.ask_node(self.selected)

    def action_copy(self) -> None:
        """Copy the evidence."""
        self.console.copy_evidence(self.selected)

    def action_export(self) -> None:
        """Write what has to go into Git."""
        self.console.ask_export(self.selected)

    def action_undo(self) -> None:
        """Take the last repair back."""
        self.console.undo_last(self.selected, None if self.has_class("narrow") else self.detail)

    def action_filter(self) -> None:
        """Open the filter line."""
        line = self.query_one("#filter", Input)
        line.display = True
        line.focus()

    def filter_by(self, words: str) -> None:
        """Show the rows with these words, as if they had been typed."""
        line = self.query_one("#filter", Input)
        line.value = words
        line.display = bool(words)
        self.problems.focus()

    def action_leave_filter(self) -> None:
        """Show all rows again."""
        line = self.query_one("#filter", Input)
        line.value = ""
        line.display = False
        self.problems.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Filter while typing."""
        self.post_message(Filtered(event.value))

    def on_input_submitted(self) -> None:
        """Keep the filter, back to the list."""
        self.query_one("#filter").display = bool(self.query_one("#filter", Input).value)
        self.problems.focus()
