"""How a login, or none, gets into a registry: is it known there, and what may it do on one repository.

Harbor: its token service never refuses a login as long as a scope is asked for, so the call without `scope`
decides; what a token may do holds for the whole project (recorded from Harbor 2.15.2). Elsewhere tokens are
made for one repository. Registries that challenge with Basic are asked with Basic.
"""

import time
from dataclasses import dataclass

from checks.clients.gate import PAUSE_AFTER_LOCK, Gate, Verdict
from checks.clients.once import Once
from checks.clients.registry import Access, Registry
from checks.clients.tokenservice import TokenReply
from checks.clients.trust import objection, usable_realm
from checks.credentials import Login, OriginKind
from checks.facts import Exchange, Knows, Manifest, Ping
from checks.image import ImageRef

_NO_LOGIN_WANTED = Verdict(Knows.NOT_ASKED, why="the registry asks for no login", admitted=True)
_ONLY_TOKENS = Verdict(Knows.NOT_ASKED, why="the registry has no token service, which alone takes an identity token")
_WITHOUT = Verdict(Knows.NOT_ASKED, why="it was asked without a login", admitted=True)


@dataclass(frozen=True, slots=True)
class Pass:
    """What a login, or none, has in hand for one repository."""

    access: Access | None
    """None: it does not get as far as the manifest."""
    exchanges: tuple[Exchange, ...] = ()
    subject: str = ""
    actions: frozenset[str] | None = None
    knows: Knows | None = None
    """Set where this second test of the login told another thing than the first."""
    denied: Manifest | None = None
    """The token service's refusal, which ends a pull as a manifest's refusal does."""
    why: str = ""
    ends: float = float("inf")


class Admission:
    """Tests logins and gets tokens, each once; safe for many threads."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._gate = Gate()
        self._verdicts: Once[tuple[str, Login], Verdict] = Once()
        self._passes: Once[tuple[str, Login | None, str], Pass] = Once()

    def verdict(self, ping: Ping, login: Login | None) -> Verdict:
        """Does the registry know this login? Asked at most once for (registry, user name, password)."""
        if login is None:
            return _WITHOUT
        if not ping.scheme:
            return _NO_LOGIN_WANTED
        if login.identity and ping.scheme != "bearer":
            return _ONLY_TOKENS
        realm = ping.realm if ping.scheme == "bearer" else ""
        if why := objection(login, ping.host, realm):
            return Verdict(Knows.NOT_ASKED, why=why)
        key = (ping.host.lower(), login)
        found = self._verdicts.get(key, lambda: self._judge(ping, login))
        if found.knows is Knows.NOT_ASKED and login.origin.kind is OriginKind.FORM:
            self._verdicts.drop(lambda other, value: other == key and value is found)
            found = self._verdicts.get(key, lambda: self._judge(ping, login))
        return found

    def _judge(self, ping: Ping, login: Login) -> Verdict:
        def ask() -> Verdict:
            if ping.scheme == "basic":
                return _by_basic(self._registry.login(ping.host, login), login)
            return _by_token(self._registry.token(ping, login))

        by_hand = login.origin.kind is OriginKind.FORM
        return self._gate.judge(ping.host.lower(), login.username, ask, locks=ping.harbor, by_hand=by_hand)

    def entry(self, ping: Ping, image: ImageRef, login: Login | None, verdict: Verdict) -> Pass:
        """Return what `login`, known by its `verdict`, or nobody has in hand for this image's repository."""
        if ping.scheme != "bearer":
            return Pass(Access(login if ping.scheme == "basic" else None), subject=verdict.subject)
        scope = image.project if ping.harbor and image.project else image.repository
        key = (ping.host.lower(), login, scope)
        held = self._passes.get(key, lambda: self._mint(ping, image, login))
        if time.monotonic() < held.ends:
            return held
        self._passes.drop(lambda other, value: other == key and value is held)
        return self._passes.get(key, lambda: self._mint(ping, image, login))

    def _mint(self, ping: Ping, image: ImageRef, login: Login | None) -> Pass:
        if login is None:
            return _pass(self._registry.token(ping, None, image.repository), ())
        with self._gate.turn(ping.host.lower(), login.username):
            first = self._registry.token(ping, login, image.repository)
            if not (ping.harbor and _names_nobody(first)):
                return _pass(first, ())
            time.sleep(PAUSE_AFTER_LOCK)
            second = self._registry.token(ping, login, image.repository)
        knows = Knows.LOCKED if _names_nobody(second) else None
        return _pass(second, first.exchanges, knows)

    def forget(self, host: str, login: Login | None, refusals: bool) -> None:
        """Forget tokens and verdicts of `login` (None: of all) at `host`; refusals only where `refusals` says so."""
        here = host.lower()

        def kept(value: Verdict | None) -> bool:
            return not refusals and value is not None and value.knows in (Knows.REFUSED, Knows.LOCKED)

        self._passes.forget(lambda key: key[0] == here and login in (None, key[1]))
        self._verdicts.drop(lambda key, v: key[0] == here and login in (None, key[1]) and not kept(v))


