"""Turns a Secret's new body into steps, and says who else feels it."""

from dataclasses import dataclass, replace
from typing import Any

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON
from checks.errors import ClusterError, Refused
from checks.managers import holds_old_password
from checks.model import ObjectRef
from checks.repair.bench import Bench
from checks.repair.declared import LAST_APPLIED
from checks.repair.kinds import dig
from checks.repair.owners import Owned, owned
from checks.repair.sealed import Sealed
from checks.repair.steps import Step
from checks.repair.writes import CreateObject, DeleteObject, ReplaceObject

PATIENCE = 30.0
"""Seconds to wait until a deleted Secret has freed its name."""


@dataclass(frozen=True, slots=True)
class SecretWrite:
    """How a Secret gets its new content."""

    steps: tuple[Step, ...]
    name: str
    """The Secret's name afterwards: another one where the old one is immutable."""
    warnings: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()


def write_secret(ref: ObjectRef, body: dict[str, Any] | None, new: dict[str, Any], bench: Bench) -> SecretWrite:
    """Return the steps that lead from a Secret (None: not there) to its new body.

    In place where that is possible; delete and create where the type changes; under a new name where it is
    immutable, because nodes keep the old content under the old name. Raises Refused where none of them can be.
    """
    if body is None:
        return SecretWrite((CreateObject(ref, Sealed(new)),), ref.name)
    mark = owned(body, "The Secret")
    warnings, asks = (*mark.warnings, *users(ref, bench)), mark.asks
    if body.get("immutable"):
        return _renamed(ref, new, mark, bench)
    if holds_old_password(body):
        new = _without_copy(new)
        warnings = (*warnings, "kubectl's copy of the old payload in the Secret's annotations is taken out.")
    return SecretWrite(_in_place(ref, body, new), ref.name, warnings, asks)


def _in_place(ref: ObjectRef, body: dict[str, Any], new: dict[str, Any]) -> tuple[Step, ...]:
    if body.get("type") == new.get("type"):
        return (ReplaceObject(ref, Sealed(body), Sealed(new)),)
    if dig(body, "metadata", "finalizers"):
        raise Refused(f"{ref} has the wrong type and finalizers hold it, so it cannot be deleted and made anew")
    if str(body.get("type")).startswith("kubernetes.io/") and body["type"] not in (DOCKER_CONFIG_JSON, DOCKER_CFG):
        raise Refused(f"{ref} is of type {body['type']} and serves something else; it is not turned into a pull secret")
    old = Sealed(body)
    return (DeleteObject(ref, old, remade=True), CreateObject(ref, Sealed(new), patience=PATIENCE, was=old))


def _renamed(ref: ObjectRef, new: dict[str, Any], mark: Owned, bench: Bench) -> SecretWrite:
    name = free_name(ref.namespace, ref.name, bench)
    # Labels and annotations stay behind: copied marks would make a manager prune or overwrite the new Secret.
    body = {**new, "metadata": {"namespace": ref.namespace, "name": name}}
    why = f"{ref.name} is immutable and nodes keep its old content, so {name} takes its place; {ref.name} stays."
    step = CreateObject(replace(ref, name=name), Sealed(body))
    return SecretWrite((step,), name, (why, *mark.warnings), ())


def free_name(namespace: str, base: str, bench: Bench) -> str:
    """Return a Secret name that is not taken: `base`, `base-2`, ...; raises Refused where twenty are."""
    for number in range(1, 21):
        name = base if number == 1 else f"{base[:250]}-{number}"
        if bench.read(ObjectRef("Secret", namespace, name)) is None:
            return name
    raise Refused(f"no free name like {base} was found in {namespace}")


def users(ref: ObjectRef, bench: Bench) -> tuple[str, ...]:
    """Say how many running pods name this Secret too."""
    try:
        running = bench.pods_using_secret(ref.namespace, ref.name).running
    except ClusterError:
        return ()
    return (f"Also used by {running} running pod{'s' * (running != 1)}.",) if running else ()


def _without_copy(body: dict[str, Any]) -> dict[str, Any]:
    meta = dict(body["metadata"])
    meta["annotations"] = {k: v for k, v in meta["annotations"].items() if k != LAST_APPLIED}
    return {**body, "metadata": meta}
