"""Watches whether pods pull after a repair: which have, which were tried again and failed, which were not tried yet.

Pods that were replaced are counted: only as many new ones of the same owner make up for them. Healthy siblings prove
nothing, and a pod that is merely gone is no success.
"""

import time
from collections.abc import Callable, Iterable, Iterator

from checks.clients.cluster import Cluster
from checks.clients.wire import ContainerStatus, Pod
from checks.errors import ClusterError
from checks.model import Pull
from checks.repair.verify import PodLook
from checks.successors import STEADY, Kin, ended, kin, kin_of, wanted
from checks.waiting import failing, means

_BEFORE = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Waiting reasons of a container whose image may still have to be pulled."""

LATE = 20.0
"""Seconds after a repair in which a failure that appears may be older than it: the kubelet writes into the status how
an attempt went at its next look at the pod, 10 to 15 s later (Kubernetes 1.34, kubelet.go `backOffPeriod`,
pod_workers.go `workerBackOffPeriodJitterFactor`), and the attempt itself took its time."""

Targets = Iterable[tuple[str, str]]
"""(namespace, pod or workload)."""


def uids(cluster: Cluster, targets: Targets) -> frozenset[str] | None:
    """Return the uids of all pods in the targets' namespaces; None where they cannot be listed."""
    spaces = dict.fromkeys(space for space, _ in targets)
    try:
        return frozenset(pod.metadata.uid for space in spaces for pod in _listed(cluster, space))
    except ClusterError:
        return None


def _listed(cluster: Cluster, namespace: str) -> list[Pod]:
    return [pod for page in cluster.pods(namespace) for pod in page.items]


class Lookout:
    """Looks at the pods of a repair's targets; remembers what it saw, to tell a new failure from an old one."""

    def __init__(
        self,
        cluster: Cluster,
        targets: Targets,
        before: Iterable[Pull],
        there: frozenset[str] | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the pulls that failed `before`, and the uids of all pods that were `there` before the repair.

        Without `there` the pods of the first look count as having been there. `now` is in seconds; the repair counts
        as written when this is made.
        """
        self._cluster = cluster
        self._names: dict[str, set[str]] = {}
        for namespace, name in targets:
            self._names.setdefault(namespace, set()).add(name)
        self._before = {pull.pod_uid: pull for pull in before if self._meant(pull)}
        self._there = there
        self._pulled: set[str] = set()
        self._backing_off: set[str] = set()
        self._failed: set[str] = set()
        self._now, self._written = now, now()

    def _meant(self, pull: Pull) -> bool:
        names = self._names.get(pull.namespace, set())
        return pull.pod in names or (pull.owner is not None and pull.owner.name in names)

    def look(self) -> tuple[PodLook, ...]:
        """Return every pod as it is now, and one line for each that has no successor yet.

        A namespace that cannot be read is told as one line.
        """
        listed: dict[str, list[Pod]] = {}
        looks: list[PodLook] = []
        for namespace in self._names:
            try:
                listed[namespace] = _listed(self._cluster, namespace)
            except ClusterError as error:
                looks.append(PodLook(namespace, None, str(error)))
        if self._there is None:
            self._there = frozenset(pod.metadata.uid for pods in listed.values() for pod in pods)
        for namespace, pods in listed.items():
            looks += self._looked(namespace, pods)
        return tuple(looks)

    def _looked(self, namespace: str, pods: list[Pod]) -> Iterator[PodLook]:
        staying = [pod for pod in pods if pod.metadata.deletion_timestamp is None]
        here = {pod.metadata.uid for pod in staying}
        lost: dict[Kin, list[Pull]] = {}
        for uid, pull in self._before.items():
            if pull.namespace == namespace and uid not in here and uid not in self._pulled:
                lost.setdefault(kin_of(pull), []).append(pull)
        for pod in staying:
            if means(self._names[namespace], pod) or (kin(pod) in lost and self._new(pod)):
                yield self._judge(pod)
        going = {pod.metadata.uid for pod in pods} - here
        for whose, pulls in lost.items():
            yield from self._lacking(whose, pulls, going, [pod for pod in staying if kin(pod) == whose])

    def _new(self, pod: Pod) -> bool:
        return pod.metadata.uid not in self._before and pod.metadata.uid not in (self._there or ())

    def _lacking(self, whose: Kin, lost: list[Pull], going: set[str], mine: list[Pod]) -> Iterator[PodLook]:
        """Yield a line for each lost pod that no new one makes up for; those on their way out come first."""
        lost = sorted(lost, key=lambda pull: pull.pod_uid not in going)
        lost = lost[: max(0, len(lost) - sum(map(self._new, mine)))]
        leaving = [pull for pull in lost if pull.pod_uid in going]
        yield from (PodLook(_name(pull), None, "being replaced") for pull in leaving)
        absent = lost[len(leaving) :]
        number = wanted(self._cluster, lost[0].namespace, whose) if absent else None
        room = len(absent) if number is None else max(0, number - len(mine) - len(leaving))
        for place, pull in enumerate(absent):
            yield self._absent(pull, whose, moot=place >= room)

    def _absent(self, pull: Pull, whose: Kin, *, moot: bool) -> PodLook:
        name, (kind, owner) = _name(pull), whose
        over = None if kind in STEADY else ended(self._cluster, pull)
        if over is not None:
            return PodLook(name, over, "" if over else "it ended without its image")
        if moot:
            return PodLook(name, None, f"{kind} {owner} wants no more pods", moot=True)
        return PodLook(name, None, "it is gone" if kind == "Pod" else f"{kind} {owner} has not made a new one yet")

    def _judge(self, pod: Pod) -> PodLook:
        uid, name = pod.metadata.uid, f"{pod.metadata.namespace}/{pod.metadata.name}"
        pulls = failing(pod, "")
        if not pulls:
            pulled = _all_pulled(pod)
            if pulled:
                self._pulled.add(uid)
            return PodLook(name, pulled or None, "" if pulled else "being pulled")
        says = pulls[0].complaint.message if pulls[0].complaint else ""
        return PodLook(name, False if self._tried_again(uid, pulls) else None, says)

    def _tried_again(self, uid: str, pulls: tuple[Pull, ...]) -> bool:
        """A new pod's failure counts; an old one's once the kubelet left its back-off and failed once more.

        What fails so soon that the attempt may have been made before the repair does not count.
        """
        if uid not in self._before:
            return True
        waits = all(p.complaint is not None and p.complaint.reason == "ImagePullBackOff" for p in pulls)
        if waits:
            self._backing_off.add(uid)
        elif uid in self._backing_off:
            self._backing_off.discard(uid)
            if self._now() - self._written >= LATE:
                self._failed.add(uid)
        return uid in self._failed


def _name(pull: Pull) -> str:
    return f"{pull.namespace}/{pull.pod}"


def _all_pulled(pod: Pod) -> bool:
    """Has every container that must run its image? Statuses may be missing while a pod is new."""
    number = len(pod.spec.containers) + len(pod.spec.init_containers)
    statuses = [*pod.status.container_statuses, *pod.status.init_container_statuses]
    return len(statuses) >= number and all(_has_image(status) for status in statuses)


def _has_image(status: ContainerStatus) -> bool:
    waiting = status.state.waiting if status.state is not None else None
    return waiting is None or waiting.reason not in _BEFORE
