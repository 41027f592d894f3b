"""Puts another image into the containers that cannot pull theirs: in the template that they are made from, or in place.

Of a live pod the image is one of the few fields that may change (Kubernetes API, pod update rules); the kubelet tries
the new one at once, without a pause for the old one's failures (measured on kubelet 1.34).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checks.errors import Refused
from checks.model import ContainerKind, ObjectRef, Pull
from checks.repair.bench import Bench
from checks.repair.declared import Fields, with_fields
from checks.repair.kinds import container_images, dig, spec_path
from checks.repair.owners import owned
from checks.repair.podsteps import replace_pods
from checks.repair.rollout import below_partition, by_hand, felt, notes
from checks.repair.sealed import Sealed
from checks.repair.steps import Body
from checks.repair.wiring import Wired
from checks.repair.workload import Carrier, may_change_template, read_pod, workload
from checks.repair.writes import ReplaceObject

_LISTS = {
    ContainerKind.REGULAR: "containers",
    ContainerKind.INIT: "initContainers",
    ContainerKind.SIDECAR: "initContainers",
}


@dataclass(frozen=True, slots=True)
class Held:
    """Pulls by the object in which their image stands, and why that of others is not changed from here."""

    groups: tuple[tuple[Carrier, tuple[Pull, ...]], ...] = ()
    others: tuple[str, ...] = ()


def held(pulls: Sequence[Pull], bench: Bench) -> Held:
    """Return where the images of these pulls stand; each owner is read once. Raises ClusterError."""
    same: dict[tuple[object, ...], list[Pull]] = {}
    for pull in pulls:
        owner = (pull.owner.kind, pull.owner.name) if pull.owner else (pull.pod,)
        same.setdefault((pull.namespace, pull.mirror, pull.kind in _LISTS, *owner), []).append(pull)
    groups: dict[ObjectRef, tuple[Carrier, list[Pull]]] = {}
    others = []
    for members in same.values():
        try:
            found = _holder(members[0], bench)
        except Refused as why:
            others.append(str(why))
            continue
        groups.setdefault(found.ref, (found, []))[1].extend(members)
    return Held(tuple((found, tuple(members)) for found, members in groups.values()), tuple(others))


def _holder(pull: Pull, bench: Bench) -> Carrier:
    """Return a workload, or a pod that nobody owns; raises Refused where that cannot be changed."""
    if pull.kind not in _LISTS:
        raise Refused(f"The image of {pull.pod} stands in an {pull.kind}, which is not changed from here.")
    if pull.mirror:
        raise Refused(f"{pull.pod} is static: its node makes it from a file, and the image is changed there.")
    if pull.owner is None:
        found = Carrier(ObjectRef("Pod", pull.namespace, pull.pod), read_pod(pull, bench))
    else:
        found = workload(pull, bench) or Carrier(ObjectRef(pull.owner.kind, pull.namespace, pull.owner.name), None)
    if found.body is None:
        raise Refused(f"{found.ref} cannot be looked at or is gone: change the image where it is made from.")
    if found.ref.kind != "Pod" and not may_change_template(found):
        raise Refused(f"{found.ref} cannot be changed in place: change the image where it is made from.")
    return found


def put_images(held: Held, rights: Mapping[str, str], bench: Bench) -> Wired:
    """Return what gives these pulls' containers the image that `rights` holds for theirs, and nothing else another."""
    writes, pods = Wired(), Wired()
    for found, members in held.groups:
        changed, after = _one(found, members, rights, bench)
        writes, pods = writes + changed, pods + after
    return writes + pods + Wired(warnings=held.others)


def _one(found: Carrier, pulls: tuple[Pull, ...], rights: Mapping[str, str], bench: Bench) -> tuple[Wired, Wired]:
    body = found.body or {}
    step = _changed(found, body, pulls, rights)
    mark = owned(body, str(found.ref))
    if found.ref.kind == "Pod":
        return (Wired((step,), mark.asks, mark.warnings) if step else Wired()), Wired()
    asks = (*mark.asks, *felt(found)) if step else ()
    warnings = (*mark.warnings, *notes(found, pulls, "has the right image"))
    waiting = tuple(p for p in pulls if not below_partition(found, p)) if by_hand(found) else ()
    pods = replace_pods(_one_each(waiting), bench)
    return Wired((step,) if step else (), asks, warnings), Wired(pods.steps, pods.asks, pods.notes)


def _one_each(pulls: tuple[Pull, ...]) -> tuple[Pull, ...]:
    """Two containers of one pod may both have a wrong image."""
    return tuple({pull.pod_uid: pull for pull in pulls}.values())


def _changed(found: Carrier, body: Body, pulls: tuple[Pull, ...], rights: Mapping[str, str]) -> ReplaceObject | None:
    """Return the step, or None where no container has the wrong image any more."""
    there = container_images(found.ref.kind, body)
    places = {(_LISTS[pull.kind], pull.container): pull.image for pull in pulls}
    wrong = {place: image for place, image in places.items() if there.get(place) == image}
    fields: Fields = {
        (*spec_path(found.ref.kind), *place, "image"): rights[image] for place, image in wrong.items()
    }  # fmt: skip
    return ReplaceObject(found.ref, Sealed(body), Sealed(with_fields(body, fields))) if fields else None


def secrets_of(pull: Pull, found: Carrier, bench: Bench) -> tuple[str, ...]:
    """Return the pull Secrets of the pod that will pull: a live pod's own, else its template's or account's."""
    if found.ref.kind == "Pod":
        return pull.pull_secrets
    listed = _names(dig(found.body, *spec_path(found.ref.kind)))
    return listed or _names(bench.read(ObjectRef("ServiceAccount", pull.namespace, pull.service_account or "default")))


def _names(holding: object) -> tuple[str, ...]:
    return tuple(str(dig(one, "name") or "") for one in dig(holding, "imagePullSecrets") or ())
