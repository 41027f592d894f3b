"""Boxes with text: help, an error, the difference that an undo would put back."""

from typing import ClassVar

from rich.console import RenderableType
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.render import safe
from tui.screens.reading import Reading


class Box(Reading):
    """Shows lines; with `agree` enter dismisses with True, else any of the leaving keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n,question_mark", "no", show=False),
        Binding("z", "yes", show=False),
    ]

    def __init__(
        self, title: str, shown: RenderableType, agree: str = "", *, error: bool = False, confirm: str = ""
    ) -> None:
        super().__init__()
        self.confirm = confirm if agree else ""
        self._title = title
        self._shown = shown
        self.agree = agree
        self._error = error

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog error" if self._error else "dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                yield Static(self._shown, markup=False)
            yield from self.name_field()
            yield self.ends()

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = safe(f" {self._title} ", "bold")
