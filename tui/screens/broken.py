"""A repair of an earlier run that broke off: finish it, put it back, or leave it for later."""

from collections.abc import Callable
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType

from tui.render import safe
from tui.screens.box import Box


class BrokenOffScreen(Box):
    """Dismisses with True where it is to be finished; to put it back, `z` asks the console."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "yes", show=False),
        Binding("z", "put_back", show=False),
    ]
    keys = "f"
    leave = "later"
    besides: ClassVar = (("z", "put back"),)

    def __init__(self, lines: tuple[str, ...], put_back: Callable[[], None]) -> None:
        super().__init__("A repair broke off", Text("\n").join(map(safe, lines)), agree="finish it")
        self._put_back = put_back

    def action_put_back(self) -> None:
        """Close, and show what would be put back."""
        self.dismiss(False)
        self._put_back()
