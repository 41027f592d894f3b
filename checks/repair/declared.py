"""What a person declared about an object: the fields that a repair may touch, that undo restores and judges by.

Everything else (uid, resourceVersion, generation, managedFields, status) belongs to the cluster and cannot come back.
"""

import copy
from typing import Any

from checks.repair.kinds import HARBOR, WORKLOADS, container_images, template, template_path

OURS = "harbor-doctor/"
"""Prefix of our own labels and annotations."""

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"

_CLUSTERS_OWN = ("deployment.kubernetes.io/", "deprecated.daemonset.template.generation", OURS)
"""Annotations that controllers count in: they change by themselves after every rollout."""

_SERVER_SET = (
    "uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "selfLink",
    "deletionTimestamp", "deletionGracePeriodSeconds",
)  # fmt: skip

Fields = dict[tuple[str, ...], Any]
"""Path of a declared field → its value; absent and empty are the same and are left out."""


def declared(kind: str, body: dict[str, Any] | None) -> Fields | None:
    """Take an object's declared fields, one by one; None for an object that is not there."""
    if body is None:
        return None
    meta = body.get("metadata") or {}
    fields: Fields = {}
    for name in ("labels", "annotations"):
        fields |= {("metadata", name, key): text for key, text in (meta.get(name) or {}).items() if _counts(key)}
    fields |= _content(kind, body)
    return {path: value for path, value in fields.items() if value not in (None, [], False)}


def _counts(key: str) -> bool:
    return not key.startswith(_CLUSTERS_OWN)


def _content(kind: str, body: dict[str, Any]) -> Fields:
    if kind == "Secret":
        whole: Fields = {("data", key): value for key, value in (body.get("data") or {}).items()}
        return whole | {("type",): body.get("type") or "Opaque", ("immutable",): body.get("immutable")}
    if kind == "ServiceAccount":
        return {("imagePullSecrets",): body.get("imagePullSecrets")}
    if kind in HARBOR:
        return {("spec", key): value for key, value in (body.get("spec") or {}).items()}
    if kind in WORKLOADS:
        return {template_path(kind): template(kind, body)}
    return {("spec", *where, "image"): image for where, image in container_images(kind, body).items()}


def with_fields(body: dict[str, Any], changes: Fields) -> dict[str, Any]:
    """Return a copy of `body` with these fields set; a value of None takes the field out."""
    changed = copy.deepcopy(body)
    for path, value in changes.items():
        holder: Any = changed
        for key in path[:-1]:
            holder = _inside(holder, key)
        if value is None:
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = copy.deepcopy(value)
    return changed


def _inside(holder: Any, key: str) -> Any:
    """Go one step into an object, or into a list of named ones; what is not there is made."""
    if isinstance(holder, list):
        named = [one for one in holder if isinstance(one, dict) and one.get("name") == key]
        holder.extend([] if named else [{"name": key}])
        return named[0] if named else holder[-1]
    if not isinstance(holder.get(key), (dict, list)):
        holder[key] = {}
    return holder[key]


def changes(before: Fields, after: Fields) -> Fields:
    """Return what leads from one to the other: path → new value, None where the field goes."""
    return {path: after.get(path) for path in {**before, **after} if before.get(path) != after.get(path)}


def for_creation(body: dict[str, Any]) -> dict[str, Any]:
    """Return a copy fit for POST: without what the API server sets itself."""
    fresh = copy.deepcopy({key: value for key, value in body.items() if key != "status"})
    fresh["metadata"] = {key: value for key, value in (fresh.get("metadata") or {}).items() if key not in _SERVER_SET}
    return fresh