def obstacle(ping: Ping) -> str:
    """Return why nothing more can be asked of this registry; empty if it can."""
    if ping.broken is not None:
        return ping.detail
    if ping.exchange.status not in (200, 401):
        return f"{ping.host} answered {ping.exchange.status} to GET /v2/"
    if ping.exchange.status == 401 and not ping.scheme:
        return no_way(ping)
    if ping.scheme == "bearer" and not usable_realm(ping.realm):
        return f"{ping.host} names no token service that can be asked"
    return ""


def no_way(ping: Ping) -> str:
    """Say that this registry wants a login, but neither by Basic nor by token."""
    return f"{ping.host} wants a login and names no way that is known here"


def _by_basic(seen: Exchange, login: Login) -> Verdict:
    if seen.status == 200:
        return Verdict(Knows.ACCEPTED, (seen,), subject=login.username, admitted=True)
    # Without a login the same request got its 401, so a 400 is about the login: ECR answers that to a crooked one.
    if seen.status in (400, 401) or (seen.status == 403 and _says_expired(seen)):
        return Verdict(Knows.REFUSED, (seen,))
    why = seen.failure or f"the registry answered {seen.status} to the login"
    return Verdict(Knows.UNKNOWN, (seen,), why=why, admitted=seen.status == 403)


def _says_expired(seen: Exchange) -> bool:
    """Does the registry say that the login has run out? ECR: `Your authorization token has expired`."""
    return any("expired" in said.message.lower() for said in seen.errors)


def _by_token(reply: TokenReply) -> Verdict:
    """Judge the answer to a token request without scope: what `docker login` asks."""
    seen, token = reply.exchanges, reply.token
    if reply.refused:
        return Verdict(Knows.REFUSED, seen)
    if token is None:
        return Verdict(Knows.UNKNOWN, seen, why=reply.why, admitted=reply.wants_scope)
    if token.readable and not token.subject:
        return Verdict(Knows.UNKNOWN, seen, why="the token that came names nobody", admitted=True)
    return Verdict(Knows.ACCEPTED, seen, subject=token.subject, admitted=True)


def _names_nobody(reply: TokenReply) -> bool:
    return reply.token is not None and reply.token.readable and not reply.token.subject


def _pass(reply: TokenReply, before: tuple[Exchange, ...], knows: Knows | None = None) -> Pass:
    token, exchanges = reply.token, (*before, *reply.exchanges)
    if token is not None:
        access = Access(token=token.text)
        return Pass(access, exchanges, token.subject, token.actions, knows, ends=token.ends)
    if reply.refused or reply.exchange.status == 403:
        return Pass(None, exchanges, knows=knows, denied=refusal(reply.exchange))
    return Pass(None, exchanges, knows=knows, why=reply.why)


def refusal(seen: Exchange) -> Manifest:
    """A login's or token's refusal as what it means for the pull."""
    said = next(iter(seen.errors), None)
    return Manifest(seen.status or 0, code=said.code if said else "", message=said.message if said else "")
