"""The form for a new login: as `kubectl create secret docker-registry`, but tested before it is written."""

from typing import ClassVar

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from checks.credentials import Login, Origin, OriginKind, Password
from checks.model import Problem
from checks.repair.plan import LoginProof
from tui.render import safe
from tui.screens.base import Dialog


class FormScreen(Dialog):
    """Server, user, password. Tested on ctrl+t only, never while typing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", show=False),
        Binding("ctrl+t", "test", show=False, priority=True),
        Binding("ctrl+s", "write", show=False, priority=True),
    ]
    answer = getters.query_one("#form-answer", Static)

    def __init__(self, problem: Problem, server: str, username: str, secret: str) -> None:
        super().__init__()
        self.problem = problem
        self._known = (("server", server), ("username", username), ("password", ""))
        self._secret = secret

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog form"):
            yield Static(safe(f"Goes into Secret {self._secret}; other entries there stay."), markup=False)
            for name, value in self._known:
                with Horizontal(classes="field"):
                    yield Label(f"{name:<9}")
                    yield Input(value, id=f"form-{name}", password=name == "password")
            yield Static("", markup=False, id="form-answer")
            yield Static(_ends(), markup=False, classes="ends")

    def on_mount(self) -> None:
        """Start at the first empty field."""
        self.query_one(".dialog").border_title = safe(f" New login for {self.problem.subject} ", "bold")
        empty = [name for name, value in self._known if not value]
        self.query_one(f"#form-{empty[0]}", Input).focus()

    def login(self) -> Login | None:
        """Return the login as typed, or None (and say so) where a field is empty."""
        server, username = self._value("server").strip(), self._value("username").strip()
        if not (server and username and self._value("password")):
            self.answer.update(Text("✖ server, user name and password are all needed", "red"))
            return None
        return Login(username, Password(self._value("password")), Origin(OriginKind.FORM, self._secret, server))

    def show_proof(self, proof: LoginProof) -> None:
        """Say what the test told."""
        symbol, style = ("✔", "green") if proof.proven else ("✖", "bold red")
        self.answer.update(Text.assemble((f"{symbol} ", style), safe(proof.sentence)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, and from the last one to the plan."""
        if event.input.id == "form-password":
            self.action_write()
        else:
            self.focus_next()

    def action_test(self) -> None:
        """Try the login on the failing images."""
        if (login := self.login()) is not None:
            self.answer.update(Text("… asking the registry", "dim"))
            self.console.test_login(self.problem, login)

    def action_write(self) -> None:
        """Show the plan that writes it."""
        if (login := self.login()) is not None:
            self.answer.update(Text("… testing the login and making the plan", "dim"))
            self.console.plan_login(self.problem, login)

    def action_no(self) -> None:
        """Nothing is written."""
        self.dismiss(False)

    def _value(self, name: str) -> str:
        return self.query_one(f"#form-{name}", Input).value


def _ends() -> Text:
    parts = (("esc", " no     "), ("ctrl+t", " test     "), ("ctrl+s", " show the plan"))
    return Text.assemble(*(piece for key, verb in parts for piece in ((key, "bold cyan"), verb)))
