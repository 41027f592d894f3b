"""Bearer tokens as Harbor's token service writes them, and the checks that its registry makes.

The header says RS256 as Harbor's does; the signature is an HMAC, for clients never check it and only this server does.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime

LIFETIME = 1800
LEEWAY = 60
ISSUER = "harbor-token-issuer"
SERVICE = "harbor-registry"


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token that passed the checks says."""

    subject: str
    """Empty where nobody was logged in."""
    issued: float
    access: tuple[tuple[str, str, frozenset[str]], ...]
    """Type, name, actions."""

    def actions(self, project: str) -> frozenset[str]:
        """Return what the token allows on a project: Harbor looks at the first path segment only (v2token)."""
        found = (
            actions for kind, name, actions in self.access if kind == "repository" and name.partition("/")[0] == project
        )
        return frozenset().union(*found)


@dataclass(frozen=True, slots=True)
class Mint:
    """Makes and checks tokens with one random key."""

    key: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)

    def make(self, subject: str, access: list[dict[str, object]] | None, now: float) -> dict[str, object]:
        """Return the token endpoint's answer for a subject (empty: nobody) and its access list."""
        issued = int(now)
        claims: dict[str, object] = {"iss": ISSUER}
        if subject:
            claims["sub"] = subject
        claims |= {"aud": SERVICE, "exp": issued + LIFETIME, "nbf": issued, "iat": issued}
        claims |= {"jti": secrets.token_urlsafe(12), "access": access}
        written = datetime.fromtimestamp(issued, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"token": self.sign(claims), "access_token": "", "expires_in": LIFETIME, "issued_at": written}

    def sign(self, claims: dict[str, object]) -> str:
        """Return a token with these claims, whatever they are."""
        head = _part({"alg": "RS256", "kid": "DEMO:HARB:ORDO:CTOR", "typ": "JWT"})
        body = f"{head}.{_part(claims)}"
        return f"{body}.{_url(self._seal(body))}"

    def _seal(self, body: str) -> bytes:
        return hmac.digest(self.key, body.encode(), hashlib.sha512) * 4

    def read(self, token: str, now: float) -> Claims | None:
        """Return the claims of a good token, or None: foreign key, no `iat`, over or not yet valid (60 s leeway)."""
        body, _, seal = token.rpartition(".")
        if not hmac.compare_digest(seal, _url(self._seal(body))):
            return None
        claims = json.loads(_unurl(body.partition(".")[2]))
        if not isinstance(claims.get("iat"), int):
            return None
        if claims.get("exp", 0) + LEEWAY <= now or claims.get("nbf", 0) - LEEWAY > now:
            return None
        access = tuple((e["type"], e["name"], frozenset(e["actions"])) for e in claims.get("access") or ())
        return Claims(claims.get("sub", ""), claims["iat"], access)


def _part(value: object) -> str:
    return _url(json.dumps(value, separators=(",", ":")).encode())


def _url(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _unurl(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
