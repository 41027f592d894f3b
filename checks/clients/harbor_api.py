"""Calls to Harbor's API v2.0 with the login that the operator gave for it, and never with another one.

Facts: HTTP Basic and no cookies (a `sid` brings CSRF checks); a login that Harbor does not know is served as
nobody, so it is checked first; pages hold at most 100; `q` is decoded twice (recorded from Harbor 2.15.2).
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, urlencode

from checks.clients.exchange import document, errors
from checks.clients.once import Once
from checks.clients.session import Answer, Web
from checks.clients.trust import names
from checks.credentials import Login
from checks.facts import Unknown

PAGE = 100
_MOST_PAGES = 50
_BY_NAME = {"X-Is-Resource-Name": "true"}
"""A project whose name is all digits would be taken for a number."""


@dataclass(frozen=True, slots=True)
class Operator:
    """Whom Harbor takes the operator's login for."""

    name: str
    robot: bool
    sysadmin: bool


@dataclass(frozen=True, slots=True)
class RefusedLogin(Unknown):
    """Harbor does not know the operator's login."""

    final: bool = False
    """It took its time to say so; a quick no may be its lock of a moment (Harbor 2.15 recorded, 2.10)."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the API."""

    status: int | None
    document: Any = field(default=None, repr=False)
    why: str = ""
    """Where the status is not 2xx: Harbor's own words, or why there was no answer."""
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return self.status is not None and 200 <= self.status < 300


class Api:
    """Harbor's API at any host, for one operator; safe for many threads."""

    def __init__(self, web: Web, login: Login | None) -> None:
        self._web = web
        self._login = login
        self._operators: Once[str, Operator | Unknown] = Once()

    @property
    def username(self) -> str:
        """The operator's user name; empty without a login."""
        return self._login.username if self._login else ""

    def operator(self, host: str) -> Operator | Unknown:
        """Return whom Harbor at `host` takes the login for, or why it cannot be used there. Asked once per host."""
        if self._login is None:
            return Unknown("no login for Harbor's API was given")
        if not names(self._login.origin.key, host):
            return Unknown(f"the login given for Harbor is for {self._login.origin.key or 'no host'}, not for {host}")
        return self._operators.get(host.lower(), lambda: self._verify(host))

    @property
    def key(self) -> str:
        """The host that the operator's login is for, or a pattern of hosts; empty without a login."""
        return self._login.origin.key if self._login else ""

    def meant_for(self, host: str) -> bool:
        """Was a login given for Harbor at this host? Asks nothing."""
        return self._login is not None and names(self._login.origin.key, host)

    def _verify(self, host: str) -> Operator | Unknown:
        """`GET /users/current`: 200 a user, 412 a robot whose secret is right, 401 nobody known."""
        reply = self.call(host, "GET", "/users/current")
        if reply.status == 412:
            return Operator(self.username, robot=True, sysadmin=False)
        if reply.status == 401:
            why = f"Harbor at {host} refused the login {self.username} given for it"
            return RefusedLogin(why, final=reply.seconds >= 1)
        if not reply.ok or not isinstance(reply.document, dict):
            return Unknown(f"Harbor's API at {host} cannot be used: {reply.why or 'it answered with something else'}")
        return Operator(self.username, robot=False, sysadmin=reply.document.get("sysadmin_flag") is True)

    def call(self, host: str, method: str, path: str, **query: str) -> Reply:
        """Send one request; `path` begins after /api/v2.0 and is quoted already."""
        url = f"https://{host}/api/v2.0{path}" + (f"?{urlencode(query)}" if query else "")
        named = _BY_NAME if path.startswith("/projects/") else {}
        return _reply(self._web.ask(method, url, login=self._login, headers=named))

    def write(self, host: str, method: str, path: str, document: Any = None) -> Reply:
        """Send one request that changes something; Refused in a read-only run. Never sent twice."""
        headers = {"Content-Type": "application/json", **(_BY_NAME if path.startswith("/projects/") else {})}
        body = None if document is None else json.dumps(document).encode()
        url = f"https://{host}/api/v2.0{path}"
        return _reply(self._web.ask(method, url, login=self._login, headers=headers, body=body))

    def newest(self, host: str, path: str, **query: str) -> tuple[list[dict[str, Any]], bool] | Reply:
        """Return the first page of a list and whether that is all of it, or the reply that was not a list."""
        reply = self.call(host, "GET", path, **query, page="1", page_size=str(PAGE))
        if not reply.ok or not isinstance(reply.document, list):
            return reply
        return [one for one in reply.document if isinstance(one, dict)], len(reply.document) < PAGE

    def listed(self, host: str, path: str, **query: str) -> list[dict[str, Any]] | Reply:
        """Return all elements of a paged list, or the reply that was not a list; never a part of a longer list."""
        found: list[dict[str, Any]] = []
        for page in range(1, _MOST_PAGES + 1):
            reply = self.call(host, "GET", path, **query, page=str(page), page_size=str(PAGE))
            if not reply.ok or not isinstance(reply.document, list):
                return reply
            found += [one for one in reply.document if isinstance(one, dict)]
            if len(reply.document) < PAGE:
                return found
        return Reply(None, why=f"there are {_MOST_PAGES * PAGE:,} or more, and so many are not read")


def q(**conditions: str) -> str:
    """Write a `q` query; values are quoted once here and once more in the address, as Harbor wants them."""
    return ",".join(f"{key}={_value(text)}" for key, text in conditions.items())


def _value(text: str) -> str:
    fuzzy = "~" if text.startswith("~") else ""
    return fuzzy + quote(text.removeprefix("~"), safe="")


def timestamp(written: object) -> datetime | None:
    """Return a time as Harbor writes it (RFC 3339), None where it cannot be read or is Go's time that is not set."""
    try:
        read = datetime.fromisoformat(str(written).replace("Z", "+00:00"))
    except ValueError:
        return None
    return None if read.year == 1 else read if read.tzinfo else read.replace(tzinfo=UTC)


def segment(name: str) -> str:
    """Quote a name as one segment of a path."""
    return quote(name, safe="")


def _reply(answer: Answer) -> Reply:
    if answer.status is None:
        return Reply(None, why=answer.failure)
    said = " ".join(_said(answer))
    why = "" if answer.status < 300 else said or f"it answered {answer.status}"
    return Reply(answer.status, document(answer.body), why, answer.seconds)


def _said(answer: Answer) -> Iterator[str]:
    for one in errors(answer.body)[:1]:
        yield f"{one.message} ({answer.status})"
