"""Writes docker configs: one entry set, every other byte left as it stands.

A fresh payload is what `kubectl create secret docker-registry` writes. Source: kubernetes 1.34
`staging/src/k8s.io/kubectl/pkg/cmd/create/create_secret_docker.go`.
"""

import base64
import json

from checks import gojson
from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Password
from checks.dockerpayload import read
from checks.errors import UsageError

_WRITTEN = ("username", "password", "email", "auth", "identitytoken", "registrytoken")
"""Fields that an entry gets anew; tokens go, since they belong to the old login."""

_Edit = tuple[int, int, bytes]
"""Bytes `start` to `end` of the payload give way to these."""


def write_dockerconfigjson(
    base: bytes | None, key: str, username: str, password: Password | str, email: str = ""
) -> bytes:
    """Return `base` with the login under the registry key `key`; other entries and unknown fields stay byte for byte.

    A `base` of None or nothing but blanks gives a fresh payload. Raises PayloadError if `base` is not JSON, and
    UsageError if the user name holds a colon, which no docker config can carry.
    """
    return write_entry(base, DOCKER_CONFIG_JSON, key, username, password, email)


def write_entry(
    base: bytes | None, secret_type: str, key: str, username: str, password: Password | str, email: str = ""
) -> bytes:
    """Do the same for a payload of either Secret type: `kubernetes.io/dockercfg` has no `auths` around its entries."""
    if ":" in username:
        raise UsageError(f"The user name {username} holds a colon, and a docker config cannot carry one.")
    plain = password.reveal() if isinstance(password, Password) else password
    fields = _fields(username, plain, email)
    if base is None or not base.strip():
        entry = _member(key, _object(fields))
        return b"{%b}" % (entry if secret_type == DOCKER_CFG else _member("auths", b"{%b}" % entry))
    document = read(base)
    if document.kind != "object":
        return write_entry(None, secret_type, key, username, password, email)
    return _spliced(base, _settings(base, document, secret_type, key, fields))


def _fields(username: str, password: str, email: str) -> list[tuple[str, str]]:
    auth = base64.b64encode(f"{username}:{password}".encode("utf-8", "surrogateescape")).decode("ascii")
    fields = [("username", username), ("password", password), ("email", email), ("auth", auth)]
    try:
        f"{username}{password}".encode()
    except UnicodeEncodeError:
        # JSON cannot carry bytes that are not UTF-8; `auth` can, and it wins anyway.
        fields = fields[2:]
    return [field for field in fields if field[1] or field[0] != "email"]


def _settings(
    base: bytes, document: gojson.Node, secret_type: str, key: str, fields: list[tuple[str, str]]
) -> list[_Edit]:
    maps = _maps(document, secret_type)
    if not maps:
        return [_insertion(document, "auths", b"{%b}" % _member(key, _object(fields)))]
    doubles = [value for auths in maps for name, value in auths.members if name == key]
    if doubles:
        return [(value.start, value.end, _renewed(base, value, fields)) for value in doubles]
    if maps[-1].kind != "object":
        return [(maps[-1].start, maps[-1].end, b"{%b}" % _member(key, _object(fields)))]
    return [_insertion(maps[-1], key, _object(fields))]


def _maps(document: gojson.Node, secret_type: str) -> list[gojson.Node]:
    """The values whose members are entries, in document order."""
    if secret_type == DOCKER_CFG:
        return [document]
    return [value for name, value in document.members if gojson.fold(name) == "auths"]


def _renewed(base: bytes, entry: gojson.Node, fields: list[tuple[str, str]]) -> bytes:
    """The new entry with the fields of the old one that nobody here knows."""
    kept = [(name, node) for name, node in entry.members if gojson.fold(name) not in _WRITTEN]
    return _object(fields, *(_member(name, base[node.start : node.end]) for name, node in kept))


def _spliced(payload: bytes, edits: list[_Edit]) -> bytes:
    for start, end, text in sorted(edits, reverse=True):
        payload = payload[:start] + text + payload[end:]
    return payload


def _insertion(container: gojson.Node, name: str, value: bytes) -> _Edit:
    comma = b"," if container.members else b""
    return container.start + 1, container.start + 1, _member(name, value) + comma


def _object(fields: list[tuple[str, str]], *more: bytes) -> bytes:
    return b"{%b}" % b",".join([*(_member(name, _string(text)) for name, text in fields), *more])


def _member(name: str, value: bytes) -> bytes:
    return _string(name) + b":" + value


def _string(text: str) -> bytes:
    """One JSON string as Go's `json.Marshal` writes it: `<`, `>`, `&` escaped."""
    written = json.dumps(text, ensure_ascii=False)
    for char in "<>&\u2028\u2029":
        written = written.replace(char, f"\\u{ord(char):04x}")
    return written.encode("utf-8", "replace")
