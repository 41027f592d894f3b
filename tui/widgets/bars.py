"""The header line and the footer line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from tui.board import Board
from tui.words import header


class Header(Static):
    """Where we are, and how bad it is."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="header")
        self._board = Board()

    def show(self, board: Board) -> None:
        """Draw the board's head."""
        self._board = board
        left, right = header(board)
        room = max(1, self.size.width - left.cell_len - right.cell_len)
        self.update(Text.assemble(left, " " * room, right))

    def on_resize(self) -> None:
        """The right side stays at the right."""
        self.show(self._board)


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the footer."""

    key: str
    verb: str
    usable: bool = True


class Footer(Static):
    """Keys as verbs; one that cannot be used now is dim. What does not fit is left out from the right."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="footer")
        self._hints: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint]) -> None:
        """Set the keys; the last one (help) always stays."""
        self._hints = tuple(hints)
        self._draw()

    def on_resize(self) -> None:
        """Fit the width."""
        self._draw()

    def _draw(self) -> None:
        if not self._hints:
            return
        *hints, last = self._hints
        end = _text(last)
        line, room = Text(" "), self.size.width - end.cell_len - 2
        for hint in hints:
            if line.cell_len + cell_len(f"{hint.key} {hint.verb}  ") <= room:
                line.append_text(_text(hint)).append("  ")
        line.append_text(end)
        self.update(line)


def _text(hint: Hint) -> Text:
    style = ("bold cyan", "") if hint.usable else ("dim", "dim")
    return Text.assemble((hint.key, style[0]), " ", (hint.verb, style[1]))
