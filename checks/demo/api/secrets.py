"""What the API server checks about Secrets (kubernetes `pkg/apis/core/validation`, confirmed with 1.34.4).

Of a pull Secret it checks that the right key holds a JSON object (or `null`) and nothing deeper: a broken `auth`
passes.
"""

import base64
import binascii
import json
import re
from typing import Any

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON
from checks.demo.api.problems import Cause, Obj, bad_request, invalid

_PULL_KEYS = {DOCKER_CONFIG_JSON: ".dockerconfigjson", DOCKER_CFG: ".dockercfg"}
_MAX_BYTES = 1024 * 1024
_FROZEN = "Forbidden: field is immutable when `immutable` is set"
_NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def prepare(obj: Obj) -> Obj:
    """Return the Secret with its default type and `stringData` merged into `data`; raises 400 for bad base64."""
    data = dict(obj.get("data") or {})
    for value in data.values():
        _decode(value)
    for key, text in (obj.get("stringData") or {}).items():
        data[key] = base64.b64encode(text.encode()).decode()
    prepared = {key: value for key, value in obj.items() if key not in ("stringData", "data")}
    prepared["type"] = obj.get("type") or "Opaque"
    return prepared | {"data": data} if data else prepared


def _decode(value: Any) -> bytes:
    text = (value or "").replace("\n", "").replace("\r", "")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        bad = _NOT_BASE64.search(text)
        place = bad.start() if bad else len(text) // 4 * 4
        why = f"illegal base64 data at input byte {place}"
        raise bad_request(f'Secret in version "v1" cannot be handled as a Secret: {why}') from error


def check(obj: Obj) -> None:
    """Raise 422 where a new Secret is not valid."""
    causes = _content_faults(obj)
    if causes:
        raise invalid("Secret", "", obj["metadata"]["name"], *causes)


def check_update(new: Obj, old: Obj) -> None:
    """Raise 422 where a change is not allowed: the type never, the content not of an immutable Secret."""
    causes = []
    if new["type"] != old["type"]:
        value = json.dumps(new["type"])
        causes.append(Cause("FieldValueInvalid", "type", f"Invalid value: {value}: field is immutable"))
    if old.get("immutable"):
        if not new.get("immutable"):
            causes.append(Cause("FieldValueForbidden", "immutable", _FROZEN))
        if (new.get("data") or {}) != (old.get("data") or {}):
            causes.append(Cause("FieldValueForbidden", "data", _FROZEN))
    causes = causes or _content_faults(new)
    if causes:
        raise invalid("Secret", "", new["metadata"]["name"], *causes)


def _content_faults(obj: Obj) -> list[Cause]:
    values = {key: _decode(value) for key, value in (obj.get("data") or {}).items()}
    if sum(len(value) for value in values.values()) > _MAX_BYTES:
        return [Cause("FieldValueTooLong", "data", f"Too long: may not be more than {_MAX_BYTES} bytes")]
    key = _PULL_KEYS.get(obj["type"])
    if key is None:
        return []
    where = f"data[{key}]"
    if key not in values:
        return [Cause("FieldValueRequired", where, "Required value")]
    fault = _json_fault(values[key])
    redacted = f'Invalid value: "<secret contents redacted>": {fault}'
    return [Cause("FieldValueInvalid", where, redacted)] if fault else []


def _json_fault(content: bytes) -> str:
    if not content.strip():
        return "unexpected end of JSON input"
    try:
        value = json.loads(content.decode("utf-8", "replace"))
    except ValueError as error:
        place = getattr(error, "pos", 0)
        text = content.decode("utf-8", "replace")
        if place >= len(text):
            return "unexpected end of JSON input"
        where = "looking for beginning of value" if place == 0 else "after top-level value"
        return f"invalid character {text[place]!r} {where}"
    if value is None or isinstance(value, dict):
        return ""
    words = {list: "array", str: "string", bool: "bool", int: "number", float: "number"}
    return f"json: cannot unmarshal {words[type(value)]} into Go value of type map[string]interface {{}}"
