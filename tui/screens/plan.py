"""A plan in a box: what it changes and asks, in full; the same key or enter applies it."""

from typing import ClassVar

from rich.console import Group
from rich.text import Text
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from checks.repair.plan import FixPlan, Safety
from tui.render import PLAN_WIDTH, SAFETY_WORD, grid, plan_rows, safe
from tui.screens.reading import Reading
from tui.visible import visible


class PlanScreen(Reading):
    """Dismisses with True where the person agreed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "no", show=False),
        *(Binding(key, f"same('{key}')", show=False) for key in "fsaricmoud"),
    ]

    def __init__(self, plan: FixPlan, key: str = "") -> None:
        super().__init__()
        self.plan = plan
        self.confirm = plan.confirm if plan.safety is not Safety.ADVICE else ""
        self._key = key or plan.key
        self.agree = "do it" if plan.safety is not Safety.ADVICE else ""
        self.keys = f"enter or {self._key}" if self._key and not self.confirm else "enter"

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                title = Text(visible(self.plan.title), "bold")
                yield Static(Group(title, grid(plan_rows(self.plan), PLAN_WIDTH)), markup=False)
            yield from self.name_field()
            yield self.ends()

    def on_mount(self) -> None:
        """Title of the box."""
        place = f" for {self.plan.cluster}" if self.plan.cluster else ""
        self.query_one(".dialog").border_title = safe(f" Plan{place}: {SAFETY_WORD[self.plan.safety]} ")

    def action_same(self, key: str) -> None:
        """The key that opened this applies it; another does nothing."""
        if key == self._key:
            self.action_yes()
