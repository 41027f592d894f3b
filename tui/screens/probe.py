"""A probe in a box: the whole manifest and what happens with it; enter makes the pod."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from rich.console import Group
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from tui.probe_rows import PROBE_WIDTH, manifest_text, probe_rows
from tui.render import grid, safe
from tui.screens.reading import Reading

if TYPE_CHECKING:
    from checks.repair.probe.plan import ProbePlan


class ProbeScreen(Reading):
    """Dismisses with True where the person agreed, which takes having seen the last line."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,q,n", "no", show=False)]

    def __init__(self, plan: "ProbePlan", notes: Sequence[str]) -> None:
        super().__init__()
        self.plan = plan
        self.confirm = "" if plan.why_not else plan.confirm
        self.agree = "" if plan.why_not else "make the pod"
        self._notes = notes

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                title = safe(self.plan.title, "bold")
                rows = grid(probe_rows(self.plan, self._notes), PROBE_WIDTH)
                yield Static(Group(title, manifest_text(self.plan), rows), markup=False)
            yield from self.name_field()
            yield self.ends()

    def on_mount(self) -> None:
        """Title of the box."""
        self.query_one(".dialog").border_title = " Ask the node: asks first "
