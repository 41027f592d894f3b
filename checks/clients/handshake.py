"""A closer look at a registry that failed to speak TLS: what it sent, without trusting any of it."""

import contextlib
import ssl
from dataclasses import replace
from datetime import UTC, datetime

from checks.clients import certificate
from checks.clients.breaks import Broken
from checks.clients.netaddr import Dialer
from checks.facts import Break, Certificate

_FIRST_WORDS = b"GET /v2/ HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
_CERTIFICATE_BREAKS = frozenset(
    {Break.TLS_UNKNOWN_CA, Break.TLS_EXPIRED, Break.TLS_HOSTNAME, Break.TLS_OTHER},
)


def look(
    broken: Broken, host: str, port: int, dialer: Dialer, seconds: float
) -> tuple[Broken, tuple[Certificate, ...]]:
    """Return the break, told more exactly, and the certificates that the server sent.

    Sends no login and no name but the host's. Makes at most two connections, each within `seconds`.
    """
    if broken.kind in (Break.TLS_OTHER, Break.RESET) and speaks_plain_http(host, port, dialer, seconds):
        return Broken(Break.PLAIN_HTTP, f"{host} speaks plain HTTP where HTTPS is expected"), ()
    if broken.kind not in _CERTIFICATE_BREAKS:
        return broken, ()
    sent = certificates(host, port, dialer, seconds)
    return (explain(broken, host, sent[0], datetime.now(UTC)) if sent else broken), sent


def speaks_plain_http(host: str, port: int, dialer: Dialer, seconds: float) -> bool:
    """Does this port answer plain HTTP? Asked without a login."""
    with contextlib.suppress(OSError), dialer.connect(host, port, seconds) as sock:
        sock.settimeout(seconds)
        sock.sendall(_FIRST_WORDS % host.encode("idna" if not host.isascii() else "ascii"))
        return sock.recv(5) == b"HTTP/"
    return False


def certificates(host: str, port: int, dialer: Dialer, seconds: float) -> tuple[Certificate, ...]:
    """The certificates as the server sends them, leaf first (before Python 3.13 the leaf alone)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with contextlib.suppress(OSError, ValueError), dialer.connect(host, port, seconds) as plain:
        plain.settimeout(seconds)
        with context.wrap_socket(plain, server_hostname=host) as secure:
            read = (certificate.read(der) for der in _sent(secure))
            return tuple(one for one in read if one is not None)
    return ()


def _sent(secure: ssl.SSLSocket) -> list[bytes]:
    chain = getattr(secure, "get_unverified_chain", None)
    leaf = secure.getpeercert(binary_form=True)
    return list(chain()) if chain is not None else [leaf] if leaf else []


def explain(broken: Broken, host: str, leaf: Certificate, now: datetime) -> Broken:
    """Name dates, names and issuer in the sentence; where the platform gave no code, tell the kind by them."""
    kind = broken.kind if broken.kind != Break.TLS_OTHER else _kind(leaf, now)
    if kind == Break.TLS_EXPIRED and leaf.not_before and leaf.not_after:
        early = now < leaf.not_before
        when = f"is not valid before {leaf.not_before:%Y-%m-%d}" if early else f"expired on {leaf.not_after:%Y-%m-%d}"
        return Broken(kind, f"the certificate of {host} {when}")
    if kind == Break.TLS_HOSTNAME:
        names = ", ".join(leaf.names[:5]) or leaf.subject
        return Broken(kind, f"the certificate is made out to {names}, not to {host}")
    if kind == Break.TLS_UNKNOWN_CA:
        return Broken(kind, f"this machine does not trust {leaf.issuer}, who signed the certificate of {host}")
    return replace(broken, kind=kind)


def _kind(leaf: Certificate, now: datetime) -> Break:
    if leaf.not_before and leaf.not_after and not leaf.not_before <= now <= leaf.not_after:
        return Break.TLS_EXPIRED
    return Break.TLS_OTHER
