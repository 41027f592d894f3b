"""The header line and the footer line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widgets import Static

from tui.board import Board
from tui.words import BRAND, header


class Header(Static):
    """Where we are, and how bad it is."""

    def __init__(self) -> None:
        super().__init__(markup=False, id="header")
        self._board = Board()

    def show(self, board: Board) -> None:
        """Draw the board's head."""
        self._board = board
        left, right = header(board)
        width = self.size.width
        if left.cell_len + right.cell_len > width:
            # Which cluster it is matters more than what this program is called.
            left = left[len(BRAND) :]
        right.truncate(width, overflow="ellipsis")
        left.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis")
        room = max(0, width - left.cell_len - right.cell_len)
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
    """Keys as verbs; one that cannot be used now is dim, and the first to go where they do not all fit."""

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
        room = self.size.width - _width(last)
        # Keys that cannot be used now go first, then those farther right.
        for usable in (False, True):
            while sum(map(_width, hints)) > room and any(hint.usable is usable for hint in hints):
                hints.remove([hint for hint in hints if hint.usable is usable][-1])
        line = Text(" ")
        for hint in (*hints, last):
            line.append_text(_text(hint)).append("  ")
        self.update(line)


def _width(hint: Hint) -> int:
    return cell_len(f"{hint.key} {hint.verb}  ")


def _text(hint: Hint) -> Text:
    style = ("bold cyan", "") if hint.usable else ("dim", "dim")
    return Text.assemble((hint.key, style[0]), " ", (hint.verb, style[1]))
