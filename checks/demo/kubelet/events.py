"""Events as the kubelet records them: the same words again raise a count."""

import hashlib
import re

from checks.demo.api.objects import Objects
from checks.demo.api.problems import Obj

_MOMENT = re.compile(r"current time \S+")


def record(objects: Objects, pod: Obj, container: str, kind: str, reason: str, message: str) -> None:
    """Record an event about a pod; `container` is a fieldPath such as `spec.containers{app}`, or empty."""
    meta, store = pod["metadata"], objects.store
    words = _MOMENT.sub("", message)
    tail = hashlib.sha256("\0".join((meta["uid"], container, reason, words)).encode()).hexdigest()[:16]
    name, now = f"{meta['name']}.{tail}", store.now()
    with store.lock:
        known = store.get("events", meta["namespace"], name)
        if known:
            store.put("events", known | {"count": known["count"] + 1, "lastTimestamp": now, "message": message})
            return
        store.put("events", _new(objects, pod, container, name) | {"type": kind, "reason": reason, "message": message})


def _new(objects: Objects, pod: Obj, container: str, name: str) -> Obj:
    meta, now = pod["metadata"], objects.store.now()
    about = {"kind": "Pod", "apiVersion": "v1", "namespace": meta["namespace"], "name": meta["name"]}
    about |= {"uid": meta["uid"], "resourceVersion": meta["resourceVersion"]}
    about |= {"fieldPath": container} if container else {}
    node = pod["spec"].get("nodeName", "")
    uid = objects.store.new_uid("events", meta["namespace"], name)
    own = {"name": name, "namespace": meta["namespace"], "uid": uid, "creationTimestamp": now}
    event: Obj = {"kind": "Event", "apiVersion": "v1", "metadata": own, "involvedObject": about}
    event |= {"source": {"component": "kubelet", "host": node}, "reportingComponent": "kubelet"}
    return event | {"firstTimestamp": now, "lastTimestamp": now, "count": 1, "reportingInstance": node}
