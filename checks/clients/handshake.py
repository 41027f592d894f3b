"""A closer look at a registry that failed to speak TLS: what it sent, without trusting any of it."""

import contextlib
import ssl
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from checks import certchain
from checks.clients.breaks import Broken
from checks.clients.chain import Sent, sent
from checks.clients.netaddr import Dialer
from checks.facts import Break, Certificate

_FIRST_WORDS = b"GET /v2/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
_CERTIFICATE_BREAKS = frozenset(
    {Break.TLS_UNKNOWN_CA, Break.TLS_EXPIRED, Break.TLS_HOSTNAME, Break.TLS_OTHER},
)


def look(broken: Broken, host: str, port: int, dialer: Dialer, seconds: float) -> tuple[Broken, Sent]:
    """Return the break, told more exactly, and the certificates that the server sent.

    Sends no login and no name but the host's. Makes at most two connections, each within `seconds`.
    """
    if broken.kind in (Break.TLS_OTHER, Break.RESET) and speaks_plain_http(host, port, dialer, seconds):
        return Broken(Break.PLAIN_HTTP, f"{host} speaks plain HTTP where HTTPS is expected"), Sent()
    if broken.kind not in _CERTIFICATE_BREAKS:
        return broken, Sent()
    shown = certificates(host, port, dialer, seconds)
    read = shown.read()
    return (explain(broken, host, read, datetime.now(UTC)) if read else broken), shown


def speaks_plain_http(host: str, port: int, dialer: Dialer, seconds: float) -> bool:
    """Does this port answer plain HTTP? Asked without a login."""
    with contextlib.suppress(OSError), dialer.connect(host, port, seconds) as sock:
        sock.settimeout(seconds)
        sock.sendall(_FIRST_WORDS % host.encode("idna" if not host.isascii() else "ascii"))
        return sock.recv(5) == b"HTTP/"
    return False


def certificates(host: str, port: int, dialer: Dialer, seconds: float) -> Sent:
    """The certificates as the server sends them, leaf first."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError, ValueError), dialer.connect(host, port, seconds) as plain:
        plain.settimeout(seconds)
        with context.wrap_socket(plain, server_hostname=host) as secure:
            return sent(secure)
    return Sent()


def explain(broken: Broken, host: str, shown: Sequence[Certificate], now: datetime) -> Broken:
    """Name dates, names and issuer in the sentence; where the platform gave no code, tell the kind by them."""
    leaf, late = shown[0], certchain.out_of_time(shown, now)
    kind = broken.kind if broken.kind != Break.TLS_OTHER or late is None else Break.TLS_EXPIRED
    if kind == Break.TLS_EXPIRED and late is not None:
        return Broken(kind, _out_of_time(host, leaf, late, now))
    if kind == Break.TLS_HOSTNAME:
        names = ", ".join(leaf.names[:5]) or leaf.subject
        return Broken(kind, f"the certificate is made out to {names}, not to {host}")
    if kind == Break.TLS_UNKNOWN_CA:
        return Broken(kind, f"this machine does not trust {leaf.issuer}, who signed the certificate of {host}")
    return replace(broken, kind=kind)


def _out_of_time(host: str, leaf: Certificate, late: Certificate, now: datetime) -> str:
    whose = f"the certificate of {host}" if late is leaf else f"the certificate of its issuer {late.subject}"
    if late.not_before is not None and now < late.not_before:
        return f"{whose} is not valid before {late.not_before:%Y-%m-%d}"
    return f"{whose} expired on {late.not_after:%Y-%m-%d}"
