"""A probe in a box: the whole manifest and what happens with it; the same key again, or enter, makes the pod."""

from collections.abc import Sequence
from typing import ClassVar

from rich.console import Group
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from checks.repair.probe.plan import ProbePlan
from tui.probe_rows import PROBE_WIDTH, manifest_text, probe_rows
from tui.render import grid, safe
from tui.screens.base import Dialog


class ProbeScreen(Dialog):
    """Dismisses with True where the person agreed, which takes having seen the last line."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "no", show=False),
        Binding("enter,y,n", "yes", show=False),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]
    body = getters.query_one("#plan-body", VerticalScroll)

    def __init__(self, plan: ProbePlan, notes: Sequence[str]) -> None:
        super().__init__()
        self.plan = plan
        self._notes = notes

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                title = safe(self.plan.title, "bold")
                rows = grid(probe_rows(self.plan, self._notes), PROBE_WIDTH)
                yield Static(Group(title, manifest_text(self.plan), rows), markup=False)
            yield Static(self._ends(), markup=False, classes="ends")

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = " Ask the node: asks first "

    def _ends(self) -> Text:
        if self.plan.why_not:
            return Text.assemble(("esc", "bold cyan"), " back")
        return Text.assemble(("esc", "bold cyan"), " no     ", ("enter or n", "bold cyan"), " make the pod")

    def action_no(self) -> None:
        """Nothing is made."""
        self.dismiss(False)

    def action_yes(self) -> None:
        """Agree, once all of it could be read."""
        if self.plan.why_not:
            self.dismiss(False)
        elif not self.body.is_vertical_scroll_end and self.body.max_scroll_y > 0:
            self.body.scroll_page_down(animate=False)
        else:
            self.dismiss(True)

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.body.scroll_relative(y=lines, animate=False)
