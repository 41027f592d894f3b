"""A pull Secret's payload, found even where the kubelet would not look, changed, and put back where it does.

Other entries, unknown fields and other data keys stay as they are (kubelet, pkg/credentialprovider/secrets).
"""

import base64
import binascii
import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from checks import gojson
from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Login
from checks.dockerpayload import DATA_KEYS, Fields, PayloadError, decode_auth, read, read_fields
from checks.dockerwrite import write_entry


@dataclass(frozen=True, slots=True)
class RawEntry:
    """One registry key with its fields, and why the kubelet cannot decode it (empty where it can)."""

    key: str
    fields: Fields
    broken: str = ""


@dataclass(frozen=True, slots=True)
class Payload:
    """A docker config taken out of a Secret."""

    text: bytes = field(repr=False)
    shape: str = DOCKER_CONFIG_JSON
    """Secret type whose shape the text has."""
    data_key: str = ""
    """Where it was found; empty: nowhere, it is new."""
    twice: bool = False
    """It was encoded in base64 twice."""

    @property
    def entries(self) -> tuple[RawEntry, ...]:
        """All entries in document order; of a key that stands twice only the last, as the kubelet reads it."""
        return tuple({key: _entry(key, node) for key, node in _hosts(read(self.text), self.shape)}.values())

    def entry(self, key: str) -> RawEntry | None:
        """Return the entry of this registry key."""
        return next((e for e in self.entries if e.key == key), None)

    def with_login(self, key: str, login: Login) -> "Payload":
        """Return the payload with this login under a registry key, added where it is not there; the e-mail stays."""
        old = self.entry(key)
        email = old.fields.email if old else ""
        return replace(self, text=write_entry(self.text, self.shape, key, login.username, login.password, email))

    def without(self, key: str) -> "Payload":
        """Return the payload without this registry key; every other value stays byte for byte."""
        document = read(self.text)
        hosts = [(name, node) for name, node in _hosts(document, self.shape) if name != key]
        return replace(self, text=_written(self.text, document, hosts, self.shape))

    def alone(self) -> "Payload":
        """Return the payload with its entries and nothing beside them."""
        hosts = dict(_hosts(read(self.text), self.shape))
        inner = _object([(name, self.text[node.start : node.end]) for name, node in hosts.items()])
        return replace(self, text=inner if self.shape == DOCKER_CFG else _object([("auths", inner)]))

    def shaped(self, shape: str) -> "Payload":
        """Return the payload in the shape of another Secret type."""
        if shape == self.shape:
            return self
        document = read(self.text)
        hosts = list(_hosts(document, self.shape))
        return replace(self, text=_written(self.text, document, hosts, shape, self.shape), shape=shape)


def empty() -> Payload:
    """Return a payload without entries."""
    return Payload(b'{"auths":{}}')


def find(body: dict[str, Any]) -> Payload | None:
    """Find a docker config in a Secret, whatever its type and data key; None where none can be read."""
    own = DATA_KEYS.get(str(body.get("type")), "")
    data = body.get("data") or {}
    for key in sorted(data, key=lambda k: (k != own, k not in DATA_KEYS.values(), k)):
        raw = _unbase64(data[key])
        for twice, text in ((False, raw), (True, _unbase64(raw))):
            shape = _shape(text, key) if text else ""
            if text and shape:
                return Payload(text, shape, key, twice)
    return None


def put(body: dict[str, Any], payload: Payload) -> dict[str, Any]:
    """Return the Secret with this payload where the kubelet reads it; its type becomes one that the kubelet reads.

    A `.dockercfg` Secret keeps its type, because a type cannot be changed in place.
    """
    kind = DOCKER_CFG if body.get("type") == DOCKER_CFG else DOCKER_CONFIG_JSON
    text = base64.b64encode(payload.shaped(kind).text).decode("ascii")
    return {**body, "type": kind, "data": {**(body.get("data") or {}), DATA_KEYS[kind]: text}}


def new_secret(namespace: str, name: str, key: str, login: Login) -> dict[str, Any]:
    """Return a pull Secret with one entry, as `kubectl create secret docker-registry` would make it."""
    head = {"apiVersion": "v1", "kind": "Secret", "metadata": {"namespace": namespace, "name": name}}
    return put(head, empty().with_login(key, login))


def _entry(key: str, node: gojson.Node) -> RawEntry:
    fields, fault = read_fields(key, node)
    try:
        if fields.auth and fault is None:
            decode_auth(fields.auth)
    except ValueError as error:
        return RawEntry(key, fields, str(error))
    return RawEntry(key, fields, fault.text if fault else "")


def _hosts(document: gojson.Node, shape: str) -> Iterator[tuple[str, gojson.Node]]:
    """The entries of a document; in the bare shape only what looks like one."""
    if shape == DOCKER_CFG:
        yield from ((name, node) for name, node in document.members if node.kind in ("object", "null"))
        return
    for name, node in document.members:
        if gojson.fold(name) == "auths":
            yield from node.members


def _shape(text: bytes, data_key: str) -> str:
    """Name the Secret type whose shape a text has; empty where it is no docker config."""
    try:
        document = read(text)
    except PayloadError:
        return ""
    if any(gojson.fold(name) == "auths" and node.kind == "object" for name, node in document.members):
        return DOCKER_CONFIG_JSON
    if any(_looks_like_entry(node) for _, node in document.members):
        return DOCKER_CFG
    return DOCKER_CONFIG_JSON if data_key == DATA_KEYS[DOCKER_CONFIG_JSON] and document.kind == "object" else ""


def _looks_like_entry(node: gojson.Node) -> bool:
    return any(gojson.fold(name) in ("auth", "username", "password") for name, _ in node.members)


def _written(
    text: bytes, document: gojson.Node, hosts: list[tuple[str, gojson.Node]], shape: str, was: str = ""
) -> bytes:
    """Write hosts and, where the shape has room for them, the other members; each value as its bytes stood."""
    inner = [(name, text[node.start : node.end]) for name, node in hosts]
    bare = DOCKER_CFG in (shape, was)
    taken = {id(node) for _, node in _hosts(document, DOCKER_CFG)} if bare else set()
    rest = [
        (name, text[node.start : node.end])
        for name, node in document.members
        if id(node) not in taken and (bare or gojson.fold(name) != "auths")
    ]
    if shape == DOCKER_CFG:
        # Beside hosts there is no room in this shape: a docker config's other settings stay behind.
        return _object([*inner, *(() if was else rest)])
    return _object([("auths", _object(inner)), *rest])


def _object(members: list[tuple[str, bytes]]) -> bytes:
    return b"{%b}" % b",".join(json.dumps(name).encode() + b":" + value for name, value in members)


def _unbase64(text: Any) -> bytes:
    raw = text if isinstance(text, bytes) else str(text or "").encode("ascii", "replace")
    try:
        return base64.b64decode(b"".join(raw.split()), validate=True)
    except (binascii.Error, ValueError):
        return b""
