"""The three patch formats, as the real server applies them.

JSON Patch: RFC 6902. Merge patch: RFC 7386. Strategic merge: lists with a merge key are merged element by element, all
others replaced. `imagePullSecrets` merges by name in a pod spec and is replaced in a ServiceAccount
(k8s.io/api core/v1 types.go: no patchStrategy there).
"""

import copy
from typing import Any

from checks.demo.api.problems import Obj, bad_request, patch_failed, unsupported_media

JSON_PATCH = "application/json-patch+json"
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"

_MERGE_KEYS = {
    "containers": "name",
    "initContainers": "name",
    "ephemeralContainers": "name",
    "volumes": "name",
    "env": "name",
    "imagePullSecrets": "name",
    "secrets": "name",
    "ownerReferences": "uid",
    "conditions": "type",
    "volumeMounts": "mountPath",
}


def apply(media_type: str, current: Obj, patch: Any, plural: str) -> Obj:
    """Return the patched object; raises 400, 415 or 422 as the server would."""
    if media_type == JSON_PATCH:
        return _json_patch(current, patch)
    if not isinstance(patch, dict):
        raise bad_request("error decoding patch: json: cannot unmarshal array into Go value of type map[string]")
    if media_type == MERGE_PATCH:
        return _object(_merge(current, patch))
    if media_type == STRATEGIC:
        atomic = {"imagePullSecrets"} if plural == "serviceaccounts" else set()
        return _object(_strategic(current, patch, atomic))
    raise unsupported_media()


def _object(value: Any) -> Obj:
    if not isinstance(value, dict):
        raise patch_failed()
    return value


def _merge(current: Any, patch: Any) -> Any:
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    merged = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _strategic(current: Any, patch: Obj, atomic: set[str]) -> Obj:
    merged = dict(current) if isinstance(current, dict) else {}
    for key, value in patch.items():
        if key.startswith("$"):
            continue
        merge_key = None if key in atomic else _MERGE_KEYS.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict):
            merged[key] = _strategic(merged.get(key), value, atomic)
        elif isinstance(value, list) and merge_key and all(isinstance(item, dict) for item in value):
            merged[key] = _merge_list(merged.get(key) or [], value, merge_key, atomic)
        else:
            merged[key] = copy.deepcopy(value)
    return merged


def _merge_list(current: list[Obj], patch: list[Obj], key: str, atomic: set[str]) -> list[Obj]:
    merged = list(current)
    for item in patch:
        place = next((i for i, have in enumerate(merged) if have.get(key) == item.get(key)), None)
        if item.get("$patch") == "delete":
            merged = [have for have in merged if have.get(key) != item.get(key)]
        elif place is None:
            merged.append(_strategic({}, item, atomic))
        else:
            merged[place] = _strategic(merged[place], item, atomic)
    return merged


def _json_patch(current: Obj, patch: Any) -> Obj:
    if not isinstance(patch, list):
        raise bad_request("error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch")
    document = copy.deepcopy(current)
    for operation in patch:
        try:
            document = _operate(document, operation)
        except (KeyError, IndexError, ValueError, TypeError) as error:
            raise patch_failed() from error
    return _object(document)


def _operate(document: Any, operation: Obj) -> Any:
    name, path = operation["op"], _pointer(operation["path"])
    if name == "test":
        if _read(document, path) != operation.get("value"):
            raise ValueError("test failed")
        return document
    if name == "remove":
        return _remove(document, path)
    if name == "replace":
        _read(document, path)
        return _write(document, path, copy.deepcopy(operation["value"]), insert=False)
    if name == "add":
        return _write(document, path, copy.deepcopy(operation["value"]), insert=True)
    if name in ("copy", "move"):
        source = _pointer(operation["from"])
        value = copy.deepcopy(_read(document, source))
        document = _remove(document, source) if name == "move" else document
        return _write(document, path, value, insert=True)
    raise ValueError("unknown operation")


def _pointer(path: str) -> list[str]:
    if path and not path.startswith("/"):
        raise ValueError("not a pointer")
    return [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]


def _step(value: Any, part: str) -> Any:
    if isinstance(value, list):
        return value[_index(part)]
    return value[part]


def _index(part: str) -> int:
    if not part.isdigit():
        raise ValueError("not an index")
    return int(part)


def _read(document: Any, path: list[str]) -> Any:
    for part in path:
        document = _step(document, part)
    return document


def _write(document: Any, path: list[str], value: Any, *, insert: bool) -> Any:
    if not path:
        return value
    parent, last = _read(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        parent[last] = value
    elif last == "-":
        parent.append(value)
    elif insert:
        if _index(last) > len(parent):
            raise IndexError(last)
        parent.insert(_index(last), value)
    else:
        parent[_index(last)] = value
    return document


def _remove(document: Any, path: list[str]) -> Any:
    parent, last = _read(document, path[:-1]), path[-1]
    if isinstance(parent, dict):
        del parent[last]
    else:
        del parent[_index(last)]
    return document
