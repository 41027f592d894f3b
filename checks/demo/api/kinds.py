"""The resources that the pretend API server serves, and what its discovery documents say about them."""

from dataclasses import dataclass
from typing import Any

VERBS = ("create", "delete", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource: where it lives in the URL space and how its objects are labelled."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool = True
    subresources: tuple[str, ...] = ()
    spec_versioned: bool = False
    """True where a change of `spec` raises `metadata.generation`."""

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`, ..."""
        return f"{self.group}/{self.version}" if self.group else self.version


_RESOURCES = (
    Resource("", "v1", "pods", "Pod", subresources=("status", "ephemeralcontainers"), spec_versioned=True),
    Resource("", "v1", "secrets", "Secret"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount"),
    Resource("", "v1", "namespaces", "Namespace", namespaced=False),
    Resource("", "v1", "nodes", "Node", namespaced=False, subresources=("status",)),
    Resource("", "v1", "events", "Event"),
    Resource("apps", "v1", "deployments", "Deployment", subresources=("status",), spec_versioned=True),
    Resource("apps", "v1", "replicasets", "ReplicaSet", subresources=("status",), spec_versioned=True),
    Resource("apps", "v1", "controllerrevisions", "ControllerRevision"),
    Resource("apps", "v1", "statefulsets", "StatefulSet", subresources=("status",), spec_versioned=True),
    Resource("apps", "v1", "daemonsets", "DaemonSet", subresources=("status",), spec_versioned=True),
    Resource("batch", "v1", "jobs", "Job", subresources=("status",), spec_versioned=True),
    Resource("batch", "v1", "cronjobs", "CronJob", subresources=("status",), spec_versioned=True),
    Resource(
        *("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget"), subresources=("status",), spec_versioned=True
    ),
)

BY_PLURAL: dict[str, Resource] = {resource.plural: resource for resource in _RESOURCES}

REVIEWS = {
    ("authorization.k8s.io", "v1", "selfsubjectaccessreviews"): "SelfSubjectAccessReview",
    ("authentication.k8s.io", "v1", "selfsubjectreviews"): "SelfSubjectReview",
}


def find(group: str, version: str, plural: str) -> Resource | None:
    """Return the resource at this place of the URL space."""
    resource = BY_PLURAL.get(plural)
    return resource if resource and (resource.group, resource.version) == (group, version) else None


def versions() -> dict[str, Any]:
    """Return the answer to `GET /api`."""
    return {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": []}


def groups() -> dict[str, Any]:
    """Return the answer to `GET /apis`."""
    names = {r.group: r.version for r in _RESOURCES if r.group} | {key[0]: key[1] for key in REVIEWS}
    listed = [
        {"name": name, "versions": [entry], "preferredVersion": entry}
        for name, version in names.items()
        for entry in [{"groupVersion": f"{name}/{version}", "version": version}]
    ]
    return {"kind": "APIGroupList", "apiVersion": "v1", "groups": listed}


def resources(group: str, version: str) -> dict[str, Any] | None:
    """Return the answer to `GET /api/v1` or `/apis/GROUP/VERSION`, or None where nothing is served there."""
    listed = [row for r in _RESOURCES if (r.group, r.version) == (group, version) for row in _rows(r)]
    listed += [
        {"name": plural, "singularName": "", "namespaced": False, "kind": kind, "verbs": ["create"]}
        for (g, v, plural), kind in REVIEWS.items()
        if (g, v) == (group, version)
    ]
    if not listed:
        return None
    name = f"{group}/{version}" if group else version
    return {"kind": "APIResourceList", "apiVersion": "v1", "groupVersion": name, "resources": listed}


def _rows(resource: Resource) -> list[dict[str, Any]]:
    row = {"singularName": resource.kind.lower(), "namespaced": resource.namespaced, "kind": resource.kind}
    whole = {"name": resource.plural, "verbs": list(VERBS)} | row
    parts = [
        row | {"name": f"{resource.plural}/{part}", "verbs": ["get", "patch", "update"], "singularName": ""}
        for part in resource.subresources
    ]
    return [whole, *parts]
