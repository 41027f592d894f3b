"""A bearer token and what its claims say, unverified: whom the registry took us for and what it granted.

Shape: distribution spec, "Token Authentication Specification"; Harbor's answer in src/core/service/token.
"""

import base64
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checks.clients.authorize import Hidden
from checks.clients.exchange import document

_LARGEST = 65_536
_DEFAULT_LIFE = 60.0
_SPARE = 5.0
_MOST = 100
_NOBODY = "(anonymous)"
"""What Quay writes for nobody (quay/quay, util/security/registry_jwt.py); others leave the claim empty or out."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token. Its text is a secret."""

    text: str = field(repr=False)
    subject: str = ""
    """The claim `sub`; empty for nobody, or where the token is opaque."""
    actions: frozenset[str] | None = None
    """Actions granted on repositories; None where the token does not say."""
    readable: bool = False
    """The claims could be read."""
    ends: float = 0.0
    """On the monotonic clock."""

    @property
    def claims(self) -> tuple[tuple[str, str], ...]:
        """For the evidence: `sub`, and the actions where there are any to tell."""
        if not self.readable:
            return ()
        granted = () if self.actions is None else (("actions", ",".join(sorted(self.actions))),)
        return (("sub", self.subject), *granted)


def from_body(body: bytes) -> Token | None:
    """Return the token of a token service's answer (`token`, else `access_token`), or None if there is none."""
    read = document(body)
    if not isinstance(read, dict):
        return None
    text = next((t for key in ("token", "access_token") if isinstance(t := read.get(key), str) and t), "")
    if not text or len(text) > _LARGEST or not text.isascii() or not text.isprintable():
        return None
    life = read.get("expires_in")
    seconds = float(life) if isinstance(life, int) and 0 < life < 10**6 else _DEFAULT_LIFE
    return _with_claims(Hidden(text), time.monotonic() + seconds - _SPARE)


def _with_claims(text: str, ends: float) -> Token:
    claims = _payload(text)
    if claims is None:
        return Token(text, ends=ends)
    subject = claims.get("sub")
    name = subject[:256] if isinstance(subject, str) and subject != _NOBODY else ""
    return Token(text, name, _actions(claims), readable=True, ends=ends)


def _payload(text: str) -> dict[str, Any] | None:
    """The claims of a JWT (RFC 7519), or None for any other text."""
    parts = text.split(".")
    if len(parts) != 3:
        return None
    try:
        raw = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
    except ValueError:
        return None
    claims = document(raw)
    return claims if isinstance(claims, dict) else None


def _actions(claims: dict[str, Any]) -> frozenset[str] | None:
    if "access" not in claims:
        return None
    access = claims["access"]
    return frozenset(_granted(access)) if isinstance(access, list) else frozenset()


def _granted(access: list[Any]) -> Iterator[str]:
    for one in access[:_MOST]:
        actions = one.get("actions") if isinstance(one, dict) and one.get("type") == "repository" else None
        yield from (a[:50] for a in (actions if isinstance(actions, list) else ())[:_MOST] if isinstance(a, str))
