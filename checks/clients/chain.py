"""The certificates that a server sent in its handshake, as they came, trusted or not (RFC 8446, 4.4.2).

`SSLSocket.get_unverified_chain` is public since Python 3.13. Before, since 3.10, the same is found one step lower
(CPython Modules/_ssl/cert.c and _ssl.c); where it is not, the server's own certificate is all that can be read.
"""

import ssl
from dataclasses import dataclass
from typing import Any

from checks.clients import certificate
from checks.facts import Certificate

_DER = 2
"""OpenSSL's X509_FILETYPE_ASN1."""
_MOST = 20


@dataclass(frozen=True, slots=True)
class Sent:
    """Certificates in DER, leaf first."""

    ders: tuple[bytes, ...] = ()
    whole: bool = True
    """False: this Python shows the leaf alone, and what else was sent is not known."""

    def read(self) -> tuple[Certificate, ...]:
        """Return those that can be read, in their order."""
        return tuple(one for der in self.ders if (one := certificate.read(der)) is not None)


def sent(secure: Any) -> Sent:
    """Return what the other side of a TLS connection sent; nothing where it is no TLS connection. Never raises."""
    for holder in (secure, getattr(secure, "_sslobj", None)):
        ask = getattr(holder, "get_unverified_chain", None)
        try:
            found = tuple(_der(one) for one in (ask() if callable(ask) else None) or ())
        except (AttributeError, TypeError, ValueError, ssl.SSLError):
            continue  # not public: it may change its shape
        if found:
            return Sent(found[:_MOST])
    return _leaf(secure)


def _der(one: Any) -> bytes:
    der = one if isinstance(one, bytes) else one.public_bytes(_DER)
    if not isinstance(der, bytes):
        raise TypeError("no DER")
    return der


def _leaf(secure: Any) -> Sent:
    try:
        leaf = secure.getpeercert(binary_form=True)
    except (AttributeError, TypeError, ValueError):
        return Sent()
    return Sent((leaf,), whole=False) if leaf else Sent()
