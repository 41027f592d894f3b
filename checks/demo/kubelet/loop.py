"""The loop: which pod is due, what becomes of it, and when it is tried again.

One loop plays the kubelets of all nodes. Back-off is in seconds instead of minutes, otherwise as in real life: a new
pod starts fresh, and a changed Secret is seen at the next attempt.
Images are not kept: every container start pulls.
"""

import heapq
import itertools
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from checks.demo.api.objects import Deletion, Objects, Options
from checks.demo.api.problems import Obj, Problem
from checks.demo.api.store import Change
from checks.demo.kubelet import deadline, events, statuses, words
from checks.demo.kubelet.starts import Starter
from checks.demo.kubelet.statuses import Outcome

BACK_OFF = (1.0, 2.0, 3.0, 5.0)
SLOW, SLOW_PAUSE, LONG_PAUSE = 1.0, 10.0, 60.0
"""An attempt that took a second met a silent registry, or a name that Harbor locks for a while after each refusal:
hammering would lock out everybody else. Pods that `rest` pause longer still. A changed Secret ends both pauses."""
_UNTIL_BACK_OFF_SHOWS = 0.7
_LAST_BREATH = 0.3
_WORKERS = 6
_NODE_PAUSE = 1.0
_NO_END = 86400.0


@dataclass(slots=True)
class _Care:
    """What is known of one pod between two syncs."""

    failures: int = 0
    patient: bool = False
    """It is not hurried: see LONG_PAUSE."""
    pause: float = 0.0
    """Seconds to wait before the next attempt, where that is not the ordinary back-off."""
    busy: bool = False
    ticket: int = 0
    """Number of its latest entry in the queue; earlier ones no longer count."""
    again: bool = False
    """Something changed while it was busy."""
    back_off: Mapping[str, Outcome] = field(default_factory=dict)
    """Shown instead of ErrImagePull once the back-off has begun."""


