"""Decodes the payload of a pull Secret as the kubelet does: which entries it holds, or Go's words for why none.

The order of complaints follows Go: the syntax of the whole document first; then entries in document order, and an
error inside one beats a wrong type at the top; inside an entry a wrong type beats a broken `auth`.
Source: kubernetes 1.34 `pkg/credentialprovider/config.go`, Go 1.24 `encoding/json`.
"""

from dataclasses import dataclass, field

from checks import gojson
from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Entry, Login, Origin, Password, PayloadFault
from checks.gotext import GO_SPACES, Base64Error, decode_base64

DATA_KEYS = {DOCKER_CONFIG_JSON: ".dockerconfigjson", DOCKER_CFG: ".dockercfg"}
"""Secret type → the only data key that the kubelet reads of it."""

_PACKAGE = "credentialprovider"
_LOGIN_FIELDS = ("username", "password", "email", "auth")
_TOKEN_FIELDS = ("identitytoken", "registrytoken")


class PayloadError(ValueError):
    """The kubelet cannot read the payload; `fault` says why. Holds no part of a login."""

    def __init__(self, fault: PayloadFault) -> None:
        super().__init__(fault.text)
        self.fault = fault


@dataclass(slots=True)
class Fields:
    """The fields of one entry as Go leaves them."""

    key: str
    username: str = field(default="", repr=False)
    password: str = field(default="", repr=False)
    email: str = ""
    auth: str = field(default="", repr=False)
    tokens: bool = False
    """There is an `identitytoken` or a `registrytoken`."""
    identity: str = field(default="", repr=False)
    """The `identitytoken`, which docker reads and the kubelet does not."""


def decode(payload: bytes, secret_type: str, origin: Origin) -> tuple[Entry, ...]:
    """Return the entries of a payload in document order; raises PayloadError where the kubelet fails."""
    node = read(payload)
    if secret_type == DOCKER_CFG:
        return tuple(_legacy(node, origin).values())
    return tuple(_modern(node, origin).values())


def read(payload: bytes) -> gojson.Node:
    """Read the payload's JSON; raises PayloadError with `json_syntax` or `json_depth`."""
    try:
        return gojson.read(payload)
    except gojson.JsonError as error:
        kind = "json_depth" if error.too_deep else "json_syntax"
        raise PayloadError(PayloadFault(kind, str(error))) from None


def decode_auth(auth: str) -> tuple[str, str]:
    """Split an `auth` field into user name and password; bytes that are not UTF-8 are kept by `surrogateescape`.

    Raises Base64Error, or ValueError with the kubelet's text where no colon is in it.
    """
    padded = auth.strip(GO_SPACES).endswith("=")
    plain = decode_base64(auth.encode("utf-8"), padded=padded).decode("utf-8", "surrogateescape")
    username, colon, password = plain.partition(":")
    if not colon:
        raise ValueError("unable to parse auth field, must be formatted as base64(username:password)")
    return username, password


def entry(fields: Fields, username: str, password: str, origin: Origin) -> Entry:
    """Make the entry that sends this login."""
    there = bool(fields.username or fields.password)
    differs = fields.username not in ("", username) or fields.password not in ("", password)
    disagrees = bool(fields.auth) and there and differs
    place = Origin(origin.kind, origin.where, fields.key)
    beside = Login(fields.username or username, Password(fields.password or password), place)
    return Entry(
        key=fields.key,
        login=Login(username, Password(password), place),
        has_auth=bool(fields.auth),
        disagrees=disagrees,
        token_only=fields.tokens and not (there or fields.auth),
        email=fields.email,
        beside=beside if disagrees else None,
    )


def _modern(node: gojson.Node, origin: Origin) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    trouble = _expect(node, "object", f"{_PACKAGE}.DockerConfigJSON")
    for name, value in node.members:
        folded = gojson.fold(name)
        if folded == "auths":
            trouble = trouble or _expect(value, "object", f"{_PACKAGE}.DockerConfig", "DockerConfigJSON.auths")
            entries = {} if value.kind == "null" else entries
            entries |= _entries(value, origin, "DockerConfigJSON.auths")
        elif folded == "httpheaders":
            trouble = trouble or _bad_headers(value)
    if trouble:
        raise PayloadError(trouble)
    return entries


def _legacy(node: gojson.Node, origin: Origin) -> dict[str, Entry]:
    trouble = _expect(node, "object", f"{_PACKAGE}.DockerConfig")
    if trouble:
        raise PayloadError(trouble)
    return _entries(node, origin, "")


def _bad_headers(node: gojson.Node) -> PayloadFault | None:
    where = "DockerConfigJSON.HttpHeaders"
    inside = (_expect(value, "string", "string", where) for _, value in node.members)
    return _expect(node, "object", "map[string]string", where) or next(filter(None, inside), None)


def _entries(node: gojson.Node, origin: Origin, path: str) -> dict[str, Entry]:
    entries: dict[str, Entry] = {}
    for key, value in node.members:
        # A later double replaces the earlier entry, but an error in the earlier one is still an error.
        entries[key] = _entry(key, value, origin, path)
    return entries


def _entry(key: str, node: gojson.Node, origin: Origin, path: str) -> Entry:
    fields, trouble = read_fields(key, node, path)
    if trouble:
        raise PayloadError(trouble)
    if not fields.auth:
        return entry(fields, fields.username, fields.password, origin)
    try:
        return entry(fields, *decode_auth(fields.auth), origin)
    except Base64Error as error:
        raise PayloadError(PayloadFault("auth_base64", str(error), key)) from None
    except ValueError as error:
        raise PayloadError(PayloadFault("auth_format", str(error), key)) from None


def read_fields(key: str, node: gojson.Node, path: str = "") -> tuple[Fields, PayloadFault | None]:
    """Read the fields of one entry, and the first wrong type among them. `path` is Go's path to the entry."""
    fields = Fields(key)
    trouble = _expect(node, "object", f"{_PACKAGE}.dockerConfigEntryWithAuth", path, key)
    for name, value in node.members:
        folded = gojson.fold(name)
        if folded in _TOKEN_FIELDS:
            fields.tokens = fields.tokens or bool(value.text)
        if folded == "identitytoken" and value.kind == "string":
            fields.identity = value.text
        if folded not in _LOGIN_FIELDS:
            continue
        where = f"{path or 'dockerConfigEntryWithAuth'}.{folded}"
        trouble = trouble or _expect(value, "string", "string", where, key)
        if value.kind == "string":
            setattr(fields, folded, value.text)
    return fields, trouble


def _expect(node: gojson.Node, kind: str, go_type: str, where: str = "", key: str = "") -> PayloadFault | None:
    if node.kind in (kind, "null"):
        return None
    place = f"Go struct field {where}" if where else "Go value"
    return PayloadFault("json_type", f"json: cannot unmarshal {node.kind} into {place} of type {go_type}", key)
