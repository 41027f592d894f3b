"""HTTP as the pretend registries need it: a request, an answer, and a log of both. Standard library only."""

import base64
import binascii
import json
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.message import Message
from http.cookies import CookieError, SimpleCookie
from typing import TypeAlias
from urllib.parse import parse_qsl, unquote

from checks.credentials import Password

JSON = "application/json; charset=utf-8"
KEPT = 100_000
"""Entries that the log holds; older ones are dropped, for a demo may run for days."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came in. Its `repr` shows no header values, for one of them is the login."""

    method: str
    path: str
    """Percent-decoded once, as a reverse proxy hands it on."""
    query: str
    """As sent, without the question mark."""
    headers: Message = field(repr=False)
    body: bytes = field(repr=False, default=b"")
    secure: bool = True

    def header(self, name: str) -> str:
        """Return the header's value, or an empty string."""
        return str(self.headers.get(name, ""))

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query's pairs, decoded, empty values kept."""
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter, or None."""
        return next((value for key, value in self.parameters() if key == name), None)

    def form(self) -> list[tuple[str, str]]:
        """Return the pairs of a posted form, decoded, empty values kept."""
        return parse_qsl(self.body.decode("ascii", "replace"), keep_blank_values=True, errors="surrogateescape")

    def basic(self) -> tuple[str, Password] | None:
        """Return user name and password of a Basic header (RFC 7617), or None."""
        scheme, _, rest = self.header("Authorization").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            text = base64.b64decode(rest.strip(), validate=True).decode("utf-8", "surrogateescape")
        except binascii.Error:
            return None
        user, colon, password = text.partition(":")
        return (user, Password(password)) if colon else None

    def bearer(self) -> str:
        """Return the bearer token, or an empty string."""
        scheme, _, rest = self.header("Authorization").partition(" ")
        return rest.strip() if scheme.lower() == "bearer" else ""

    def cookies(self) -> tuple[str, ...]:
        """Return the names of the cookies that were sent."""
        jar = SimpleCookie()
        try:
            jar.load(self.header("Cookie"))
        except CookieError:
            return ()
        return tuple(jar)


@dataclass(frozen=True, slots=True)
class Response:
    """One answer. `user` and `refused` are for the log only."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    user: str | None = None
    refused: bool = False

    def header(self, name: str) -> str | None:
        """Return a header's value, or None."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


App: TypeAlias = Callable[[Request], Response]


def answer(status: int, value: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer with `value` as compact JSON."""
    body = json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
    return Response(status, body, (("Content-Type", JSON), *(headers or {}).items()))


def problem(
    status: int, code: str, message: str, headers: Mapping[str, str] | None = None, detail: object = None
) -> Response:
    """Return a registry error body (distribution spec, "Error Codes") with one element."""
    error: dict[str, object] = {"code": code, "message": message}
    if detail is not None:
        error["detail"] = detail
    return answer(status, {"errors": [error]}, headers)


def text(status: int, words: str, kind: str = "text/plain; charset=utf-8") -> Response:
    """Return an answer in plain text, or in another `kind`."""
    return Response(status, words.encode(), (("Content-Type", kind),))


def decoded(path: str) -> str:
    """Return a path with one layer of percent-encoding taken off."""
    return unquote(path)


@dataclass(frozen=True, slots=True)
class Entry:
    """One request and its outcome, as the log keeps it. No header values, so no secret."""

    time: float
    """Seconds since 1970 when the request was read."""
    server: str
    """Name of the pretend server that answered."""
    host: str
    """The Host header."""
    method: str
    path: str
    query: str
    user: str | None
    """User name that was sent, or the `sub` of the token that was; None for nobody."""
    status: int
    refused: bool
    """A login came and was not accepted, whatever the status (Harbor answers 200 to some)."""
    user_agent: str
    cookies: tuple[str, ...]
    """Names of the cookies that came with the request."""
    seconds: float


class RequestLog:
    """What was asked of all servers, in order of the answers; safe to use from any thread."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._failures: list[str] = []
        self._connections: Counter[str] = Counter()

    def add(self, entry: Entry) -> None:
        """Keep one more entry."""
        with self._guard:
            self._entries.append(entry)

    def connected(self, server: str) -> None:
        """Count one more connection, with or without a request on it."""
        with self._guard:
            self._connections[server] += 1

    def failed(self, what: str) -> None:
        """Keep a failure of the pretend server itself; tests want none."""
        with self._guard:
            self._failures.append(what)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries so far."""
        with self._guard:
            return tuple(self._entries)

    @property
    def failures(self) -> tuple[str, ...]:
        """Failures of the pretend servers themselves."""
        with self._guard:
            return tuple(self._failures)

    def connections(self, server: str) -> int:
        """Return how many connections one server has taken."""
        with self._guard:
            return self._connections[server]

    def find(self, **wanted: object) -> tuple[Entry, ...]:
        """Return the entries whose fields equal `wanted`, e.g. `find(method="GET", user="dev1", refused=True)`."""
        return tuple(e for e in self.entries if all(getattr(e, key) == value for key, value in wanted.items()))

    def count(self, **wanted: object) -> int:
        """Return how many entries `find` would return."""
        return len(self.find(**wanted))

    def refusals(self, user: str) -> int:
        """Return how many times a login of this user name was refused."""
        return self.count(user=user, refused=True)

    def clear(self) -> None:
        """Forget everything."""
        with self._guard:
            self._entries.clear()
            self._failures.clear()
            self._connections.clear()


def noted(log: RequestLog, server: str, app: App, request: Request) -> Response:
    """Let `app` answer and note it; a crash becomes a 500 and a failure in the log."""
    began, clock = time.time(), time.monotonic()
    try:
        response = app(request)
    except Exception as crash:
        log.failed(f"{server} {request.method} {request.path}: {type(crash).__name__}: {crash}")
        response = problem(500, "UNKNOWN", "internal server error")
    log.add(
        Entry(
            began,
            server,
            request.header("Host"),
            request.method,
            request.path,
            request.query,
            response.user,
            response.status,
            response.refused,
            request.header("User-Agent"),
            request.cookies(),
            time.monotonic() - clock,
        )
    )
    return response
