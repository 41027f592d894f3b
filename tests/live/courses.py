"""Pod statuses as a real kubelet wrote them, with another image in the recorded one's place."""

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from checks.image import ImageRef

Body = dict[str, Any]

_CORPUS = Path(__file__).parent.parent / "corpus" / "kubelet_pods.jsonl"


@cache
def recorded() -> Mapping[str, Body]:
    """The recorded courses by id; `states` are in order, the last is where the pod came to rest."""
    rows = (json.loads(line) for line in _CORPUS.read_text().splitlines())
    return {row["id"]: row for row in rows}


def as_recorded(course: str) -> Body:
    """Return the status that a course's pod came to rest in, its own image kept."""
    row = recorded()[course]
    seen = row["states"][-1]
    said = {"reason": seen["reason"], "message": seen["message"] or ""}
    return _status(seen["phase"], row["image"], {"waiting": said}, seen["name"])


def waiting(course: str, image: ImageRef, state: int = -1) -> Body:
    """Return a pod's status in one state of a course that waits, as if it had been about `image`."""
    row = recorded()[course]
    seen = row["states"][state]
    said = {"reason": seen["reason"], "message": _about(seen["message"], row["image"], image)}
    return _status(seen["phase"], image.written, {"waiting": said})


def waiting_for(course: str, text: str, image: str) -> Body:
    """Return the last state of a course without back-off, with another error text of the kubelet's.

    An unreadable pull Secret (kubelet 1.33 and later) makes the text the reason as well.
    """
    seen = recorded()[course]["states"][-1]
    reason = text if seen["reason"] == seen["message"] else seen["reason"]
    return _status(seen["phase"], image, {"waiting": {"reason": reason, "message": text}})


def running(image: str) -> Body:
    """Return the last state of the course of a good pod."""
    phase = recorded()["d-good"]["states"][-1]["phase"]
    return _status(phase, image, {"running": {"startedAt": "2026-11-23T21:07:42Z"}})


def _about(message: str, image: str, ours: ImageRef) -> str:
    """Put our names for the recorded ones, all in one pass: ours may contain theirs."""
    host, _, path = image.partition("/")
    repository, _, tag = path.rpartition(":")
    names = {
        image: ours.written,
        f"{host}/v2/{repository}/manifests/{tag}": f"{ours.registry}/v2/{ours.repository}/manifests/{ours.reference}",
        f"[manifests {tag}]": f"[manifests {ours.reference}]",
        host: ours.registry,
    }
    return re.sub("|".join(map(re.escape, names)), lambda match: names[match[0]], message)


def _status(phase: str, image: str, state: Body, container_name: str = "app") -> Body:
    ready = "running" in state
    container = {
        "name": container_name,
        "image": image,
        "imageID": "",
        "lastState": {},
        "ready": ready,
        "restartCount": 0,
        "started": ready,
        "state": state,
    }
    conditions = [
        {"type": name, "status": "True" if ready or name in ("Initialized", "PodScheduled") else "False"}
        for name in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "phase": phase,
        "conditions": conditions,
        "hostIP": "192.0.2.2",
        "startTime": "2026-11-23T21:07:39Z",
        "containerStatuses": [container],
    }
