"""Puts a Secret's name into the list that new pods get, without losing what stands there, and replaces stuck pods."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from checks.errors import Refused
from checks.model import Pull
from checks.repair.bench import Bench
from checks.repair.declared import with_fields
from checks.repair.kinds import dig, list_holder, pull_list, template_path, with_name
from checks.repair.owners import owned
from checks.repair.podsteps import PodSteps, replace_pods
from checks.repair.rollout import below_partition, by_hand, felt, notes
from checks.repair.sealed import Sealed
from checks.repair.steps import Body, Step
from checks.repair.workload import Carrier, carrier, may_change_template
from checks.repair.writes import ReplaceObject


@dataclass(frozen=True, slots=True)
class Wired:
    """Steps that make new pods name a Secret, and what is to be said about them."""

    steps: tuple[Step, ...] = ()
    asks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    def __add__(self, other: "Wired") -> "Wired":
        return Wired(self.steps + other.steps, self.asks + other.asks, self.warnings + other.warnings)


def wire(pulls: Iterable[Pull], bench: Bench, secret: str, instead_of: str = "") -> Wired:
    """Return what makes the pods' successors name `secret`: appended, or in the place of a name that is no good.

    Raises Refused where no object could carry the name, ClusterError where one cannot be read.
    """
    groups: dict[str, tuple[Carrier | None, list[Pull]]] = {}
    known: dict[tuple[object, ...], Carrier] = {}
    for pull in pulls:
        found = None if _lists_itself(pull) else _carrier(pull, bench, known)
        groups.setdefault(str(found.ref) if found else "", (found, []))[1].append(pull)
    writes, pods = Wired(), Wired()
    for found, members in groups.values():
        changed, after = _one(found, tuple(members), bench, secret, instead_of)
        writes, pods = writes + changed, pods + after
    return writes + pods


def _carrier(pull: Pull, bench: Bench, known: dict[tuple[object, ...], Carrier]) -> Carrier:
    """Read what pods of one owner share once: there may be thousands."""
    key = (pull.namespace, pull.owner, pull.service_account)
    if key not in known:
        known[key] = carrier(pull, bench)
    return known[key]


def _lists_itself(pull: Pull) -> bool:
    """A bare pod with a list of its own gets nothing from its ServiceAccount."""
    return pull.owner is None and bool(pull.pull_secrets) and not pull.mirror


def _one(
    found: Carrier | None, pulls: tuple[Pull, ...], bench: Bench, secret: str, instead_of: str
) -> tuple[Wired, Wired]:
    if found is None:
        return Wired(), _pods(replace_pods(pulls, bench, secret))
    if found.body is None:
        raise Refused(f"{found.ref} does not exist, so nothing can be attached to it")
    if found.ref.kind == "ServiceAccount":
        return wire_account(found, found.body, secret, instead_of), _pods(replace_pods(pulls, bench, secret))
    if not may_change_template(found):
        text = f"{found.ref} cannot be changed in place: add {secret} to imagePullSecrets where it is made from."
        return Wired(warnings=(text,)), Wired()
    return _template(found, found.body, pulls, bench, secret, instead_of)


def _pods(found: PodSteps) -> Wired:
    return Wired(found.steps, found.asks, found.notes)


def wire_account(found: Carrier, body: Body, secret: str, instead_of: str = "") -> Wired:
    """Return what makes new pods of a ServiceAccount name the Secret; nothing where its list names it already."""
    step = _changed(found, body, secret, instead_of)
    if step is None:
        return Wired()
    mark = owned(body, f"ServiceAccount {found.ref.name}")
    everybody = f"Every new pod in {found.ref.namespace} that names no ServiceAccount of its own gets {secret} too."
    warnings = (everybody,) if found.ref.name == "default" else ()
    return Wired((step,), mark.asks, (*warnings, *mark.warnings))


def _template(
    found: Carrier, body: Body, pulls: tuple[Pull, ...], bench: Bench, secret: str, instead_of: str
) -> tuple[Wired, Wired]:
    step = _changed(found, body, secret, instead_of)
    mark = owned(body, str(found.ref))
    asks = (*mark.asks, *felt(found)) if step else ()
    # Where the template names the Secret already, its pods are older than that.
    waiting = tuple(pull for pull in pulls if not below_partition(found, pull)) if by_hand(found) or not step else ()
    pods = _pods(replace_pods(waiting, bench, secret)) if found.ref.kind != "CronJob" else Wired()
    said = notes(found, pulls, "names the Secret")
    return Wired((step,) if step else (), asks, (*mark.warnings, *said)), pods


def _changed(found: Carrier, body: Body, secret: str, instead_of: str) -> ReplaceObject | None:
    """Return the step that writes the list, or None where the list names the Secret already."""
    kind = found.ref.kind
    holder = list_holder(kind, body)
    if secret in pull_list(holder):
        return None
    change = _swap(instead_of, secret) if instead_of in pull_list(holder) and instead_of else _append(secret)
    listed = change(holder)["imagePullSecrets"]
    path = ("imagePullSecrets",) if kind == "ServiceAccount" else (*template_path(kind), "spec", "imagePullSecrets")
    return ReplaceObject(found.ref, Sealed(body), Sealed(with_fields(body, {path: listed})))


def _append(secret: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda holder: with_name(holder, secret)


def _swap(old: str, new: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    def swapped(holder: dict[str, Any]) -> dict[str, Any]:
        listed = [{**item, "name": new} if dig(item, "name") == old else item for item in holder["imagePullSecrets"]]
        return {**holder, "imagePullSecrets": listed}

    return swapped
