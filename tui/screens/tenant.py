"""The form for a new tenant: which namespace is to pull from which project of which Harbor."""

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from tui.render import safe
from tui.screens.base import Dialog

_NOTE = "Makes what is missing: project, robot account, Secret, entry in the ServiceAccount; then a test pull."


class TenantScreen(Dialog):
    """Namespace, project, Harbor's host. Nothing is written before its plan was shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", show=False),
        Binding("ctrl+s", "write", show=False, priority=True),
    ]
    answer = getters.query_one("#form-answer", Static)

    def __init__(self, host: str, clusters: Sequence[str] = ()) -> None:
        super().__init__()
        self._clusters = clusters
        which = (("cluster", ""),) if clusters else ()
        self._known = (*which, ("namespace", ""), ("project", ""), ("harbor", host))

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog form"):
            yield Static(safe(_NOTE), markup=False)
            for name, value in self._known:
                with Horizontal(classes="field"):
                    yield Label(f"{name:<9}")
                    yield Input(value, id=f"form-{name}")
            yield Static("", markup=False, id="form-answer")
            yield Static(_ends(), markup=False, classes="ends")

    def on_mount(self) -> None:
        """Start at the first field."""
        self.query_one(".dialog").border_title = safe(" New tenant ", "bold")
        self.query_one(f"#form-{self._known[0][0]}", Input).focus()

    def tell(self, good: bool, sentence: str) -> None:
        """Say what is so already, or why it cannot be done."""
        symbol, style = ("✔", "green") if good else ("✖", "bold red")
        self.answer.update(Text.assemble((f"{symbol} ", style), Text("\n").join(map(safe, sentence.splitlines()))))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, and from the last one to the plan."""
        if event.input.id == "form-harbor":
            self.action_write()
        else:
            self.focus_next()

    def action_write(self) -> None:
        """Show the plan."""
        given = {name: self.query_one(f"#form-{name}", Input).value.strip() for name, _ in self._known}
        namespace, project, host, cluster = (given.get(n, "") for n in ("namespace", "project", "harbor", "cluster"))
        if self._clusters and cluster not in self._clusters:
            self.answer.update(Text("✖ which cluster: ", "red").append_text(safe(", ".join(self._clusters), "red")))
            return
        if not (namespace and project and host):
            self.answer.update(Text("✖ namespace, project and Harbor's host are all needed", "red"))
            return
        self.answer.update(Text("… looking what is so already", "dim"))
        from checks.repair.onboard import Wanted

        self.console.plan_tenant(Wanted(namespace, host, project, cluster=cluster))

    def action_no(self) -> None:
        """Nothing is written."""
        self.dismiss(False)


def _ends() -> Text:
    return Text.assemble(("esc", "bold cyan"), " no     ", ("ctrl+s", "bold cyan"), " show the plan")
