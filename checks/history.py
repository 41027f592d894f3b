"""What a workload ran before its image went missing: its ReplicaSets or ControllerRevisions, and the pods of them.

Deployments number their ReplicaSets in an annotation (`pkg/controller/deployment/util`, RevisionAnnotation);
StatefulSets and DaemonSets keep each template as a patch in a ControllerRevision (`getPatch` in
`pkg/controller/statefulset` and `pkg/controller/daemon`). None of them says whether its pods ever ran: ready pods,
and containers that run or ran, do.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from checks.clients.once import Once
from checks.earlier import Earlier
from checks.errors import DoctorError, Forbidden
from checks.facts import Fact, Unknown
from checks.model import ContainerKind, ObjectRef, Pull
from checks.podimages import image_in, ran_in, runs_in, same_volume
from checks.selectors import selector_text

Body = dict[str, Any]
Past = Fact["History"] | Unknown

_REVISION = "deployment.kubernetes.io/revision"
_KEPT_IN = {"Deployment": "ReplicaSet", "StatefulSet": "ControllerRevision", "DaemonSet": "ControllerRevision"}


class ClusterReads(Protocol):
    """What is read of the cluster."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return an object, or None where it does not exist."""

    def list_objects(
        self, kind: str, namespace: str | None, field_selector: str = "", label_selector: str = ""
    ) -> tuple[Body, ...]:
        """Return the objects of one kind that the selectors choose."""


@dataclass(frozen=True, slots=True)
class Revision:
    """One template that a workload was made from."""

    holder: str
    number: int
    spec: Body
    pods: int
    ready: int


@dataclass(frozen=True, slots=True)
class History:
    """A workload's revisions, newest first, and the pods it has now."""

    revisions: tuple[Revision, ...]
    pods: tuple[Body, ...]


class Histories:
    """Reads them once for each workload; safe to use from several threads."""

    def __init__(self, cluster: ClusterReads, clock: Callable[[], datetime]) -> None:
        self._cluster = cluster
        self._clock = clock
        self._kept: Once[ObjectRef, Past] = Once()

    def forget(self, which: Callable[[ObjectRef], bool]) -> None:
        """Read anew, when next asked, what belongs to these workloads."""
        self._kept.forget(which)

    def earlier(self, pull: Pull) -> Fact[tuple[Earlier, ...]] | Unknown:
        """Return the other images that this pull's container had, newest first. Never raises for what is unknown."""
        if pull.kind is ContainerKind.EPHEMERAL:
            return Unknown("an ephemeral container is in no template")
        if pull.owner is None or pull.owner.kind not in _KEPT_IN:
            whose = f"a {pull.owner.kind}" if pull.owner else "a pod without a workload"
            return Unknown(f"{whose} keeps no earlier template")
        ref = ObjectRef(pull.owner.kind, pull.namespace, pull.owner.name)
        past = self._kept.get(ref, lambda: self._read(ref))
        return past if isinstance(past, Unknown) else Fact(tuple(_others(past.value, pull)), past.source, past.at)

    def _read(self, ref: ObjectRef) -> Past:
        kept = _KEPT_IN[ref.kind]
        asked = f"read {ref.kind}s"
        try:
            owner = self._cluster.read(ref)
            if owner is None:
                return Unknown(f"{ref} does not exist")
            chosen = selector_text(owner["spec"].get("selector") or {})
            asked = f"list {kept}s"
            held = self._cluster.list_objects(kept, ref.namespace, label_selector=chosen)
        except Forbidden:
            return Unknown(f"no right to {asked} in {ref.namespace}")
        except DoctorError as error:
            return Unknown(str(error))
        own = [each for each in held if _controller(each) == owner["metadata"]["uid"]]
        found = tuple(sorted((_revision(kept, each) for each in own), key=lambda one: -one.number))
        makers = {owner["metadata"]["uid"], *(each["metadata"]["uid"] for each in own)}
        # A Deployment's counts tell what runs, but for a ReplicaSet before the newest whose pods are not ready.
        ask = ref.kind != "Deployment" or any(one.pods and not one.ready for one in found[1:])
        pods = self._pods(ref, chosen, makers) if ask else ()
        return Fact(History(found, pods), f"{kept}s of {ref}", self._clock())

    def _pods(self, ref: ObjectRef, chosen: str, makers: set[str]) -> tuple[Body, ...]:
        try:
            found = self._cluster.list_objects("Pod", ref.namespace, label_selector=chosen)
        except DoctorError:
            return ()  # then nothing is said to have run
        return tuple(pod for pod in found if _controller(pod) in makers)


def _controller(body: Body) -> str:
    owners = body["metadata"].get("ownerReferences") or ()
    return next((str(owner.get("uid")) for owner in owners if owner.get("controller")), "")


def _revision(kind: str, body: Body) -> Revision:
    meta, status = body["metadata"], body.get("status") or {}
    told = body.get("revision") or (meta.get("annotations") or {}).get(_REVISION)
    number = int(str(told)) if str(told).isdecimal() else 0
    template = (body.get("spec") or (body.get("data") or {}).get("spec") or {}).get("template") or {}
    pods, ready = int(status.get("replicas") or 0), int(status.get("readyReplicas") or 0)
    return Revision(f"{kind} {meta['namespace']}/{meta['name']}", number, template.get("spec") or {}, pods, ready)


def _others(history: History, pull: Pull) -> Iterator[Earlier]:
    """One for each image that is not the pull's. What came after the pull's template counts only if it has run."""
    volume = same_volume(pull, [one.spec for one in history.revisions])
    named = [(image_in(one.spec, pull, volume), one) for one in history.revisions]
    own = max((one.number for image, one in named if image == pull.image), default=0)
    seen = {pull.image, ""}
    for image, one in named:
        if image in seen:
            continue
        found = _earlier(image, one, history, pull, volume)
        if found.ran or not own or one.number < own:
            seen.add(image)
            yield found


def _earlier(image: str, one: Revision, history: History, pull: Pull, volume: str) -> Earlier:
    pods = [pod for pod in history.pods if image_in(pod["spec"], pull, volume) == image]
    running = max(one.ready, sum(runs_in(pod, pull) for pod in pods))
    return Earlier(image, one.holder, one.number, running, bool(running) or any(ran_in(pod, pull) for pod in pods))
