"""Pods as the table that `kubectl get pods` shows (kubernetes `pkg/printers/internalversion/printers.go`, printPod)."""

from typing import Any

from checks.demo.api.problems import Obj

_COLUMNS = (
    ("Name", "string", "name", "Name must be unique within a namespace.", 0),
    ("Ready", "string", "", "The aggregate readiness state of this pod for accepting traffic.", 0),
    ("Status", "string", "", "The aggregate status of the containers in this pod.", 0),
    ("Restarts", "string", "", "The number of times the containers in this pod have been restarted.", 0),
)


def render(pods: list[Obj], meta: Obj, include: str) -> Obj:
    """Return a `Table` with the columns that matter here; `include` is None, Metadata or Object."""
    columns = [
        {"name": name, "type": kind, "format": form, "description": text, "priority": priority}
        for name, kind, form, text, priority in _COLUMNS
    ]
    rows = [_row(pod, include) for pod in pods]
    head = {"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": meta}
    return head | {"columnDefinitions": columns, "rows": rows}


def _row(pod: Obj, include: str) -> Obj:
    restarts = sum(status.get("restartCount", 0) for status in _statuses(pod, "containerStatuses"))
    row: Obj = {"cells": [pod["metadata"]["name"], _ready(pod), status_word(pod), str(restarts)]}
    if include == "Object":
        row["object"] = pod
    elif include != "None":
        head = {"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1"}
        row["object"] = head | {"metadata": pod["metadata"]}
    return row


def _statuses(pod: Obj, name: str) -> list[Obj]:
    return (pod.get("status") or {}).get(name) or []


def _sidecars(pod: Obj) -> set[str]:
    return {c["name"] for c in pod["spec"].get("initContainers") or () if c.get("restartPolicy") == "Always"}


def _ready(pod: Obj) -> str:
    sidecars = _sidecars(pod)
    total = len(pod["spec"]["containers"]) + len(sidecars)
    ready = sum(bool(status.get("ready")) for status in _statuses(pod, "containerStatuses"))
    ready += sum(
        bool(status.get("ready")) for status in _statuses(pod, "initContainerStatuses") if status["name"] in sidecars
    )
    return f"{ready}/{total}"


def status_word(pod: Obj) -> str:
    """Return what kubectl prints under STATUS."""
    word = pod.get("status", {}).get("phase", "Unknown")
    initializing, init_word = _init_word(pod)
    waits = initializing and not _initialized(pod)
    word = init_word if waits else _container_word(pod) or word
    return "Terminating" if pod["metadata"].get("deletionTimestamp") else word


def _initialized(pod: Obj) -> bool:
    conditions = pod.get("status", {}).get("conditions") or []
    return any(c["type"] == "Initialized" and c["status"] == "True" for c in conditions)


def _init_word(pod: Obj) -> tuple[bool, str]:
    containers = pod["spec"].get("initContainers") or []
    sidecars = _sidecars(pod)
    for place, status in enumerate(_statuses(pod, "initContainerStatuses")):
        state = status.get("state") or {}
        if state.get("terminated", {}).get("exitCode") == 0:
            continue
        if status["name"] in sidecars and status.get("started"):
            continue
        reason = _reason(state)
        if reason and reason != "PodInitializing":
            return True, f"Init:{reason}"
        return True, f"Init:{place}/{len(containers)}"
    return False, ""


def _container_word(pod: Obj) -> str:
    word, running = "", False
    for status in reversed(_statuses(pod, "containerStatuses")):
        state = status.get("state") or {}
        reason = _reason(state)
        word = reason or word
        running = running or bool(status.get("ready") and "running" in state)
    return "Running" if word == "Completed" and running else word


def _reason(state: dict[str, Any]) -> str:
    for name in ("waiting", "terminated"):
        if name in state:
            return str(state[name].get("reason") or "")
    return ""
