"""What a server's certificates tell: where their chain ends, whose certificate is missing, which is out of its time.

Issuers are found by name (RFC 5280, 6.1.3): that says what was sent, and no signature is checked here.
"""

from collections.abc import Sequence
from datetime import datetime

from checks.facts import Certificate


def chain(sent: Sequence[Certificate]) -> tuple[Certificate, ...]:
    """Return the leaf and, of what was sent, each one's issuer, up to where it goes no further."""
    found = list(sent[:1])
    while found and (issuer := _issuer(found[-1], sent)) is not None and issuer not in found:
        found.append(issuer)
    return tuple(found)


def issuer_not_sent(sent: Sequence[Certificate]) -> str:
    """Return whose certificate would come next and was not sent; empty where the chain ends in a self-issued one."""
    found = chain(sent)
    return "" if not found or self_issued(found[-1]) else found[-1].issuer


def self_issued(certificate: Certificate) -> bool:
    """Does it name itself as its issuer, as a root does?"""
    return certificate.subject == certificate.issuer


def out_of_time(sent: Sequence[Certificate], now: datetime) -> Certificate | None:
    """Return the first of the chain, leaf first, that is not valid at this time."""
    return next((one for one in chain(sent) if not valid(one, now)), None)


def valid(certificate: Certificate, now: datetime) -> bool:
    """Is it within its dates? Those that could not be read do not count."""
    early = certificate.not_before is not None and now < certificate.not_before
    late = certificate.not_after is not None and now > certificate.not_after
    return not early and not late


def _issuer(certificate: Certificate, sent: Sequence[Certificate]) -> Certificate | None:
    return next((one for one in sent if one.subject == certificate.issuer and one.subject), None)
