"""The Kubernetes kinds that a repair reads or writes: API group, resource word, and where the pod template is."""

from typing import Any

WRITTEN = {
    "Secret": ("", "secrets"),
    "ServiceAccount": ("", "serviceaccounts"),
    "Pod": ("", "pods"),
    "Deployment": ("apps", "deployments"),
    "StatefulSet": ("apps", "statefulsets"),
    "DaemonSet": ("apps", "daemonsets"),
    "ReplicaSet": ("apps", "replicasets"),
    "Job": ("batch", "jobs"),
    "CronJob": ("batch", "cronjobs"),
}
"""Kind → (API group, resource)."""

HARBOR = frozenset({"Robot", "Member", "Project"})
"""Kinds that live in Harbor, not in the cluster: the namespace of their ObjectRef is Harbor's host."""

WORKLOADS = frozenset({"Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "CronJob"})
"""Kinds whose pod template may be changed in place; a Job's is immutable."""

_TEMPLATE = {"CronJob": ("spec", "jobTemplate", "spec", "template")}


def template_path(kind: str) -> tuple[str, ...]:
    """Return the keys that lead to a workload's pod template."""
    return _TEMPLATE.get(kind, ("spec", "template"))


def dig(body: Any, *path: str) -> Any:
    """Follow keys into nested objects; None where one is missing or no object."""
    for key in path:
        if not isinstance(body, dict):
            return None
        body = body.get(key)
    return body


def template(kind: str, body: Any) -> dict[str, Any] | None:
    """Return a workload's pod template (not a copy), or None where it has none."""
    found = dig(body, *template_path(kind))
    return found if isinstance(found, dict) else None


def pull_list(holder: Any) -> tuple[str, ...]:
    """Return the names in `imagePullSecrets` of a ServiceAccount or a pod spec, as they stand, empty ones included."""
    listed = dig(holder, "imagePullSecrets") or []
    return tuple(str(dig(item, "name") or "") for item in listed)


def with_name(holder: dict[str, Any], name: str) -> dict[str, Any]:
    """Return `holder` with `name` appended to its imagePullSecrets; the list is atomic, so nothing may be lost."""
    return {**holder, "imagePullSecrets": [*(holder.get("imagePullSecrets") or []), {"name": name}]}


def list_holder(kind: str, body: Any) -> dict[str, Any]:
    """Return what carries `imagePullSecrets`: a ServiceAccount itself, else the pod spec; empty where there is none."""
    path = {"ServiceAccount": (), "Pod": ("spec",)}.get(kind, (*template_path(kind), "spec"))
    found = dig(body, *path)
    return found if isinstance(found, dict) else {}


def spec_path(kind: str) -> tuple[str, ...]:
    """Return the keys that lead to a pod spec: a pod's own, or that of a workload's template."""
    return ("spec",) if kind == "Pod" else (*template_path(kind), "spec")


CONTAINERS = ("containers", "initContainers")
"""Lists of a pod spec whose images can be changed, in a live pod as well (Kubernetes API, pod update rules)."""


def container_images(kind: str, body: Any) -> dict[tuple[str, str], str]:
    """Return the image of each container by its list and name; empty for kinds that hold none."""
    if kind != "Pod" and kind not in WORKLOADS:
        return {}
    spec = dig(body, *spec_path(kind))
    found = ((part, one) for part in CONTAINERS for one in dig(spec, part) or () if dig(one, "name"))
    return {(part, str(one["name"])): str(one.get("image") or "") for part, one in found}


def bare_template(kind: str, body: Any) -> Any:
    """Return a workload's template without pull-secret list and images, for comparison; None for other kinds."""
    found = template(kind, body) if kind in WORKLOADS else None
    if found is None:
        return None
    spec = {key: value for key, value in (found.get("spec") or {}).items() if key != "imagePullSecrets"}
    for part in CONTAINERS:
        if isinstance(spec.get(part), list):
            spec[part] = [_imageless(one) for one in spec[part]]
    return {**found, "spec": spec}


def _imageless(container: Any) -> Any:
    return {k: v for k, v in container.items() if k != "image"} if dig(container, "name") else container


def robot_project(body: Any) -> str | None:
    """Return the Harbor project of a robot account, empty for one of the system; None where the body does not tell."""
    if dig(body, "spec", "level") == "system":
        return ""
    blocks = dig(body, "spec", "permissions")
    name = dig(blocks[0], "namespace") if isinstance(blocks, list) and blocks else None
    return name if isinstance(name, str) and name else None
