"""Where the name of a protected context is typed: at the foot of a box, before what it shows can be agreed to."""

from typing import Any, cast

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, Static

from tui.render import safe

LINES = 3
"""Lines that it takes of a box."""


class NameField(Vertical):
    """Asks for one context's name; what is typed counts only where it is that name."""

    def __init__(self, context: str) -> None:
        super().__init__(classes="naming")
        self._wanted = context

    def compose(self) -> ComposeResult:
        """The question and the line to type on."""
        yield Static(self._question(), markup=False, id="naming-question")
        yield Input(id="naming")

    @property
    def typed(self) -> str:
        """What stands there now."""
        return self.query_one("#naming", Input).value.strip()

    def agreed(self) -> bool:
        """Is it the name? Where it is not, that is said."""
        if self.typed == self._wanted:
            return True
        said = f"✖ that is not {self._wanted}" if self.typed else f"✖ type {self._wanted} to go on"
        self.query_one("#naming-question", Static).update(safe(said, "bold red"))
        return False

    def on_input_changed(self, event: Input.Changed) -> None:
        """While it is typed anew nothing is reproached."""
        event.stop()
        self.query_one("#naming-question", Static).update(self._question())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter does what it does elsewhere in the box."""
        event.stop()
        cast(Any, self.screen).action_yes()

    def _question(self) -> Text:
        return safe(f"{self._wanted} is protected: type its name", "bold yellow")
