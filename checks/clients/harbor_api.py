"""Calls to Harbor's API v2.0 with the login that the operator gave for it, and never with another one.

Facts: HTTP Basic and no cookies (a `sid` brings CSRF checks); a login that Harbor does not know is served as
nobody, so it is checked first; pages hold at most 100; `q` is decoded twice (recorded from Harbor 2.15.2).
"""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from checks.clients.exchange import document, errors
from checks.clients.gate import FINAL, PAUSE_AFTER_LOCK
from checks.clients.once import Once
from checks.clients.servertime import ahead
from checks.clients.session import Answer, Web
from checks.clients.trust import names, names_port
from checks.credentials import Login
from checks.facts import Unknown

PAGE = 100
_AGAIN = 10.0
"""Seconds after which Harbor is asked again whom it takes the login for, where it could not tell."""
_MOST_QUICK = 3
"""Times that the login was refused quickly and twice, after which it is not sent again."""
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
    """It is not sent again: Harbor took its time to say so, or said so often.

    A quick no may be its lock of a moment (Harbor 2.15 recorded, 2.10).
    """


@dataclass(frozen=True, slots=True)
class _Told:
    """Whom Harbor takes the login for, as it was told at a moment (time.monotonic)."""

    found: Operator | Unknown
    at: float

    def passing(self, seconds: float) -> bool:
        """Is it older than so many seconds, and something that a moment may change?"""
        refused = isinstance(self.found, RefusedLogin) and self.found.final
        return isinstance(self.found, Unknown) and not refused and time.monotonic() - self.at >= seconds


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer of the API."""

    status: int | None
    document: Any = field(default=None, repr=False)
    why: str = ""
    """Where the status is not 2xx: Harbor's own words, or why there was no answer."""
    seconds: float = 0.0
    number: str = ""
    """Of what a POST has made, as the answer's `Location` tells it."""

    @property
    def ok(self) -> bool:
        """True for 2xx."""
        return self.status is not None and 200 <= self.status < 300


class Api:
    """Harbor's API at any host, for one operator; safe for many threads."""

    def __init__(self, web: Web, login: Login | None) -> None:
        self._web = web
        self._login = login
        self._operators: Once[str, _Told] = Once()
        self._quick: dict[str, int] = {}
        self._ahead: dict[str, timedelta] = {}

    @property
    def username(self) -> str:
        """The operator's user name; empty without a login."""
        return self._login.username if self._login else ""

    def operator(self, host: str) -> Operator | Unknown:
        """Return whom Harbor at `host` takes the login for, or why it cannot be used there.

        Asked once per host; where Harbor gave no answer or may have locked the login, again after a while.
        """
        if self._login is None:
            return Unknown("no login for Harbor's API was given")
        if not self.meant_for(host):
            return Unknown(f"the login given for Harbor is for {self._login.origin.key or 'no host'}, not for {host}")
        self._drop(host, _AGAIN)
        return self._operators.get(host.lower(), lambda: _Told(self._verify(host), time.monotonic())).found

    def forget(self, host: str) -> None:
        """Ask anew next time whether the login can be used at `host`, where that was not known."""
        self._drop(host, 0.0)

    def _drop(self, host: str, seconds: float) -> None:
        here = host.lower()
        self._operators.drop(lambda key, told: key == here and told is not None and told.passing(seconds))

    @property
    def key(self) -> str:
        """The host that the operator's login is for, or a pattern of hosts; empty without a login."""
        return self._login.origin.key if self._login else ""

    def meant_for(self, host: str) -> bool:
        """Was a login given for Harbor at this host? Asks nothing."""
        key = self.key
        return self._login is not None and names(key, host) and names_port(key, host)

    def _verify(self, host: str) -> Operator | Unknown:
        """`GET /users/current`: 200 a user, 412 a robot whose secret is right, 401 nobody known."""
        reply = self._current(host)
        if reply.status == 412:
            return Operator(self.username, robot=True, sysadmin=False)
        if reply.status == 401:
            return self._refused(host, reply)
        if not reply.ok or not isinstance(reply.document, dict):
            return Unknown(f"Harbor's API at {host} cannot be used: {reply.why or 'it answered with something else'}")
        return Operator(self.username, robot=False, sysadmin=reply.document.get("sysadmin_flag") is True)

    def _current(self, host: str) -> Reply:
        """Ask it; a quick no once more, when Harbor's lock of a moment is over."""
        reply = self.call(host, "GET", "/users/current")
        if reply.status != 401 or reply.seconds >= FINAL:
            return reply
        time.sleep(PAUSE_AFTER_LOCK)
        return self.call(host, "GET", "/users/current")

    def _refused(self, host: str, reply: Reply) -> RefusedLogin:
        why = f"Harbor at {host} refused the login {self.username} given for it"
        if reply.seconds >= FINAL:
            return RefusedLogin(why, final=True)
        times = self._quick[host.lower()] = self._quick.get(host.lower(), 0) + 1
        return RefusedLogin(f"{why}, or has locked it for a moment", final=times >= _MOST_QUICK)

    def call(self, host: str, method: str, path: str, **query: str) -> Reply:
        """Send one request; `path` begins after /api/v2.0 and is quoted already."""
        url = f"https://{host}/api/v2.0{path}" + (f"?{urlencode(query)}" if query else "")
        named = _BY_NAME if path.startswith("/projects/") else {}
        return self._heard(host, self._web.ask(method, url, login=self._login, headers=named))

    def write(self, host: str, method: str, path: str, document: Any = None) -> Reply:
        """Send one request that changes something; Refused in a read-only run. Never sent twice."""
        headers = {"Content-Type": "application/json", **(_BY_NAME if path.startswith("/projects/") else {})}
        body = None if document is None else json.dumps(document).encode()
        url = f"https://{host}/api/v2.0{path}"
        return self._heard(host, self._web.ask(method, url, login=self._login, headers=headers, body=body))

    def _heard(self, host: str, answer: Answer) -> Reply:
        """Note the clock of whoever answered."""
        off = ahead(answer.headers, answer.at, answer.seconds)
        if off is not None:
            self._ahead[host.lower()] = off
        return _reply(answer)

    def now(self, host: str) -> datetime:
        """Return what time it is for Harbor, by its last answer; by our clock where it told none. Asks nothing."""
        return datetime.now(UTC) + self._ahead.get(host.lower(), timedelta())

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
    return Reply(answer.status, document(answer.body), why, answer.seconds, _number(answer))


def _number(answer: Answer) -> str:
    last = answer.headers.get("Location", "").rstrip("/").rpartition("/")[2]
    return last if answer.status == 201 and last.isascii() and last.isdigit() else ""


def _said(answer: Answer) -> Iterator[str]:
    for one in errors(answer.body)[:1]:
        yield f"{one.message} ({answer.status})"
