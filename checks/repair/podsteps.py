"""Which stuck pods may be replaced, how, and what must be said about the others."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.model import ObjectRef, Pull
from checks.repair.bench import Bench
from checks.repair.kinds import dig, with_name
from checks.repair.pods import RemakePod, ReplacePod, manifest
from checks.repair.sealed import Sealed
from checks.repair.steps import Step
from checks.repair.workload import REPLACEABLE, names_of, read_pod


@dataclass(frozen=True, slots=True)
class PodSteps:
    """Steps that replace stuck pods, what to ask before, and what is to be said of the others."""

    steps: tuple[Step, ...] = ()
    asks: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def replace_pods(pulls: Iterable[Pull], bench: Bench, secret: str = "") -> PodSteps:
    """Return what replaces these pods; a bare pod's manifest gets `secret` in its own list where it has one.

    Only pods that wait for an image are replaced; a pod with running containers is asked about.
    """
    groups = {
        kind: tuple(p for p in pulls if _group(p) == kind) for kind in ("owned", "bare", "job", "mirror", "other")
    }
    owned = tuple(_replace(pull) for pull in groups["owned"])
    bare = tuple(step for pull in groups["bare"] for step in _remake(pull, bench, secret))
    running = tuple(p for p in (*groups["owned"], *groups["bare"]) if p.phase == "Running")
    asks = (*_ask_running(running), *_ask_bare(groups["bare"]))
    return PodSteps((*owned, *bare), asks, tuple(_notes(groups)))


def _group(pull: Pull) -> str:
    if pull.mirror:
        return "mirror"
    if pull.owner is None:
        return "bare"
    if pull.owner.kind in ("Job", "CronJob"):
        return "job"
    return "owned" if pull.owner.kind in REPLACEABLE else "other"


def _replace(pull: Pull) -> ReplacePod:
    owner = f"{pull.owner.kind} {pull.owner.name}" if pull.owner else ""
    return ReplacePod(ObjectRef("Pod", pull.namespace, pull.pod), pull.pod_uid, owner)


def _remake(pull: Pull, bench: Bench, secret: str) -> tuple[RemakePod, ...]:
    body = read_pod(pull, bench)
    if body is None:
        return ()
    fresh = manifest(body)
    if secret and dig(fresh, "spec", "imagePullSecrets"):
        fresh["spec"] = with_name(fresh["spec"], secret)
    return (RemakePod(ObjectRef("Pod", pull.namespace, pull.pod), pull.pod_uid, Sealed(fresh)),)


def _ask_running(pulls: tuple[Pull, ...]) -> tuple[str, ...]:
    return (f"Containers of {names_of(pulls)} run now and are stopped.",) if pulls else ()


def _ask_bare(pulls: tuple[Pull, ...]) -> tuple[str, ...]:
    if not pulls:
        return ()
    return (f"Nobody owns {names_of(pulls)}: deleted and made again from the manifest, perhaps on another node.",)


def _notes(groups: dict[str, tuple[Pull, ...]]) -> Iterable[str]:
    if groups["job"]:
        yield f"{names_of(groups['job'])} of a Job: not deleted, because a deleted pod counts as a failure of the Job."
    if groups["mirror"]:
        yield f"{names_of(groups['mirror'])}: static, the node makes it again from its own file; change it there."
    for pull in groups["other"]:
        owner = f"{pull.owner.kind} {pull.owner.name}" if pull.owner else "its owner"
        yield f"{pull.pod}: not deleted, because it is not known what {owner} does then."
