"""Watches whether pods pull after a repair: which have, which were tried again and failed, which were not tried yet."""

from collections.abc import Iterable

from checks.clients.cluster import Cluster
from checks.clients.wire import ContainerStatus, Pod
from checks.errors import ClusterError
from checks.model import Pull
from checks.repair.verify import PodLook
from checks.waiting import failing
from checks.watch import means

_BEFORE = frozenset({"ContainerCreating", "PodInitializing", ""})
"""Waiting reasons of a container whose image may still have to be pulled."""


class Lookout:
    """Looks at the pods of a repair's targets; remembers what it saw, to tell a new failure from an old one."""

    def __init__(self, cluster: Cluster, targets: Iterable[tuple[str, str]], before: Iterable[Pull]) -> None:
        self._cluster = cluster
        self._names: dict[str, set[str]] = {}
        for namespace, name in targets:
            self._names.setdefault(namespace, set()).add(name)
        self._old = {pull.pod_uid for pull in before}
        self._backing_off: set[str] = set()
        self._failed: set[str] = set()

    def look(self) -> tuple[PodLook, ...]:
        """Return every pod as it is now; a namespace that cannot be read is told as one line."""
        looks: list[PodLook] = []
        for namespace, names in self._names.items():
            try:
                pods = [pod for page in self._cluster.pods(namespace) for pod in page.items if means(names, pod)]
            except ClusterError as error:
                looks.append(PodLook(namespace, None, str(error)))
                continue
            looks += [self._judge(pod) for pod in pods if pod.metadata.deletion_timestamp is None]
        return tuple(looks)

    def _judge(self, pod: Pod) -> PodLook:
        uid, name = pod.metadata.uid, f"{pod.metadata.namespace}/{pod.metadata.name}"
        pulls = failing(pod, "")
        if not pulls:
            return PodLook(name, True if _all_pulled(pod) else None, "" if _all_pulled(pod) else "being pulled")
        says = pulls[0].complaint.message if pulls[0].complaint else ""
        return PodLook(name, False if self._tried_again(uid, pulls) else None, says)

    def _tried_again(self, uid: str, pulls: tuple[Pull, ...]) -> bool:
        """A new pod's failure counts; an old one's once the kubelet left its back-off and failed once more."""
        if uid not in self._old:
            return True
        waits = all(p.complaint is not None and p.complaint.reason == "ImagePullBackOff" for p in pulls)
        if waits:
            self._backing_off.add(uid)
        elif uid in self._backing_off:
            self._failed.add(uid)
        return uid in self._failed


def _all_pulled(pod: Pod) -> bool:
    """Has every container that must run its image? Statuses may be missing while a pod is new."""
    wanted = len(pod.spec.containers) + len(pod.spec.init_containers)
    statuses = [*pod.status.container_statuses, *pod.status.init_container_statuses]
    return len(statuses) >= wanted and all(_has_image(status) for status in statuses)


def _has_image(status: ContainerStatus) -> bool:
    waiting = status.state.waiting if status.state is not None else None
    return waiting is None or waiting.reason not in _BEFORE
