"""The header line and the footer line."""

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len
from rich.text import Text
from textual.widget import Widget

from tui.board import Board
from tui.words import BRAND, header


class Header(Widget):
    """Where we are, and how bad it is; drawn for the width it has, so that the first picture has it."""

    def __init__(self) -> None:
        super().__init__(id="header")
        self._board = Board()

    def show(self, board: Board) -> None:
        """Draw this board's head."""
        self._board = board
        self.refresh()

    def render(self) -> Text:
        """The board's head: the left side gives way to the right."""
        left, right = header(self._board)
        width = self.size.width
        if left.cell_len + right.cell_len > width:
            # Which cluster it is matters more than what this program is called.
            left = left[len(BRAND) :]
        right.truncate(width, overflow="ellipsis")
        left.truncate(max(0, width - right.cell_len - 1), overflow="ellipsis")
        room = max(0, width - left.cell_len - right.cell_len)
        return Text.assemble(left, " " * room, right)


@dataclass(frozen=True, slots=True)
class Hint:
    """One key of the footer."""

    key: str
    verb: str
    usable: bool = True


class Footer(Widget):
    """Keys as verbs; one that cannot be used now is dim, and the first to go where they do not all fit.

    The last key (help) always stays.
    """

    def __init__(self) -> None:
        super().__init__(id="footer")
        self._hints: tuple[Hint, ...] = ()

    def show(self, hints: Sequence[Hint]) -> None:
        """Set the keys."""
        if tuple(hints) != self._hints:
            self._hints = tuple(hints)
            self.refresh()

    def render(self) -> Text:
        """Draw as many keys as the width has room for."""
        line = Text(" ")
        if not self._hints:
            return line
        *hints, last = self._hints
        room = self.size.width - _width(last)
        # Keys that cannot be used now go first, then those farther right.
        for usable in (False, True):
            while sum(map(_width, hints)) > room and any(hint.usable is usable for hint in hints):
                hints.remove([hint for hint in hints if hint.usable is usable][-1])
        for hint in (*hints, last):
            line.append_text(_text(hint)).append("  ")
        return line


def _width(hint: Hint) -> int:
    return cell_len(f"{hint.key} {hint.verb}  ")


def _text(hint: Hint) -> Text:
    style = ("bold cyan", "") if hint.usable else ("dim", "dim")
    return Text.assemble((hint.key, style[0]), " ", (hint.verb, style[1]))
