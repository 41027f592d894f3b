"""Foreign failures and refusals of the API server, turned into ours: one sentence each, without secrets."""

import base64
import binascii
import json
import re
import socket
import ssl
from collections.abc import Iterator
from typing import Any

from checks.clients.decode import status_of
from checks.errors import (
    ClusterError,
    Conflict,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    Unauthenticated,
    Unreachable,
)

_BY_STATUS: dict[int, type[ClusterError]] = {
    400: Invalid,
    401: Unauthenticated,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Expired,
    422: Invalid,
    429: Throttled,
}
_LONGEST = 1000
_HIDDEN = "••••••"
_SHORTEST_SECRET = 4
"""Shorter strings would blacken half of every sentence."""


def refusal(status: int, body: bytes, name: str, what: str, secrets: tuple[str, ...] = ()) -> ClusterError:
    """Return the error for an HTTP status: `prod: secrets "x" is forbidden: ...`.

    Only the message of a Kubernetes Status is quoted, never another body; `secrets` are blackened in it.
    """
    told = status_of(body)
    text = hide(" ".join(told.message.split()), secrets)[:_LONGEST] if told else ""
    kind = _BY_STATUS.get(status, ServerFault)
    if kind is Unauthenticated:
        text = "the API server does not accept our credentials (401)"
    elif not text:
        text = f"{what} was answered with status {status}, which is not an answer of a Kubernetes API server"
    return kind(f"{name}: {text}", status, told.reason if told else "")


def hide(text: str, secrets: tuple[str, ...]) -> str:
    """Blacken each of `secrets` in `text`, longest first, and drop what a JSON decoder quotes of the body."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, _HIDDEN)
    return re.split(r", error found in #\d+ byte|, bigger context", text)[0] if secrets else text


def values_of(body: dict[str, Any]) -> tuple[str, ...]:
    """Return every value of a Secret that must not show up in a sentence: encoded, decoded, and the parts within."""
    found: set[str] = set()
    for field in ("data", "stringData"):
        values = body.get(field)
        for value in values.values() if isinstance(values, dict) else ():
            found.update(_forms(value))
    return tuple(each for each in found if len(each) >= _SHORTEST_SECRET)


def _forms(value: object) -> Iterator[str]:
    if not isinstance(value, str):
        return
    yield from _spellings(value)
    text = _decoded(value) or value
    yield from _spellings(text)
    try:
        yield from _leaves(json.loads(text))
    except ValueError:
        return


def _spellings(text: str) -> Iterator[str]:
    """As it is, trimmed, and as Go and JSON quote it."""
    yield from (text, text.strip(), json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])


def _decoded(text: str) -> str:
    """What base64 text stands for, or nothing."""
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _leaves(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield from _spellings(value)
        yield from _spellings(_decoded(value).partition(":")[2])
    elif isinstance(value, dict):
        for key, each in value.items():
            # The registry's own keys and user names are no secrets, and errors are useless without them.
            if key not in ("username", "email"):
                yield from _leaves(each)
    elif isinstance(value, list):
        for each in value:
            yield from _leaves(each)


def no_answer(error: Exception, name: str, host: str, seconds: float) -> Unreachable:
    """Return the error for a request that got no answer (urllib3, ssl, http.client, OSError)."""
    from urllib3 import exceptions as http

    if isinstance(error, http.ProxyError):
        text = f"the proxy in front of the API server {host} could not be used"
    elif isinstance(error, http.TimeoutError | TimeoutError) and not isinstance(error, http.NewConnectionError):
        text = f"the API server {host} did not answer within {seconds:g} s"
    elif isinstance(error, http.SSLError | ssl.SSLError):
        text = _tls(error, host)
    elif isinstance(error, http.NewConnectionError):
        text = _connect(error, host)
    elif isinstance(error, http.ProtocolError | OSError):
        text = f"the API server {host} cut the connection before it had answered"
    else:
        text = f"the API server {host} could not be asked ({type(error).__name__})"
    return Unreachable(f"{name}: {text}")


def _tls(error: Exception, host: str) -> str:
    inner = error.args[0] if error.args and isinstance(error.args[0], ssl.SSLError) else error
    if isinstance(inner, ssl.SSLCertVerificationError):
        return f"the certificate of the API server {host} is not trusted: {inner.verify_message}"
    if "WRONG_VERSION_NUMBER" in str(inner) or "record layer failure" in str(inner):
        return f"the API server {host} does not speak TLS"
    reason = getattr(inner, "reason", None) or "the handshake failed"
    return f"no TLS connection to the API server {host}: {str(reason).lower().replace('_', ' ')}"


def _connect(error: Exception, host: str) -> str:
    cause = error.__cause__ or error.__context__
    if isinstance(cause, socket.gaierror):
        return f"the name of the API server {host} cannot be resolved"
    if isinstance(cause, ConnectionRefusedError):
        return f"the API server {host} refuses the connection"
    why = getattr(cause, "strerror", None)
    return f"the API server {host} cannot be reached" + (f": {why}" if why else "")
