"""Boxes with text: help, an error, the difference that an undo would put back."""

from typing import ClassVar

from rich.console import RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.render import safe
from tui.screens.base import Dialog


class Box(Dialog):
    """Shows lines; with `agree` enter dismisses with True, else any of the leaving keys closes it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,n,question_mark", "no", show=False),
        Binding("enter,y,z", "yes", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]

    def __init__(self, title: str, shown: RenderableType, agree: str = "", *, error: bool = False) -> None:
        super().__init__()
        self._title = title
        self._shown = shown
        self._agree = agree
        self._error = error

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog error" if self._error else "dialog"):
            with VerticalScroll(id="box-body", can_focus=False):
                yield Static(self._shown, markup=False)
            ends = Text.assemble(("esc", "bold cyan"), " no     " if self._agree else " back")
            if self._agree:
                ends.append("enter", "bold cyan").append(f" {self._agree}")
            yield Static(ends, markup=False, classes="ends")

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = safe(f" {self._title} ", "bold")

    def action_no(self) -> None:
        """Close."""
        self.dismiss(False)

    def action_yes(self) -> None:
        """Agree, or close where nothing is asked."""
        self.dismiss(bool(self._agree))

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.query_one("#box-body", VerticalScroll).scroll_relative(y=lines, animate=False)