class Kubelet:
    """Runs the pods of all nodes between `start` and `stop`."""

    def __init__(self, objects: Objects, starter: Starter) -> None:
        self._objects = objects
        self._starter = starter
        self._cares: dict[str, _Care] = {}
        self._due: list[tuple[float, int, str, str, str]] = []
        self._order = itertools.count(1)
        self._lock = threading.Condition()
        self._stopping = threading.Event()
        self._workers = ThreadPoolExecutor(_WORKERS, "demo-kubelet")
        self._version = objects.store.version
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in (("demo-kubelet-watch", self._watch), ("demo-kubelet-clock", self._keep_time))
        ]

    def start(self) -> None:
        """Take up all pods that stand there and follow the changes."""
        self._version = self._objects.store.version
        for place, pod in enumerate(self._objects.store.select("pods")):
            if not statuses.all_up(pod):
                care = self._care(pod["metadata"]["uid"])
                self._later(pod, care.pause or 1.5 + place % 10 * 0.45)
        for thread in self._threads:
            thread.start()

    def ask_to_stop(self) -> None:
        """Begin nothing new."""
        self._stopping.set()
        with self._lock:
            self._lock.notify_all()

    def stop(self) -> None:
        """Stop and wait for the pulls in hand."""
        self.ask_to_stop()
        for thread in self._threads:
            if thread.is_alive():
                thread.join()
        self._workers.shutdown(cancel_futures=True)
        self._starter.wire.close()

    def _watch(self) -> None:
        store = self._objects.store
        while not self._stopping.is_set() and not store.closed:
            for change in store.wait(self._version, 0.5, ("pods", "secrets")):
                self._version = change.version
                if change.plural == "pods":
                    self._notice(change)
                elif change.plural == "secrets":
                    self._wake(change.obj["metadata"])

    def _notice(self, change: Change) -> None:
        pod, uid = change.obj, change.obj["metadata"]["uid"]
        if change.type == "DELETED":
            self._cares.pop(uid, None)
            return
        if not pod["spec"].get("nodeName"):
            return
        before = change.before or {}
        if pod["metadata"].get("deletionTimestamp"):
            self._later(pod, _LAST_BREATH)
        elif _duty(pod) != _duty(before):
            care = self._care(uid)
            care.failures, care.again, care.back_off = 0, True, {}
            self._later(pod, 0.05)

    def _wake(self, secret: Obj) -> None:
        for pod in self._objects.store.select("pods", secret["namespace"]):
            care = self._care(pod["metadata"]["uid"])
            names = [item.get("name") for item in pod["spec"].get("imagePullSecrets") or ()]
            if care.pause and secret["name"] in names and not statuses.all_up(pod):
                care.pause, care.patient = 0.0, False
                self._later(pod, BACK_OFF[1])

    def rest(self, pod: Obj) -> None:
        """Let a long pause pass before each attempt at this pod."""
        care = self._care(pod["metadata"]["uid"])
        care.patient, care.pause = True, LONG_PAUSE

    def _care(self, uid: str) -> _Care:
        return self._cares.setdefault(uid, _Care())

    def _later(self, pod: Obj, seconds: float) -> None:
        meta, left = pod["metadata"], deadline.left(pod, self._objects.store.clock())
        seconds = seconds if left is None or left < 0 else min(seconds, left + 0.05)
        with self._lock:
            ticket = next(self._order)
            self._care(meta["uid"]).ticket = ticket
            entry = (time.monotonic() + seconds, ticket, meta["namespace"], meta["name"], meta["uid"])
            heapq.heappush(self._due, entry)
            self._lock.notify_all()

    def _keep_time(self) -> None:
        while not self._stopping.is_set():
            with self._lock:
                wait = self._due[0][0] - time.monotonic() if self._due else 0.5
                if wait > 0:
                    self._lock.wait(min(wait, 0.5))
                    continue
                _, ticket, namespace, name, uid = heapq.heappop(self._due)
                care = self._cares.get(uid)
            if care and care.ticket == ticket:
                try:
                    self._workers.submit(self._attend, namespace, name, uid)
                except RuntimeError:
                    return  # the interpreter is going down without a stop

    def _attend(self, namespace: str, name: str, uid: str) -> None:
        pod = self._objects.store.get("pods", namespace, name)
        if pod is None or pod["metadata"]["uid"] != uid or self._stopping.is_set():
            return
        care = self._care(uid)
        if not self._has_node(pod):
            self._later(pod, _NODE_PAUSE)
            return
        with self._lock:
            if care.busy:
                care.again = True
                return
            care.busy, care.again = True, False
        try:
            self._serve(pod, care)
        except Problem:
            self._later(pod, 1.0)  # the pod changed or went away under our hands
        finally:
            care.busy = False
            if care.again:
                self._later(pod, 0.05)

    def _has_node(self, pod: Obj) -> bool:
        """Is the pod's node there and ready? Else no kubelet knows of the pod."""
        node = self._objects.store.get("nodes", "", pod["spec"]["nodeName"])
        conditions = (node or {}).get("status", {}).get("conditions") or ()
        return node is not None and all(c["status"] == "True" for c in conditions if c["type"] == "Ready")

    def _serve(self, pod: Obj, care: _Care) -> None:
        meta, left = pod["metadata"], deadline.left(pod, self._objects.store.clock())
        if meta.get("deletionTimestamp"):
            self._objects.delete("pods", meta["namespace"], meta["name"], Deletion(meta["uid"], grace=0))
        elif statuses.is_over(pod):
            return
        elif left is not None and left <= 0:
            self._store_status(pod, deadline.exceeded)
        elif care.back_off:
            outcomes, care.back_off = care.back_off, {}
            self._write(pod, outcomes)
            self._later(pod, max(0.1, self._pause(care) - _UNTIL_BACK_OFF_SHOWS))
        elif not statuses.all_up(pod):
            self.sync(pod, care)

    def _pause(self, care: _Care) -> float:
        return care.pause or BACK_OFF[min(care.failures, len(BACK_OFF)) - 1]

    def sync(self, pod: Obj, care: _Care | None = None) -> None:
        """Try to start what does not run yet, write the status, and plan the next attempt."""
        care, began = care or _Care(), time.monotonic()
        outcomes = self.try_all(pod)
        slow = SLOW_PAUSE if time.monotonic() - began > SLOW else 0.0
        care.pause = LONG_PAUSE if care.patient else slow
        over = statuses.for_good(pod)
        failed = {name: one for name, one in outcomes.items() if not (one.ok or (one.ended and over))}
        if not failed:
            care.failures = 0
            self._write(pod, outcomes)
            if "activeDeadlineSeconds" in pod["spec"]:
                self._later(pod, _NO_END)
            return
        care.failures += 1
        hold = {name: self._in_back_off(pod, name, outcome) for name, outcome in failed.items()}
        if all(statuses.shown(pod, name) == (outcome.reason, outcome.message) for name, outcome in hold.items()):
            self._write(pod, outcomes | hold)
            self._later(pod, self._pause(care))
            return
        self._write(pod, outcomes)
        care.back_off = hold
        self._later(pod, _UNTIL_BACK_OFF_SHOWS)

    def try_all(self, pod: Obj) -> dict[str, Outcome]:
        """Try to start all that does not run yet and say how it went, by container; writes no status."""
        secrets = self._starter.secrets(pod)
        outcomes: dict[str, Outcome] = {}
        blocked = False
        for listed, container in statuses.containers(pod):
            waits = blocked and listed != "ephemeralContainers"
            if waits or statuses.is_up(pod, listed, container):
                continue
            outcome = self._starter.start(pod, listed, container, secrets)
            outcomes[container["name"]] = outcome
            blocked = blocked or (listed == "initContainers" and not outcome.ok)
        return outcomes

    def _in_back_off(self, pod: Obj, name: str, outcome: Outcome) -> Outcome:
        meta = pod["metadata"]
        if outcome.ended:
            text = words.restarting(meta["name"], meta["namespace"], meta["uid"], name)
            return Outcome("CrashLoopBackOff", text, outcome.image, ended=True)
        if outcome.reason != "ErrImagePull":
            return outcome
        listed = next(listed for listed, container in statuses.containers(pod) if container["name"] == name)
        text = f'Back-off pulling image "{outcome.image}"'
        path = f"spec.{listed}{{{name}}}"
        events.record(self._objects, pod, path, "Normal", "BackOff", text)
        events.record(self._objects, pod, path, "Warning", "Failed", "Error: ImagePullBackOff")
        message = words.backing_off(outcome.image, outcome.reason, outcome.message)
        return Outcome("ImagePullBackOff", message, outcome.image)

    def show(self, pod: Obj, outcomes: Mapping[str, Outcome]) -> None:
        """Write the status that these outcomes lead to; containers not named are taken to run."""
        everything: dict[str, Outcome] = {}
        blocked = False
        for listed, container in statuses.containers(pod):
            outcome = outcomes.get(container["name"], Outcome())
            if not blocked or listed == "ephemeralContainers":
                everything[container["name"]] = outcome
            blocked = blocked or (listed == "initContainers" and not outcome.ok)
        self._write(pod, everything)

    def _write(self, pod: Obj, outcomes: Mapping[str, Outcome]) -> None:
        now = self._objects.store.now()
        self._store_status(pod, lambda fresh: statuses.write(fresh, outcomes, now))

    def _store_status(self, pod: Obj, make: Callable[[Obj], Obj]) -> None:
        meta = pod["metadata"]

        def change(fresh: Obj) -> None:
            if fresh["metadata"]["uid"] == meta["uid"]:
                fresh["status"] = make(fresh)

        how = Options(manager="kubelet", subresource="status")
        self._objects.edit(
            "pods", meta["namespace"], meta["name"], change, manager=how.manager, subresource=how.subresource
        )


def _duty(pod: Obj) -> tuple[object, ...]:
    """What a sync depends on: the images to run, and where."""
    if not pod:
        return ()
    images = tuple((listed, c["name"], c.get("image")) for listed, c in statuses.containers(pod))
    return (pod["spec"].get("nodeName"), images)
