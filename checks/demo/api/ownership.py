"""`managedFields`: who wrote which field last, one entry for a manager and subresource (server-side tracking).

Coarser than the real server's in one point: lists are one field, as it treats the lists that matter here anyway.
"""

from typing import Any

from checks.demo.api.problems import Obj

_UNTRACKED = {
    *("name", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "apiVersion", "kind"),
}
_MAPS = ("data", "labels", "annotations")
"""Maps whose keys have owners of their own, besides the map itself."""


def record(new: Obj, old: Obj | None, manager: str, subresource: str, now: str) -> list[Obj]:
    """Return the entries after `manager` changed `old` (None: created) into `new`."""
    changed = _changed(_tracked(new), _tracked(old or {}))
    entries = list((old or {}).get("metadata", {}).get("managedFields") or [])
    if not changed:
        return entries
    mine = next((e for e in entries if (e["manager"], e.get("subresource", "")) == (manager, subresource)), None)
    others = [entry for entry in entries if entry is not mine]
    others = [entry | {"fieldsV1": _without(entry["fieldsV1"], changed)} for entry in others]
    entry: Obj = {"manager": manager, "operation": "Update", "apiVersion": new["apiVersion"], "time": now}
    entry |= {"fieldsType": "FieldsV1", "fieldsV1": _union(mine["fieldsV1"] if mine else {}, changed)}
    if subresource:
        entry["subresource"] = subresource
    return [*(other for other in others if other["fieldsV1"]), entry]


def _tracked(obj: Obj) -> Obj:
    top = {key: value for key, value in obj.items() if key not in ("apiVersion", "kind", "metadata")}
    meta = {key: value for key, value in obj.get("metadata", {}).items() if key not in _UNTRACKED}
    top = {key: value for key, value in top.items() if value not in ({}, None)}
    return top | {"metadata": meta} if meta else top


def _changed(new: Any, old: Any) -> Obj:
    fields: Obj = {}
    for key in {**new, **old}:
        have, had = new.get(key), old.get(key)
        if have == had:
            continue
        deeper = _changed(have, had if isinstance(had, dict) else {}) if isinstance(have, dict) else {}
        if have is not None:
            whole: Obj = {".": {}} if key in _MAPS and had is None else {}
            fields[f"f:{key}"] = whole | deeper
    return fields


def _union(one: Obj, two: Obj) -> Obj:
    return one | {key: _union(one.get(key, {}), value) for key, value in two.items()}


def _without(fields: Obj, taken: Obj) -> Obj:
    kept: Obj = {}
    for key, value in fields.items():
        if key not in taken:
            kept[key] = value
        elif value and taken[key] and (rest := _without(value, taken[key])):
            kept[key] = rest
    return kept
