"""The loop that runs all controllers and the scheduler, until nothing is left to do."""

import threading
from collections.abc import Callable

from checks.demo.api.objects import Objects, Options
from checks.demo.api.problems import Obj, Problem
from checks.demo.api.store import Change
from checks.demo.controllers.common import CONTROLLED, Hands, controller_of, is_active, is_ready, suffix
from checks.demo.controllers.deployments import sync_deployment, sync_replica_set
from checks.demo.controllers.jobs import Jobs
from checks.demo.controllers.sets import sync_daemon_set, sync_stateful_set

_MAX_PASSES = 30
_OWNERS = {
    "Deployment": "deployments",
    "ReplicaSet": "replicasets",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "Job": "jobs",
    "CronJob": "cronjobs",
}
_WATCHED = ("pods", "namespaces", "nodes", "serviceaccounts", *_OWNERS.values())


class Controllers:
    """All controllers; `settle` runs them by hand, `start` keeps them running."""

    def __init__(self, objects: Objects) -> None:
        self._hands = Hands(objects)
        self._store = objects.store
        self._loops: tuple[tuple[str, Callable[[Hands, Obj], None]], ...] = (
            ("deployments", sync_deployment),
            ("replicasets", sync_replica_set),
            ("statefulsets", sync_stateful_set),
            ("daemonsets", sync_daemon_set),
            ("jobs", Jobs().sync),
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="demo-controllers", daemon=True)

    def start(self) -> None:
        """Run in the background."""
        self._thread.start()

    def stop(self) -> None:
        """Stop and wait for the pass in hand."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def settle(self, namespace: str = "") -> None:
        """Run passes until one changes nothing; everywhere, or in one namespace."""
        for _ in range(_MAX_PASSES):
            before = self._store.version
            self._pass(namespace)
            if self._store.version == before:
                return

    def _run(self) -> None:
        version = self._store.version
        self.settle()
        while not self._stopping.is_set() and not self._store.closed:
            changes = self._store.wait(version, 0.5, _WATCHED)
            if changes:
                version = changes[-1].version
            if any(map(_matters, changes)):
                self.settle()

    def _pass(self, namespace: str) -> None:
        self._default_accounts()
        self._collect_orphans(namespace)
        for plural, sync in self._loops:
            owners = self._store.select(plural, namespace)
            if owners:
                self._hands.look(namespace)
            for obj in owners:
                self._try(sync, obj)
        for pod in self._store.select("pods", namespace):
            if not pod["spec"].get("nodeName"):
                self._schedule(pod)

    def _try(self, sync: Callable[[Hands, Obj], None], obj: Obj) -> None:
        try:
            sync(self._hands, obj)
        except Problem:
            return  # somebody else wrote at the same time, or admission refused: the next pass tries again

    def _default_accounts(self) -> None:
        for namespace in self._store.select("namespaces"):
            name = namespace["metadata"]["name"]
            if not self._store.get("serviceaccounts", name, "default"):
                body = {"metadata": {"name": "default"}}
                self._hands.objects.create("serviceaccounts", name, body, Options(manager=self._hands.manager))

    def _collect_orphans(self, namespace: str) -> None:
        for plural in (*CONTROLLED, "controllerrevisions"):
            for obj in self._store.select(plural, namespace):
                if self._orphaned(obj):
                    meta = obj["metadata"]
                    self._hands.objects.delete(plural, meta["namespace"], meta["name"])

    def _orphaned(self, obj: Obj) -> bool:
        reference = controller_of(obj)
        plural = _OWNERS.get(reference["kind"]) if reference else None
        if reference is None or plural is None or obj["metadata"].get("deletionTimestamp"):
            return False
        owner = self._store.get(plural, obj["metadata"]["namespace"], reference["name"])
        return owner is None or owner["metadata"]["uid"] != reference["uid"]

    def _schedule(self, pod: Obj) -> None:
        selector = pod["spec"].get("nodeSelector") or {}
        nodes = [
            node["metadata"]["name"]
            for node in self._store.select("nodes")
            if all((node["metadata"].get("labels") or {}).get(key) == value for key, value in selector.items())
        ]
        if not nodes:
            return
        meta = pod["metadata"]
        place = int.from_bytes(suffix(f"{meta['namespace']}/{meta['name']}").encode(), "big") % len(nodes)
        now = self._store.now()
        conditions = [{"type": "PodScheduled", "status": "True", "lastTransitionTime": now}]
        status = (pod.get("status") or {}) | {"conditions": conditions}
        self._store.put("pods", pod | {"spec": pod["spec"] | {"nodeName": nodes[place]}, "status": status})


def _matters(change: Change) -> bool:
    if change.plural == "pods" and change.type == "MODIFIED" and change.before:
        return _outline(change.obj) != _outline(change.before)
    return True


def _outline(pod: Obj) -> tuple[bool, bool, str]:
    return is_active(pod), is_ready(pod), pod["spec"].get("nodeName", "")
