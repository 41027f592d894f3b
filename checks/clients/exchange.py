"""Turns an answer into evidence: what decides, cut to size, and nothing secret."""

import json
from collections.abc import Iterator
from typing import Any

from checks.clients.servertime import server_time
from checks.clients.session import Answer
from checks.clients.urls import without_query
from checks.facts import Exchange, RegistryMessage

TOKEN_USER = "(token)"

_DECISIVE = (
    "WWW-Authenticate",
    "Docker-Distribution-Api-Version",
    "Docker-Content-Digest",
    "Content-Type",
    "Location",
    "Retry-After",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "X-Request-Id",
)
_LONGEST = 1000
_MOST = 20


def exchange(answer: Answer, user: str | None, claims: tuple[tuple[str, str], ...] = ()) -> Exchange:
    """Return `answer` as evidence. `user`: the name that was sent, `(token)`, or None."""
    failed = answer.status is None or answer.status >= 400
    return Exchange(
        at=answer.at,
        method=answer.method,
        url=answer.url,
        user=user,
        status=answer.status,
        seconds=round(answer.seconds, 3),
        headers=tuple((name, _header(name, answer.headers[name])) for name in _DECISIVE if name in answer.headers),
        errors=errors(answer.body) if failed else (),
        claims=claims,
        failure=answer.failure,
        clock=server_time(answer.headers),
    )


def _header(name: str, value: str) -> str:
    return (without_query(value) if name == "Location" else value)[:_LONGEST]


def document(body: bytes) -> Any:
    """Return the JSON in `body`, or None where there is none that can be read."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def errors(body: bytes) -> tuple[RegistryMessage, ...]:
    """Return a registry's error messages (distribution spec, "Error Codes"); none if the body is something else.

    Token services have their own shapes: one message under `details`, `message` or `error` counts too.
    """
    read = document(body)
    return tuple(_messages(read)) if isinstance(read, dict) else ()


def _messages(read: dict[str, Any]) -> Iterator[RegistryMessage]:
    listed = read.get("errors")
    for one in listed[:_MOST] if isinstance(listed, list) else ():
        if isinstance(one, dict):
            yield RegistryMessage(_text(one.get("code")), _text(one.get("message")))
    if not isinstance(listed, list):
        single = next((text for key in ("details", "message", "error") if (text := _text(read.get(key)))), "")
        if single:
            yield RegistryMessage("", single)


def _text(value: object) -> str:
    return value[:_LONGEST] if isinstance(value, str) else ""
