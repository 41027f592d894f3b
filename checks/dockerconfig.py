"""Pull Secrets as the kubelet reads them, and what a repair could read besides.

A Secret counts only if its type and its data key are both right, letter for letter, and the value is not empty;
every other Secret is skipped without a word.
Source: kubernetes 1.34 `pkg/credentialprovider/secrets/secrets.go`.
"""

from collections.abc import Mapping
from typing import Any

from checks.credentials import Entry, Origin, OriginKind, PayloadFault, PullSecret
from checks.dockerpayload import DATA_KEYS, PayloadError, decode
from checks.errors import UsageError
from checks.gotext import Base64Error, decode_base64
from checks.salvage import Finds, salvage_payloads


def read_secret(obj: Mapping[str, Any]) -> PullSecret:
    """Read a Secret from its JSON form (`stringData` counts as in `kubectl apply`).

    Raises UsageError if the object has not the shape of a Secret or its data is not base64.
    """
    meta, secret_type, data = _mapping(obj, "metadata"), _type(obj), secret_data(obj)
    ignored = _why_ignored(secret_type, data)
    entries, fault = ((), None) if ignored else _decoded(secret_type, data, _origin(obj))
    return PullSecret(
        namespace=_text(meta, "namespace"),
        name=_text(meta, "name"),
        uid=_text(meta, "uid"),
        resource_version=_text(meta, "resourceVersion"),
        type=secret_type,
        keys=tuple(data),
        entries=entries,
        fault=fault,
        ignored=ignored,
        immutable=obj.get("immutable") is True,
        labels=_texts(meta, "labels"),
        annotations=_texts(meta, "annotations"),
        owners=_owners(meta),
        hints=() if entries else _finds(obj, data).hints,
    )


def salvage(obj: Mapping[str, Any]) -> tuple[Entry, ...]:
    """Return the entries that a repair could read, whether or not the kubelet reads them; empty if there are none.

    Takes and raises what `read_secret` does.
    """
    return read_secret(obj).entries or _finds(obj, secret_data(obj)).entries


def secret_data(obj: Mapping[str, Any]) -> dict[str, bytes]:
    """Return the decoded data of a Secret, `stringData` over `data`. Raises UsageError."""
    data = {str(key): _from_base64(obj, f"data.{key}", value) for key, value in _mapping(obj, "data").items()}
    for key, value in _mapping(obj, "stringData").items():
        data[str(key)] = _plain(obj, f"stringData.{key}", value)
    return data


def _plain(obj: Mapping[str, Any], field: str, value: object) -> bytes:
    if not isinstance(value, str | None):
        raise UsageError(f"The value under {field} of {_called(obj)} is not a string.")
    return (value or "").encode("utf-8", "replace")


def _from_base64(obj: Mapping[str, Any], field: str, value: object) -> bytes:
    try:
        return decode_base64(_plain(obj, field, value))
    except Base64Error as error:
        raise UsageError(f"The value under {field} of {_called(obj)} is not base64: {error}.") from None


def _decoded(
    secret_type: str, data: Mapping[str, bytes], origin: Origin
) -> tuple[tuple[Entry, ...], PayloadFault | None]:
    try:
        return decode(data[DATA_KEYS[secret_type]], secret_type, origin), None
    except PayloadError as error:
        return (), error.fault


def _finds(obj: Mapping[str, Any], data: Mapping[str, bytes]) -> Finds:
    return salvage_payloads(_type(obj), data, _origin(obj))


def _why_ignored(secret_type: str, data: Mapping[str, bytes]) -> str:
    key = DATA_KEYS.get(secret_type)
    if key is None:
        types = " and ".join(DATA_KEYS)
        return f"the Secret has type {secret_type}, and the kubelet reads pull Secrets of type {types} only"
    if key not in data:
        return f"the Secret has no data key {key}, and of type {secret_type} the kubelet reads no other"
    return "" if data[key] else f"the value under {key} is empty, so the kubelet skips the Secret"


def _type(obj: Mapping[str, Any]) -> str:
    """The type; a manifest without one becomes Opaque in the API server."""
    return _text(obj, "type") or "Opaque"


def _origin(obj: Mapping[str, Any]) -> Origin:
    meta = _mapping(obj, "metadata")
    return Origin(OriginKind.SECRET, "/".join(filter(None, (_text(meta, "namespace"), _text(meta, "name")))))


def _called(obj: Mapping[str, Any]) -> str:
    name = _text(_mapping(obj, "metadata"), "name")
    return f"Secret {name}" if name else "a Secret without name"


def _mapping(obj: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = obj.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise UsageError(f"The field {name} of a Secret is not a mapping.")
    return value


def _text(obj: Mapping[str, Any], name: str) -> str:
    value = obj.get(name)
    return value if isinstance(value, str) else ""


def _texts(meta: Mapping[str, Any], name: str) -> dict[str, str]:
    return {str(key): str(value) for key, value in _mapping(meta, name).items()}


def _owners(meta: Mapping[str, Any]) -> tuple[str, ...]:
    owners = meta.get("ownerReferences")
    listed = owners if isinstance(owners, list | tuple) else ()
    return tuple(f"{_text(owner, 'kind')}/{_text(owner, 'name')}" for owner in listed if isinstance(owner, Mapping))
