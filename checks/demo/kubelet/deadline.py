"""`activeDeadlineSeconds`: how long a pod has left, and its status once that is over (kubelet/active_deadline.go)."""

from datetime import datetime

from checks.demo.api.problems import Obj
from checks.demo.kubelet.statuses import LISTS

_GONE = {
    "exitCode": 137,
    "reason": "ContainerStatusUnknown",
    "message": "The container could not be located when the pod was terminated",
}


def left(pod: Obj, now: datetime) -> float | None:
    """Return the seconds that a pod has left, negative once it is over, or None where it has no deadline."""
    limit = pod["spec"].get("activeDeadlineSeconds")
    if not isinstance(limit, int):
        return None
    born = datetime.fromisoformat(pod["metadata"]["creationTimestamp"])
    return limit - (now - born).total_seconds()


def exceeded(pod: Obj) -> Obj:
    """Return the status of a pod whose time was up: it failed, and nobody knows its containers any more."""
    status: Obj = dict(pod.get("status") or {})
    for field in LISTS.values():
        if field in status:
            status[field] = [_gone(entry) for entry in status[field]]
    why = "Pod was active on the node longer than the specified deadline"
    return status | {"phase": "Failed", "reason": "DeadlineExceeded", "message": why}


def _gone(entry: Obj) -> Obj:
    if "terminated" in entry["state"]:
        return entry
    return entry | {"state": {"terminated": dict(_GONE)}, "ready": False, "started": False}
