"""Forms that ask for a login: one for a pull Secret, tested before it is written, and one for Harbor's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import getters
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widgets import Input, Label, Static

from checks.credentials import Login, Origin, OriginKind, Password
from tui.render import safe
from tui.screens.base import Dialog

if TYPE_CHECKING:
    from checks.model import Problem
    from checks.repair.plan import LoginProof


class LoginForm(Dialog):
    """Server, user, password. Tested on ctrl+t only, never while typing."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "no", show=False),
        Binding("ctrl+t", "test", show=False, priority=True),
        Binding("ctrl+s", "write", show=False, priority=True),
    ]
    answer = getters.query_one("#form-answer", Static)

    def __init__(self, heading: str, note: str, server: str, username: str, origin: Origin, verb: str) -> None:
        super().__init__()
        self._heading, self._note, self._verb = heading, note, verb
        self._known = (("server", server), ("username", username), ("password", ""))
        self._origin = origin

    def compose(self) -> ComposeResult:
        """The box."""
        with Vertical(classes="dialog form"):
            yield Static(safe(self._note), markup=False)
            for name, value in self._known:
                with Horizontal(classes="field"):
                    yield Label(f"{name:<9}")
                    yield Input(value, id=f"form-{name}", password=name == "password")
            yield Static("", markup=False, id="form-answer")
            yield Static(_ends(self._verb), markup=False, classes="ends")

    def on_mount(self) -> None:
        """Start at the first empty field."""
        self.query_one(".dialog").border_title = safe(f" {self._heading} ", "bold")
        empty = [name for name, value in self._known if not value]
        self.query_one(f"#form-{empty[0]}", Input).focus()

    def login(self) -> Login | None:
        """Return the login as typed, or None (and say so) where a field is empty."""
        server, username = self._value("server").strip(), self._value("username").strip()
        if not (server and username and self._value("password")):
            self.answer.update(Text("✖ server, user name and password are all needed", "red"))
            return None
        origin = Origin(self._origin.kind, self._origin.where, server)
        return Login(username, Password(self._value("password")), origin)

    def tell(self, good: bool, sentence: str) -> None:
        """Say what a test told."""
        symbol, style = ("✔", "green") if good else ("✖", "bold red")
        self.answer.update(Text.assemble((f"{symbol} ", style), safe(sentence)))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter goes on to the next field, and from the last one to what ctrl+s does."""
        if event.input.id == "form-password":
            self.action_write()
        else:
            self.focus_next()

    def action_test(self) -> None:
        """Try the login."""
        raise NotImplementedError(f"{type(self).__name__} tests nothing")  # a form without this is a bug of ours

    def action_write(self) -> None:
        """Go on with the login."""
        raise NotImplementedError(f"{type(self).__name__} does nothing")  # a form without this is a bug of ours

    def action_no(self) -> None:
        """Nothing is done."""
        self.dismiss(False)

    def _value(self, name: str) -> str:
        return self.query_one(f"#form-{name}", Input).value


class FormScreen(LoginForm):
    """A new login for a pull Secret: as `kubectl create secret docker-registry`, but tested before it is written."""

    def __init__(self, problem: Problem, server: str, username: str, secret: str) -> None:
        note = f"Goes into Secret {secret}; other entries there stay."
        origin = Origin(OriginKind.FORM, secret)
        super().__init__(f"New login for {problem.subject}", note, server, username, origin, "show the plan")
        self.problem = problem

    def show_proof(self, proof: LoginProof) -> None:
        """Say what the test told."""
        self.tell(proof.proven, proof.sentence)

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


class HarborScreen(LoginForm):
    """Your own login for Harbor's API: it tells why a login fails and since when. Kept in memory only."""

    def __init__(self, server: str) -> None:
        note = "Your own login. It goes to this Harbor and nowhere else, and is forgotten when harbor-doctor ends."
        origin = Origin(OriginKind.OPERATOR, "the form")
        super().__init__("Harbor login", note, server, "", origin, "use it and look again")

    def action_test(self) -> None:
        """Ask Harbor whether it knows the login."""
        if (login := self.login()) is not None:
            self.answer.update(Text("… asking Harbor", "dim"))
            self.console.greet_harbor(login, use=False)

    def action_write(self) -> None:
        """Use it, if Harbor knows it."""
        if (login := self.login()) is not None:
            self.answer.update(Text("… asking Harbor", "dim"))
            self.console.greet_harbor(login, use=True)


def _ends(verb: str) -> Text:
    parts = (("esc", " no     "), ("ctrl+t", " test     "), ("ctrl+s", f" {verb}"))
    return Text.assemble(*(piece for key, verb in parts for piece in ((key, "bold cyan"), verb)))
