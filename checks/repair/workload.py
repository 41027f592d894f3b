"""Who made a stuck pod, and where its pull-secret list comes from."""

from dataclasses import dataclass

from checks.model import ObjectRef, Pull
from checks.repair.bench import Bench
from checks.repair.kinds import WORKLOADS, WRITTEN, dig, list_holder, pull_list
from checks.repair.steps import Body
from checks.wording import few

REPLACEABLE = frozenset({"ReplicaSet", "Deployment", "DaemonSet", "StatefulSet"})
"""Owners that make a deleted pod again and take no harm."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """The object whose list a new pod gets."""

    ref: ObjectRef
    body: Body | None

    def __repr__(self) -> str:
        return f"Carrier({self.ref})"


def carrier(pull: Pull, bench: Bench) -> Carrier:
    """Return the pod template that has its own list, else the ServiceAccount: admission copies its list.

    Raises ClusterError where it cannot be read.
    """
    top = workload(pull, bench)
    if top is not None and pull_list(list_holder(top.ref.kind, top.body)):
        return top
    ref = ObjectRef("ServiceAccount", pull.namespace, pull.service_account or "default")
    return Carrier(ref, bench.read(ref))


def workload(pull: Pull, bench: Bench) -> Carrier | None:
    """Walk up from the pod's controller to the workload that a person wrote; None for bare pods and unknown kinds."""
    found: Carrier | None = None
    kind, name = (pull.owner.kind, pull.owner.name) if pull.owner else ("", "")
    for _ in range(4):
        if kind not in WRITTEN:
            break
        ref = ObjectRef(kind, pull.namespace, name)
        found = Carrier(ref, bench.read(ref))
        kind, name = controller(found.body)
    return found if found is not None and found.body is not None else None


def controller(body: Body | None) -> tuple[str, str]:
    """Return kind and name of the owner that controls an object, empty texts where there is none."""
    for owner in dig(body, "metadata", "ownerReferences") or ():
        if dig(owner, "controller"):
            return str(owner.get("kind")), str(owner.get("name"))
    return "", ""


def names_of(pulls: tuple[Pull, ...]) -> str:
    """Name a few pods: `web-1, web-2 and 7 more`."""
    return few([pull.pod for pull in pulls], 3)


def may_change_template(found: Carrier) -> bool:
    """Can this template be changed in place? A Job's cannot, and a ReplicaSet's is its controller's if it has one."""
    return found.ref.kind in WORKLOADS and not (found.ref.kind == "ReplicaSet" and controller(found.body)[0])


def read_pod(pull: Pull, bench: Bench) -> Body | None:
    """Return the pod if it still is the one of the problem; raises ClusterError where it cannot be read."""
    body = bench.read(ObjectRef("Pod", pull.namespace, pull.pod))
    return body if body is not None and dig(body, "metadata", "uid") == pull.pod_uid else None
