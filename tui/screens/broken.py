"""A repair of an earlier run that broke off: finish it, put it back, or leave it for later."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.render import safe
from tui.screens.base import Dialog


class BrokenOffScreen(Dialog):
    """Dismisses with True where it is to be finished; to put it back, `z` asks the console."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n", "choose(False)", show=False),
        Binding("f,enter", "choose(True)", show=False),
        Binding("z", "put_back", show=False),
    ]

    def __init__(self, lines: tuple[str, ...], put_back: Callable[[], None]) -> None:
        super().__init__()
        self._lines, self._put_back = lines, put_back

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                yield Static(Text("\n").join(map(safe, self._lines)), markup=False)
            ends = (("esc", " later     "), ("f", " finish it     "), ("z", " put back"))
            yield Static(Text.assemble(*(p for key, text in ends for p in ((key, "bold cyan"), text))), classes="ends")

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = safe(" A repair broke off ", "bold")

    def action_choose(self, finish: bool) -> None:
        """Close with what was chosen."""
        self.dismiss(finish)

    def action_put_back(self) -> None:
        """Close, and show what would be put back."""
        self.dismiss(False)
        self._put_back()
