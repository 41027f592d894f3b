"""A plan in a box: what it changes and asks, in full; the same key or enter applies it."""

from typing import ClassVar

from rich.console import Group
from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from checks.repair.plan import FixPlan, Safety
from tui.render import PLAN_WIDTH, SAFETY_WORD, grid, plan_rows, safe
from tui.screens.base import Dialog
from tui.visible import visible


class PlanScreen(Dialog):
    """Dismisses with True where the person agreed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,n,q", "no", show=False),
        Binding("enter,y", "yes", show=False),
        *(Binding(key, f"same('{key}')", show=False) for key in "fsarimeud"),
        Binding("down,j", "scroll(1)", show=False),
        Binding("up,k", "scroll(-1)", show=False),
        Binding("pagedown,space", "scroll(8)", show=False),
        Binding("pageup", "scroll(-8)", show=False),
    ]
    body = getters.query_one("#plan-body", VerticalScroll)

    def __init__(self, plan: FixPlan, key: str = "") -> None:
        super().__init__()
        self.plan = plan
        self._key = key or plan.key

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog"):
            with VerticalScroll(id="plan-body", can_focus=False):
                title = Text(visible(self.plan.title), "bold")
                yield Static(Group(title, grid(plan_rows(self.plan), PLAN_WIDTH)), markup=False)
            yield Static(self._ends(), markup=False, classes="ends")

    def on_mount(self) -> None:
        """Title of the box."""
        place = f" for {self.plan.cluster}" if self.plan.cluster else ""
        self.query_one(".dialog").border_title = safe(f" Plan{place}: {SAFETY_WORD[self.plan.safety]} ")

    def _ends(self) -> Text:
        if self.plan.safety is Safety.ADVICE:
            return Text.assemble(("esc", "bold cyan"), " back")
        what = f"enter or {self._key}" if self._key else "enter"
        return Text.assemble(("esc", "bold cyan"), " no     ", (what, "bold cyan"), " do it")

    def action_no(self) -> None:
        """Nothing is written."""
        self.dismiss(False)

    def action_yes(self) -> None:
        """Agree, once all of it could be read."""
        if self.plan.safety is Safety.ADVICE:
            self.dismiss(False)
        elif not self.body.is_vertical_scroll_end and self.body.max_scroll_y > 0:
            self.body.scroll_page_down(animate=False)
        else:
            self.dismiss(True)

    def action_same(self, key: str) -> None:
        """The key that opened this applies it; another does nothing."""
        if key == self._key or (key == "f" and not self._key):
            self.action_yes()

    def action_scroll(self, lines: int) -> None:
        """Scroll the text."""
        self.body.scroll_relative(y=lines, animate=False)
