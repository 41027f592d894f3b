"""Reads what the kubelet does not: a docker config of the wrong type, under another key, encoded twice, or misshapen.

The kubelet's rules decide what happens; this only tells a repair which login the person meant.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks import gojson
from checks.credentials import DOCKER_CFG, Entry, Origin
from checks.dockerpayload import DATA_KEYS, Fields, PayloadError, decode_auth, entry, read, read_fields
from checks.gotext import Base64Error, decode_base64


@dataclass(frozen=True, slots=True)
class Finds:
    """What a repair could read of a Secret, and which wrongs stand in the kubelet's way."""

    entries: tuple[Entry, ...] = ()
    hints: tuple[str, ...] = ()
    """Of `opaque`, `other_key`, `double_base64`, `legacy_shape`."""


def salvage_payloads(secret_type: str, data: Mapping[str, bytes], origin: Origin) -> Finds:
    """Return the first docker config with entries among a Secret's values, the kubelet's own key first."""
    own = DATA_KEYS.get(secret_type)
    for key in sorted(data, key=lambda k: (k != own, k not in DATA_KEYS.values())):
        entries, wrongs = _read(data[key], origin, wants_legacy=(own or key) == DATA_KEYS[DOCKER_CFG])
        if entries:
            wrong_place = "opaque" if own is None else "other_key" if key != own else ""
            return Finds(entries, tuple(filter(None, (wrong_place, *wrongs))))
    return Finds()


def _read(payload: bytes, origin: Origin, *, wants_legacy: bool) -> tuple[tuple[Entry, ...], list[str]]:
    for document, wrongs in _documents(payload):
        for auths, is_legacy in _maps(document):
            entries = tuple(_entries(auths, origin))
            if entries:
                return entries, [*wrongs, "legacy_shape"] if is_legacy != wants_legacy else wrongs
    return (), []


def _documents(payload: bytes) -> Iterator[tuple[gojson.Node, list[str]]]:
    """The payload without the byte-order mark that some editors put in front, else decoded once more."""
    text = payload.removeprefix(b"\xef\xbb\xbf")
    try:
        yield read(text), []
    except PayloadError:
        try:
            yield read(decode_base64(text.strip())), ["double_base64"]
        except (PayloadError, Base64Error):
            return


def _maps(document: gojson.Node) -> Iterator[tuple[gojson.Node, bool]]:
    """The maps of entries in a document: under `auths`, and the document itself (the legacy shape)."""
    for name, value in document.members:
        if gojson.fold(name) == "auths":
            yield value, False
    yield document, True


def _entries(auths: gojson.Node, origin: Origin) -> Iterator[Entry]:
    for key, value in dict(auths.members).items():
        fields, _ = read_fields(key, value)
        username, password = _login(fields)
        if username or password:
            yield entry(fields, username, password, origin)


def _login(fields: Fields) -> tuple[str, str]:
    """The login that was meant: `auth` as the kubelet reads it, else without its blanks, else the plain fields."""
    for auth in (fields.auth, "".join(fields.auth.split())):
        try:
            return decode_auth(auth)
        except ValueError:
            continue
    if fields.password or ":" not in fields.auth:
        return fields.username, fields.password
    username, _, password = fields.auth.partition(":")
    return username, password
