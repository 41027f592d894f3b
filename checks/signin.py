"""A login for Harbor's API that is typed while running: tested when the operator says so, kept in memory only."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checks.credentials import Login, Origin, OriginKind
from checks.facts import Unknown

if TYPE_CHECKING:
    from checks.clients.harbor import Harbor
    from checks.kit import Kit
    from checks.settings import Settings
    from checks.writegate import WriteGate


@dataclass(frozen=True, slots=True)
class Greeting:
    """What Harbor said to a login."""

    known: bool
    sentence: str
    refused: bool = False
    """Harbor itself did not take the login, which its directory may count."""


class SignIn:
    """Introduces logins to Harbor; one that it refused for good is not sent again."""

    def __init__(self, settings: "Settings", gate: "WriteGate | None" = None) -> None:
        self._settings, self._gate = settings, gate
        self._refused: dict[tuple[str, Login], Greeting] = {}

    def introduce(self, login: Login) -> "tuple[Greeting, Harbor | None]":
        """Ask the Harbor that the login's key names whom it takes it for; with it, where it is known, the client."""
        from checks.clients.harbor import Harbor
        from checks.clients.harbor_api import RefusedLogin

        host = named_host(login.origin.key)
        if not host:
            return Greeting(False, "name one host, without a path and without *; Harbor is asked over HTTPS only"), None
        if (known := self._refused.get((host, login))) is not None:
            return known, None
        harbor = Harbor(replace(self._settings, harbor_login=_for_operator(login, host)), gate=self._gate)
        found = harbor.operator(host)
        if isinstance(found, Unknown):
            harbor.close()
            greeting = Greeting(False, found.why, isinstance(found, RefusedLogin))
            if isinstance(found, RefusedLogin) and found.final:
                self._refused[host, login] = greeting
            return greeting, None
        kind = "a system administrator" if found.sysadmin else "a robot account" if found.robot else "a user"
        rest = "" if found.sysadmin else "; what it may see follows from its rights"
        return Greeting(True, f"Harbor at {host} knows {found.name} as {kind}{rest}"), harbor

    def known(self, login: Login) -> "Harbor":
        """Return the client for a login that Harbor knows already; asks nothing."""
        from checks.clients.harbor import Harbor

        operator = _for_operator(login, named_host(login.origin.key))
        return Harbor(replace(self._settings, harbor_login=operator), gate=self._gate)


def _for_operator(login: Login, host: str) -> Login:
    return Login(login.username, login.password, Origin(OriginKind.OPERATOR, login.origin.where, host))


class SignsIn:
    """Mixed into the doctor: what the console does with a login for Harbor. Slow: call from a worker."""

    _awaited: Login | None = None
    """A login that Harbor knows, to be used from the next question on."""

    def _open(self) -> "Kit":
        raise NotImplementedError(f"{type(self).__name__} opens nothing")  # a doctor without this is a bug of ours

    def greet_harbor(self, login: Login) -> Greeting:
        """Test a login at the Harbor that its key names, and at no other host; nothing else is changed."""
        greeting, harbor = self._open().signin.introduce(login)
        if harbor is not None:
            harbor.close()
        return greeting

    def use_harbor(self, login: Login) -> Greeting:
        """Test a login and, where Harbor knows it, use it for all that is asked of Harbor's API from now on."""
        kit = self._open()
        greeting, harbor = kit.signin.introduce(login)
        if harbor is not None:
            kit.use_harbor(harbor)
        return greeting

    def expect_harbor(self, login: Login) -> None:
        """Use a login that Harbor knows from the next question on. Asks nothing, and waits for no cluster."""
        self._awaited = login

    def _take_awaited(self, kit: "Kit") -> None:
        """One at a time: the caller sees to that."""
        login, self._awaited = self._awaited, None
        if login is not None:
            kit.use_harbor(kit.signin.known(login))


def named_host(server: str) -> str:
    """Return the host (with port) that a person typed, perhaps as an address; empty where it is no single host."""
    text = server.strip().lower()
    if text.startswith("http://"):
        return ""
    host = text.removeprefix("https://").removesuffix("/")
    return host if host and not any(char in host for char in "/*@?# \\") and host.isprintable() else ""
