"""Asks where to write what goes into Git."""

from typing import ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from tui.render import safe
from tui.screens.base import Dialog

_NOTE = "Manifests, patches and notes for Git, without any password; nothing in the cluster is changed."


class ExportScreen(Dialog):
    """One line for the folder; what cannot be written is said below it, and another one may be typed."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "no", show=False)]

    def __init__(self, problem: str, title: str, folder: str) -> None:
        super().__init__()
        self.problem = problem
        self._title = title
        self._folder = folder

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog form"):
            yield Static(safe(self._title, "bold"), markup=False)
            yield Static(safe(_NOTE), markup=False)
            with Horizontal(classes="field"):
                yield Label("folder   ")
                yield Input(self._folder, id="form-folder")
            yield Static("", markup=False, id="form-answer")
            yield Static(
                Text.assemble(("esc", "bold cyan"), " no     ", ("enter", "bold cyan"), " write"), classes="ends"
            )

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = safe(f" Export {self.problem} ", "bold")

    def tell(self, sentence: str) -> None:
        """Say why it was not written."""
        self.query_one("#form-answer", Static).update(Text.assemble(("✖ ", "bold red"), safe(sentence)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Write it."""
        folder = event.value.strip()
        if not folder:
            self.tell("a folder is needed")
            return
        self.query_one("#form-answer", Static).update(Text("… writing", "dim"))
        self.console.export(self.problem, folder)

    def action_no(self) -> None:
        """Nothing is written."""
        self.dismiss(False)
