"""Why no answer came: foreign exceptions sorted by their type, not by their text.

TLS verification codes are OpenSSL's (`X509_V_ERR_*` in openssl/x509_vfy.h).
"""

import http.client
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import requests
import urllib3.exceptions

from checks.clients.netaddr import NoConnection
from checks.facts import Break

_EXPIRED = frozenset({9, 10})
_UNKNOWN_CA = frozenset({2, 18, 19, 20, 21, 24, 27, 79})
_HOSTNAME = frozenset({62, 63, 64})

_GONE = (ConnectionResetError, BrokenPipeError, ConnectionAbortedError, http.client.RemoteDisconnected)
_SLOW = (TimeoutError, requests.Timeout, urllib3.exceptions.TimeoutError)
_VIA_PROXY = (requests.exceptions.ProxyError, urllib3.exceptions.ProxyError)


@dataclass(frozen=True, slots=True)
class Broken:
    """A kind of break with its sentence."""

    kind: Break
    sentence: str


def classify(error: BaseException, host: str, limit: float, expired: bool = False) -> Broken:
    """Sort whatever a request to `host` raised; `expired`: our own clock of `limit` seconds broke it off."""
    errors = tuple(_chain(error))
    ours = next((e for e in errors if isinstance(e, NoConnection)), None)
    if ours is not None:
        return Broken(ours.broken, str(ours))
    if expired:
        return Broken(Break.TIMEOUT, f"{host} did not answer within {limit:.0f} s")
    if _any(errors, _VIA_PROXY):
        return Broken(Break.PROXY, f"the proxy on the way to {host} cannot be used")
    tls = next((e for e in errors if isinstance(e, ssl.SSLError)), None)
    if tls is not None:
        return _tls(tls, host)
    if _any(errors, _SLOW):
        return Broken(Break.TIMEOUT, f"{host} did not answer within {limit:.0f} s")
    if _any(errors, _GONE):
        return Broken(Break.RESET, f"{host} broke the connection off without an answer")
    return Broken(Break.RESET, f"{host} gave no answer that can be read as HTTP")


def _any(errors: tuple[BaseException, ...], types: tuple[type[BaseException], ...]) -> bool:
    return any(isinstance(error, types) for error in errors)


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and all that it wraps: urllib3 keeps causes in `reason` and `args`, Python in `__cause__`."""
    seen: set[int] = set()
    queue: list[object] = [error]
    while queue:
        one = queue.pop(0)
        if not isinstance(one, BaseException) or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        queue += [getattr(one, "reason", None), one.__cause__, one.__context__, *one.args]


def _tls(error: ssl.SSLError, host: str) -> Broken:
    if not isinstance(error, ssl.SSLCertVerificationError):
        return Broken(Break.TLS_OTHER, f"{host} and this machine agree on no TLS connection")
    code = getattr(error, "verify_code", None)
    if code in _EXPIRED:
        return Broken(Break.TLS_EXPIRED, f"the certificate of {host} is not valid at this time")
    if code in _HOSTNAME:
        return Broken(Break.TLS_HOSTNAME, f"the certificate of {host} is made out to another name")
    if code in _UNKNOWN_CA:
        return Broken(Break.TLS_UNKNOWN_CA, f"this machine does not trust who signed the certificate of {host}")
    return Broken(Break.TLS_OTHER, f"this machine does not accept the certificate of {host}")
