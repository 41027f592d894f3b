"""Logins that show no secret, and pull Secrets as they were read."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

DOCKER_CONFIG_JSON = "kubernetes.io/dockerconfigjson"
DOCKER_CFG = "kubernetes.io/dockercfg"

_PROCESS_KEY = os.urandom(32)


class Password:
    """A password that hides itself: `repr`, `str`, formatting, pickling and comparison show nothing.

    Holds text; bytes that are not UTF-8 are kept by `surrogateescape`. Call `reveal()` only where it is sent.
    """

    __slots__ = ("_digest", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._digest = b""

    def reveal(self) -> str:
        """Return the plain password."""
        return self._text

    def digest(self) -> bytes:
        """Return a fingerprint keyed with a random key of this process: good for equality, useless elsewhere."""
        if not self._digest:
            # Here, since the first picture does not wait for what only a scan needs.
            import hashlib
            import hmac

            said = self._text.encode("utf-8", "surrogateescape")
            self._digest = hmac.new(_PROCESS_KEY, said, hashlib.sha256).digest()
        return self._digest

    def trailing_white_space(self) -> str:
        """Name the white space that the password ends in: `a line break`, `a blank`, ..., or an empty text."""
        end = self._text[len(self._text.rstrip()) :]
        if not end:
            return ""
        return "a line break" if "\n" in end or "\r" in end else "a blank" if end == " " else "white space"

    def padded(self) -> bool:
        """Return True if there is white space at either end."""
        return self._text != self._text.strip()

    def margins(self) -> tuple[str, str]:
        """Return the white space at the beginning and at the end; of nothing but white space, all as the beginning."""
        begin = len(self._text) - len(self._text.lstrip())
        return self._text[:begin], self._text[begin:][len(self._text[begin:].rstrip()) :]

    def stripped(self) -> "Password":
        """Return the password without white space at its ends."""
        return Password(self._text.strip())

    def __bool__(self) -> bool:
        return bool(self._text)

    def __eq__(self, other: object) -> bool:
        from hmac import compare_digest

        return isinstance(other, Password) and compare_digest(self.digest(), other.digest())

    def __hash__(self) -> int:
        return hash(self.digest())

    def __repr__(self) -> str:
        return "Password(••••••)"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __reduce__(self) -> str:
        raise TypeError("a password is never pickled")


IDENTITY_USER = "<token>"
"""The user name under which docker and its credential helpers keep an identity token."""


class OriginKind(StrEnum):
    """Where a login came from."""

    SECRET = "secret"
    FORM = "form"
    DOCKER_CONFIG = "docker config"
    HELPER = "credential helper"
    ENVIRONMENT = "environment"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a login came from, precisely enough to point at it."""

    kind: OriginKind
    where: str
    """`namespace/name` of the Secret, path of the docker config, name of the helper or variable."""
    key: str = ""
    """The registry key it stands under, as written."""


@dataclass(frozen=True, slots=True)
class Login:
    """A user name with its hidden password. Equality is user name and password; the origin does not count."""

    username: str
    password: Password
    origin: Origin = field(compare=False)
    identity: bool = False
    """The password is an identity token (an OAuth2 refresh token): a token service takes it, no kubelet sends it."""


def shown_key(key: str) -> str:
    """Return a registry key without its user part, which may hold a password (`https://robot:secret@host`)."""
    return re.sub(r"^([A-Za-z][A-Za-z0-9+.-]*://)?[^/]*@", r"\1…@", key)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a docker config as the kubelet reads it."""

    key: str
    """The registry key as written."""
    login: Login
    """As the kubelet would send it: `auth` wins over username and password; may be empty on both sides."""
    has_auth: bool
    disagrees: bool
    """`auth` and username/password are both there and differ."""
    token_only: bool
    """Only `identitytoken` or `registrytoken`, which the kubelet does not read."""
    email: str = ""
    beside: Login | None = None
    """Where they disagree: what user name and password say beside `auth`, which the kubelet does not send."""


@dataclass(frozen=True, slots=True)
class PayloadFault:
    """Why the kubelet cannot read a Secret's payload."""

    kind: str
    """json_syntax, json_depth, json_type, auth_base64, auth_format."""
    text: str
    """Go's own text."""
    key: str = ""
    """The registry key at fault, where one entry is."""


@dataclass(frozen=True, slots=True)
class PullSecret:
    """A Secret as read from the API, with its payload decoded by the kubelet's rules."""

    namespace: str
    name: str
    uid: str
    resource_version: str
    type: str
    keys: tuple[str, ...]
    """Names of its data keys."""
    entries: tuple[Entry, ...]
    """What the kubelet reads; empty where it ignores the Secret or the payload is unreadable."""
    fault: PayloadFault | None = None
    ignored: str = ""
    """Why the kubelet skips this Secret without a word (type, key, empty value); empty where it reads it."""
    immutable: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[str, ...] = ()
    """ownerReferences as `Kind/name`."""
    hints: tuple[str, ...] = ()
    """What a repair could read though the kubelet does not: `opaque`, `other_key`, `double_base64`, `legacy_shape`."""
