"""The line above the problems, drawn from its own width: it fits whenever the list does."""

from rich.text import Text
from textual.reactive import reactive
from textual.widget import Widget

from tui.rowtext import heading

SCROLLBAR = 1
"""Cells at the right that the list below keeps free for its scrollbar, whether it shows one or not."""


class Heading(Widget):
    """Names the columns of the problems; one for the cluster where there are several."""

    clusters: reactive[tuple[str, ...]] = reactive(())

    def render(self) -> Text:
        """Draw for the width that the rows have."""
        return heading(self.size.width - SCROLLBAR, self.clusters)
