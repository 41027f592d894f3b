"""How we prove who we are to the API server: a fixed token, a token file, a login plugin, or a certificate alone."""

import base64
import binascii
import json
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from checks.clients import plugin
from checks.clients.kubeconfig import Access
from checks.credentials import Password
from checks.errors import ConfigError

_FILE_SECONDS = 60.0
"""client-go reads token files again after a minute: the kubelet rotates them."""
_EARLY = timedelta(seconds=10)
_ONE_RENEWAL = 5.0
"""Seconds in which one run of a plugin serves all requests that were refused at the same time."""


class Credential(Protocol):
    """Something that the Authorization header, or a client certificate, is made from."""

    hint: str
    """What to do when the API server does not accept it, as the end of a sentence."""

    def authorization(self) -> Password | None:
        """Return the Authorization header's value, or None where there is none; raises ConfigError."""

    def certificate(self) -> tuple[str, Password] | None:
        """Return a client certificate and key (PEM) that a plugin issued, or None."""

    def renew(self) -> bool:
        """Fetch again after a 401; False where that changes nothing."""


class Fixed:
    """Credentials that stand in the kubeconfig and never change; a client certificate is not handled here."""

    def __init__(self, header: Password | None, hint: str) -> None:
        self._header = header
        self.hint = hint

    def authorization(self) -> Password | None:
        """Return the same value each time."""
        return self._header

    def certificate(self) -> None:
        """Return None."""

    def renew(self) -> bool:
        """Return False."""
        return False


class TokenFile:
    """A token in a file that somebody else keeps fresh."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._header: Password | None = None
        self._read_at = 0.0
        self.hint = f"the token in {path} may be out of date"

    def authorization(self) -> Password | None:
        """Return `Bearer TOKEN`, read again when it is older than a minute; raises ConfigError."""
        if self._header is None or time.monotonic() - self._read_at > _FILE_SECONDS:
            self._read()
        return self._header

    def certificate(self) -> None:
        """Return None."""

    def renew(self) -> bool:
        """Read the file now; True if it holds another token than before."""
        before = self._header
        self._read()
        return self._header != before

    def _read(self) -> None:
        try:
            token = self._path.read_text().strip()
        except (OSError, UnicodeDecodeError):
            raise ConfigError(f"{self._path}: the token file cannot be read") from None
        if not token:
            raise ConfigError(f"{self._path}: the token file is empty")
        self._header = Password(f"Bearer {token}")
        self._read_at = time.monotonic()


class Plugin:
    """A kubeconfig's exec plugin: run once at first use, again when its credential runs out or is refused."""

    def __init__(self, access: Access, interactive: bool) -> None:
        self._access = access
        self._interactive = interactive
        self._issued: plugin.Issued | None = None
        self._renewed_at = float("-inf")
        self._lock = threading.Lock()
        self.hint = f"log in again with what {access.user['exec'].get('command', 'the plugin')} belongs to"

    def authorization(self) -> Password | None:
        """Return `Bearer TOKEN`, or None where the plugin issued a certificate only; raises ConfigError."""
        return self._current().header

    def certificate(self) -> tuple[str, Password] | None:
        """Return the certificate and key that the plugin issued, if it did."""
        issued = self._current()
        return (issued.certificate, issued.key) if issued.key else None

    def renew(self) -> bool:
        """Run the plugin again, without the terminal: by now a screen may be up."""
        with self._lock:
            if time.monotonic() - self._renewed_at > _ONE_RENEWAL:
                self._interactive = False
                self._issued = plugin.issue(self._access)
                self._renewed_at = time.monotonic()
        return True

    def _current(self) -> plugin.Issued:
        with self._lock:
            expires = self._issued.expires if self._issued else None
            if self._issued is None or (expires is not None and expires - _EARLY <= datetime.now(UTC)):
                self._issued = plugin.issue(self._access, self._interactive)
                self._interactive = False
            return self._issued


def credential_of(access: Access, interactive: bool = False) -> Credential:
    """Choose as client-go does: token file, token, user and password, plugin; raises ConfigError for the rest."""
    user = access.user
    hint = f"the credentials of user {access.user_name} in {access.source} may be out of date"
    if user.get("tokenFile"):
        return TokenFile(Path(user["tokenFile"]))
    if user.get("token"):
        return Fixed(Password(f"Bearer {user['token']}"), hint)
    if user.get("username"):
        pair = f"{user['username']}:{user.get('password', '')}".encode()
        return Fixed(Password(f"Basic {base64.b64encode(pair).decode()}"), hint)
    if user.get("exec"):
        return Plugin(access, interactive)
    if user.get("auth-provider"):
        return _provider(access)
    return Fixed(None, hint)


def _provider(access: Access) -> Credential:
    provider = access.user["auth-provider"]
    name = provider.get("name", "") if isinstance(provider, dict) else ""
    config = (provider.get("config") or {}) if isinstance(provider, dict) else {}
    who = f"{access.source}: user {access.user_name}"
    if name != "oidc":
        raise ConfigError(f"{who} uses the auth provider {name}, which kubectl gave up in 1.26; use its exec plugin")
    token = str(config.get("id-token") or "")
    if not token or _expired(token):
        raise ConfigError(f"{who} has no valid OIDC token; run any kubectl command to renew it, then start again")
    return Fixed(Password(f"Bearer {token}"), "run any kubectl command to renew the OIDC token, then start again")


def _expired(token: str) -> bool:
    """Is the JWT's `exp` (RFC 7519, section 4.1.4) in the past? False where it cannot be read."""
    payload = token.partition(".")[2].partition(".")[0]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"]) <= time.time()
    except (binascii.Error, ValueError, KeyError, TypeError):
        return False
