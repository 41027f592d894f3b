"""Pod statuses as a kubelet writes them (kubernetes `pkg/kubelet/kubelet_pods.go`).

A container that waits and never ran keeps the pod Pending, even if its siblings run; ephemeral containers never count.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from checks.demo.api.problems import Obj

LISTS = {
    "initContainers": "initContainerStatuses",
    "containers": "containerStatuses",
    "ephemeralContainers": "ephemeralContainerStatuses",
}
_NEVER = "1970-01-01T00:00:00Z"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How the start of one container went; `reason` is empty where it runs."""

    reason: str = ""
    message: str = ""
    image: str = ""
    """What was pulled last: the container's image, or that of a volume it mounts."""
    ended: bool = False
    """The image is there, and the container ended as soon as it was started."""

    @property
    def ok(self) -> bool:
        """It runs."""
        return not self.reason


def containers(pod: Obj) -> Iterator[tuple[str, Obj]]:
    """Yield every container with the name of its list in the spec."""
    for name in LISTS:
        for container in pod["spec"].get(name) or ():
            yield name, container


def find(pod: Obj, listed: str, name: str) -> Obj:
    """Return a container's status, or an empty one."""
    statuses = (pod.get("status") or {}).get(LISTS[listed]) or ()
    return next((status for status in statuses if status["name"] == name), {})


def is_sidecar(listed: str, container: Obj) -> bool:
    """Tell a restartable init container from an ordinary one."""
    return listed == "initContainers" and container.get("restartPolicy") == "Always"


def for_good(pod: Obj) -> bool:
    """Does a container of this pod that has ended stay ended?"""
    return bool(pod["spec"].get("restartPolicy") == "Never")


def is_over(pod: Obj) -> bool:
    """Has the whole pod ended?"""
    return (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed")


def is_up(pod: Obj, listed: str, container: Obj) -> bool:
    """Tell whether a container runs, or has done its work, with the image that the spec names now."""
    status = find(pod, listed, container["name"])
    state = status.get("state") or {}
    done = state.get("terminated", {}).get("exitCode") == 0 and listed == "initContainers"
    done = done or ("terminated" in state and for_good(pod))
    return done or ("running" in state and status.get("image") == container.get("image"))


def all_up(pod: Obj) -> bool:
    """Tell whether all its containers run or have done their work."""
    return all(is_up(pod, listed, container) for listed, container in containers(pod))


def shown(pod: Obj, name: str) -> tuple[str, str]:
    """Return reason and message of a container that waits; empty texts where it does not."""
    for listed, container in containers(pod):
        if container["name"] == name:
            waiting = (find(pod, listed, name).get("state") or {}).get("waiting") or {}
            return waiting.get("reason", ""), waiting.get("message", "")
    return "", ""


def write(pod: Obj, outcomes: Mapping[str, Outcome], now: str) -> Obj:
    """Return the pod's status after the outcomes of one sync; containers that were not tried keep theirs."""
    status = dict(pod.get("status") or {})
    for listed, field in LISTS.items():
        entries = [_entry(pod, listed, c, outcomes.get(c["name"]), now) for c in pod["spec"].get(listed) or ()]
        if entries:
            status[field] = entries
    status["phase"] = _phase(status, pod)
    status["conditions"] = _conditions(status, pod, now)
    status.setdefault("startTime", now)
    status.setdefault("hostIP", "192.0.2.10")
    return status


def _entry(pod: Obj, listed: str, container: Obj, outcome: Outcome | None, now: str) -> Obj:
    old = find(pod, listed, container["name"])
    entry: Obj = {"name": container["name"], "image": container.get("image", ""), "imageID": "", "lastState": {}}
    entry |= {"ready": False, "started": False, "restartCount": 0} | old
    if outcome is None:
        return entry | ({} if old else {"state": {"waiting": {"reason": _idle_reason(pod, listed)}}})
    if "running" in (old.get("state") or {}):
        entry["lastState"] = {"terminated": {"exitCode": 143, "reason": "Error", "finishedAt": now}}
        entry["restartCount"] += 1
    entry["image"] = container.get("image", "")
    if outcome.ended:
        return entry | _ended(pod, outcome, entry, now)
    if not outcome.ok:
        waiting = {"reason": outcome.reason, "message": outcome.message}
        return entry | {"state": {"waiting": waiting}, "ready": False, "started": False}
    if listed == "initContainers" and not is_sidecar(listed, container):
        ended = {"exitCode": 0, "reason": "Completed", "startedAt": now, "finishedAt": now}
        return entry | {"state": {"terminated": ended}, "ready": True}
    up = listed != "ephemeralContainers"
    return entry | {"state": {"running": {"startedAt": now}}, "ready": up, "started": up}


def _ended(pod: Obj, outcome: Outcome, entry: Obj, now: str) -> Obj:
    """A container that could not be started: over, or waiting to be started again."""
    text = outcome.message
    ended = {"exitCode": 128, "reason": "StartError", "message": text, "startedAt": _NEVER, "finishedAt": now}
    if for_good(pod):
        return {"state": {"terminated": ended}, "ready": False, "started": False}
    reason = "RunContainerError" if outcome.reason == "StartError" else outcome.reason
    more = {"lastState": {"terminated": ended}, "restartCount": entry["restartCount"] + 1}
    return more | {"state": {"waiting": {"reason": reason, "message": text}}, "ready": False, "started": False}


def _idle_reason(pod: Obj, listed: str) -> str:
    first = listed == "ephemeralContainers" or not pod["spec"].get("initContainers")
    return "ContainerCreating" if first else "PodInitializing"


def _phase(status: Obj, pod: Obj) -> str:
    if not _initialized(status, pod):
        return "Pending"
    entries = status.get("containerStatuses") or []
    ended = [entry["state"].get("terminated") for entry in entries]
    if ended and all(ended):
        return "Failed" if any(one["exitCode"] for one in ended) else "Succeeded"
    for entry in entries:
        if "waiting" in entry["state"] and "terminated" not in (entry.get("lastState") or {}):
            return "Pending"
    return "Running"


def _initialized(status: Obj, pod: Obj) -> bool:
    before = {c["type"]: c["status"] for c in (pod.get("status") or {}).get("conditions") or ()}
    if before.get("Initialized") == "True":
        return True
    entries = status.get("initContainerStatuses") or []
    return all("terminated" in e["state"] or ("running" in e["state"] and e["started"]) for e in entries)


def _conditions(status: Obj, pod: Obj, now: str) -> list[Obj]:
    sidecars = [c["name"] for c in pod["spec"].get("initContainers") or () if c.get("restartPolicy") == "Always"]
    entries = list(status.get("containerStatuses") or [])
    entries += [e for e in status.get("initContainerStatuses") or () if e["name"] in sidecars]
    ready = status["phase"] == "Running" and all(entry["ready"] for entry in entries)
    wanted = {
        "PodScheduled": True,
        "Initialized": _initialized(status, pod),
        "ContainersReady": ready,
        "Ready": ready,
    }
    return [_condition(pod, kind, "True" if good else "False", now) for kind, good in wanted.items()]


def _condition(pod: Obj, kind: str, value: str, now: str) -> Obj:
    old = next((c for c in (pod.get("status") or {}).get("conditions") or () if c["type"] == kind), None)
    if old and old["status"] == value:
        return dict(old)
    condition: Obj = {"type": kind, "status": value, "lastTransitionTime": now}
    if value == "False" and kind in ("Ready", "ContainersReady"):
        condition["reason"] = "ContainersNotReady"
    return condition
