"""A box whose text has to be read to its end before it can be agreed to."""

from typing import ClassVar

from rich.text import Text
from textual import getters
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.events import Resize
from textual.widgets import Static

from tui.screens.base import Dialog


class Reading(Dialog):
    """Its body is `#plan-body`, its last line `#ends`; a key that agrees reads on as long as there is more."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "yes", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]
    body = getters.query_one("#plan-body", VerticalScroll)
    agree = ""
    """What agreeing does, as the last line says it; empty where nothing is asked."""
    keys = "enter"
    """The keys that agree, as the last line says it."""
    leave = "no"
    """What leaving means, where something is asked."""
    besides: ClassVar[tuple[tuple[str, str], ...]] = ()
    """Other keys, and what they do."""

    def ends(self) -> Static:
        """The last line."""
        return Static("", markup=False, classes="ends", id="ends")

    def on_mount(self) -> None:
        """The last line says what a key does now."""
        for body in self.query("#plan-body"):
            self.watch(body, "scroll_y", self._tell, init=False)
        self.call_after_refresh(self._tell)

    def on_resize(self, event: Resize) -> None:  # noqa: ARG002
        """More or less of it is to be seen."""
        self.call_after_refresh(self._tell)

    @property
    def _more(self) -> bool:
        return self.body.max_scroll_y > 0 and not self.body.is_vertical_scroll_end

    def _tell(self) -> None:
        if not self.query("#ends"):
            return  # the box is closed already
        agrees = ((self.keys, "read on" if self._more else self.agree), *self.besides) if self.agree else ()
        parts = (("esc", self.leave if self.agree else "back"), *agrees)
        line = Text("     ").join(Text.assemble((key, "bold cyan"), f" {does}") for key, does in parts)
        self.query_one("#ends", Static).update(line)

    def action_no(self) -> None:
        """Nothing is done."""
        self.dismiss(False)

    def action_yes(self) -> None:
        """Agree, once all of it could be read and the name stands there that has to."""
        if not self.agree:
            self.dismiss(False)
        elif self._more:
            self.body.scroll_page_down(animate=False)
        elif self.named():
            self.dismiss(True)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.body.scroll_relative(y=lines, animate=False)
