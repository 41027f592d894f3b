"""A list that draws only the lines one sees: five thousand pods cost no more than twenty."""

from collections.abc import Callable, Sequence
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.events import Click, Resize
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.scroll_view import ScrollView
from textual.strip import Strip

Draw = Callable[[str, int], Text]
"""(row key, width in cells) → the row's line."""


class RowList(ScrollView, can_focus=True):
    """Rows by key, one line each; the cursor stays on its key when rows come and go."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "down", show=False),
        Binding("up,k", "move(-1)", "up", show=False),
        Binding("pagedown", "page(1)", "page down", show=False),
        Binding("pageup", "page(-1)", "page up", show=False),
        Binding("home,g", "edge(0)", "first", show=False),
        Binding("end,G", "edge(1)", "last", show=False),
        Binding("enter", "choose", "open", show=False),
    ]
    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor", "rows--cursor-blurred"}
    cursor: reactive[int] = reactive(0, repaint=False)
    """Index of the row under the cursor."""

    class Moved(Message):
        """The cursor stands on another row."""

        def __init__(self, rows: "RowList", key: str) -> None:
            super().__init__()
            self.rows = rows
            self.key = key

        @property
        def control(self) -> "RowList":
            """The list that sent this."""
            return self.rows

    class Chosen(Moved):
        """Enter was pressed on a row, or it was clicked while it had the cursor."""

    def __init__(self, draw: Draw, *, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._draw = draw
        self._keys: tuple[str, ...] = ()
        self._touched = False

    @property
    def key(self) -> str | None:
        """The key under the cursor, or None in an empty list."""
        return self._keys[self.cursor] if self.cursor < len(self._keys) else None

    def show(self, keys: Sequence[str]) -> None:
        """Set the rows. Once moved, the cursor follows its key; before that it stays on the first, the worst."""
        held = self.key if self._touched else None
        if tuple(keys) == self._keys:
            self.refresh()
            return
        self._keys = tuple(keys)
        self.virtual_size = Size(self.size.width, len(self._keys))
        last = max(0, len(self._keys) - 1)
        position = self._keys.index(held) if held in self._keys else min(self.cursor, last)
        if position != self.cursor:
            self.set_reactive(RowList.cursor, position)
        if self.key != held and self.key is not None:
            self.post_message(self.Moved(self, self.key))
        self._follow()
        self.refresh()

    def go_to(self, key: str) -> None:
        """Put the cursor on a key, if it is there."""
        if key in self._keys:
            self.cursor = self._keys.index(key)

    def render_line(self, y: int) -> Strip:
        """Draw one visible line."""
        index, width = y + self.scroll_offset.y, self.scrollable_content_region.width
        if index >= len(self._keys):
            return Strip.blank(width, self.rich_style)
        line = self._draw(self._keys[index], width)
        line.truncate(width, pad=True)
        style = self._row_style(index)
        segments = [segment for segment in line.render(self.app.console) if segment.text != "\n"]
        return Strip(Segment.apply_style(segments, self.rich_style, style), width)

    def _row_style(self, index: int) -> Style | None:
        if index != self.cursor:
            return None
        name = "rows--cursor" if self.has_focus else "rows--cursor-blurred"
        return self.get_component_rich_style(name)

    def watch_cursor(self, before: int, now: int) -> None:
        """Follow the cursor and tell who listens; two lines look different, so no more are drawn again."""
        self._follow()
        self.refresh_line(before)
        self.refresh_line(now)
        if self.key is not None:
            self.post_message(self.Moved(self, self.key))

    def on_resize(self, event: Resize) -> None:
        """Rows fill the width."""
        self.virtual_size = Size(event.size.width, len(self._keys))
        self._follow()

    def on_click(self, event: Click) -> None:
        """A click moves the cursor; a click on it opens."""
        index = event.y + self.scroll_offset.y
        self._touched = True
        if index == self.cursor and self.key is not None:
            self.action_choose()
        elif index < len(self._keys):
            self.cursor = index

    def action_move(self, by: int) -> None:
        """Move the cursor by so many rows."""
        self._touched = True
        self.cursor = max(0, min(len(self._keys) - 1, self.cursor + by))

    def action_page(self, direction: int) -> None:
        """Move the cursor by a screenful."""
        self.action_move(direction * max(1, self.size.height - 1))

    def action_edge(self, last: int) -> None:
        """Move the cursor to the first or last row."""
        self._touched = True
        self.cursor = max(0, len(self._keys) - 1) if last else 0

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self.key is not None:
            self.post_message(self.Chosen(self, self.key))

    def _follow(self) -> None:
        self.scroll_to_region(Region(0, self.cursor, 1, 1), animate=False, force=True)
