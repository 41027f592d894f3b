"""Asks a token service for a bearer token: by GET with Basic, or by an OAuth2 POST where that is the way.

GET: distribution spec, "Token Authentication Specification"; all token services have it, says the spec, but some
answer it with 404 or 405. POST: distribution spec, "OAuth2 token authentication": the only way for an identity
token, and the second way for a user name and password. Refusals of a POST: RFC 6749, 5.2.
"""

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from checks.clients.exchange import document, exchange
from checks.clients.netaddr import split_host
from checks.clients.session import Answer, Web
from checks.clients.token import Token, from_body
from checks.clients.urls import host_of
from checks.credentials import Login
from checks.facts import Exchange, Ping

CLIENT_ID = "harbor-doctor"
_NO_GET = (404, 405)
_UNSCOPED = ("invalid_request", "invalid_scope")


@dataclass(frozen=True, slots=True)
class TokenReply:
    """A token service's answer: the token, or why there is none."""

    exchange: Exchange
    token: Token | None = None
    why: str = ""
    before: tuple[Exchange, ...] = ()
    """The GET that a POST followed."""
    refused: bool = False
    """The service does not take the login, or refuses what is asked without one."""
    wants_scope: bool = False
    """A POST was answered in the way that says nothing of the login, only of what it was asked for."""

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All that was asked, in order."""
        return (*self.before, self.exchange)


def ask(web: Web, ping: Ping, login: Login | None, repository: str = "") -> TokenReply:
    """Ask the realm for a token to pull `repository`; with none, `scope` is really absent: a test of the login.

    A login goes out a second time, by POST, only where GET is no way here: that was no refusal of it.
    """
    wanted = {"service": ping.service} if ping.service else {}
    if repository:
        wanted["scope"] = f"repository:{repository}:pull"
    if login is not None and login.identity:
        return _post(web, ping, login, wanted)
    first = _get(web, ping, login, wanted)
    if login is None or ping.harbor or first.exchange.status not in _NO_GET:
        return first
    return replace(_post(web, ping, login, wanted), before=(first.exchange,))


def _get(web: Web, ping: Ping, login: Login | None, wanted: dict[str, str]) -> TokenReply:
    query = (("&" if "?" in ping.realm else "?") + urlencode(wanted)) if wanted else ""
    answer = web.ask("GET", ping.realm + query, login=login)
    return _reply(answer, ping.harbor, login.username if login else None, {})


def _post(web: Web, ping: Ping, login: Login, wanted: dict[str, str]) -> TokenReply:
    grant = {"grant_type": "refresh_token"} if login.identity else _password_grant(login)
    form = {**grant, "client_id": CLIENT_ID, **wanted}
    answer = web.ask("POST", ping.realm, login=login, form=form)
    return _reply(answer, ping.harbor, login.username, form)


def _password_grant(login: Login) -> dict[str, str]:
    return {"grant_type": "password", "username": login.username}


def _reply(answer: Answer, harbor: bool, user: str | None, form: dict[str, str]) -> TokenReply:
    token = from_body(answer.body) if answer.status == 200 else None
    seen = replace(exchange(answer, user, token.claims if token else ()), form=tuple(form.items()))
    if token is not None:
        return TokenReply(seen, token)
    error = _oauth_error(answer) if form else ""
    refused = answer.status == 401 or (answer.status == 403 and not harbor) or error == "invalid_grant"
    return TokenReply(seen, why=_no_token(answer), refused=refused, wants_scope=error in _UNSCOPED)


def _oauth_error(answer: Answer) -> str:
    read = document(answer.body) if answer.status == 400 else None
    error = read.get("error") if isinstance(read, dict) else None
    return error if isinstance(error, str) else ""


def _no_token(answer: Answer) -> str:
    where = split_host(host_of(answer.url))[0]
    if answer.status is None:
        return answer.failure
    if answer.status == 200:
        return f"the token service at {where} answered with something that is no token"
    return f"the token service at {where} answered {answer.status}"
