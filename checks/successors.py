"""Who takes a replaced pod's place, how many of them an owner wants, and what became of a pod that is not listed."""

from typing import Any

from checks.clients.cluster import Cluster
from checks.clients.wire import Pod
from checks.errors import ClusterError
from checks.imagestep import OVER
from checks.model import ObjectRef, Pull
from checks.waiting import owner

Kin = tuple[str, str]
"""Kind and name of the owner; of a pod that nobody owns, `Pod` and its own name."""

STEADY = frozenset({"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"})
"""Owners that keep up a number of pods, none of which comes to an end by itself."""


def kin_of(pull: Pull) -> Kin:
    """Return whose pod a failing pull is of."""
    return (pull.owner.kind, pull.owner.name) if pull.owner else ("Pod", pull.pod)


def kin(pod: Pod) -> Kin:
    """Return whose pod this is."""
    found = owner(pod)
    return (found.kind, found.name) if found else ("Pod", pod.metadata.name)


def wanted(cluster: Cluster, namespace: str, whose: Kin) -> int | None:
    """Return how many pods an owner wants by now; None where that is not known."""
    kind, name = whose
    if kind not in STEADY and kind != "Job":
        return None
    try:
        body = cluster.read(ObjectRef(kind, namespace, name))
    except ClusterError:
        return None
    if body is None:
        return 0
    status = body.get("status") or {}
    if kind == "Job":
        over = any(c.get("status") == "True" and c.get("type") in ("Complete", "Failed") for c in _list(status))
        return 0 if over else None
    number = (
        status.get("desiredNumberScheduled") if kind == "DaemonSet" else (body.get("spec") or {}).get("replicas", 1)
    )
    return number if isinstance(number, int) else None


def _list(status: dict[str, Any]) -> list[dict[str, Any]]:
    return status.get("conditions") or []


def ended(cluster: Cluster, pull: Pull) -> bool | None:
    """Did a pod that is no longer listed come to its end with its images? None where it is gone or not over."""
    try:
        body = cluster.read(ObjectRef("Pod", pull.namespace, pull.pod))
    except ClusterError:
        return None
    status = (body or {}).get("status") or {}
    if body is None or body["metadata"].get("uid") != pull.pod_uid or status.get("phase") not in OVER:
        return None
    states = [each.get("state") or {} for each in status.get("containerStatuses") or ()]
    return bool(states) and all("terminated" in state for state in states)
