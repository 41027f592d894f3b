"""Who else writes an object: will a change by hand survive, and where is it mended instead?

In: a Secret or ServiceAccount as the API gives it (metadata, and an account's pull-secret list). Out: its managers,
surest first. Owner references prove, labels and annotations mostly do; `managedFields` names vary by version and
only support. Sources: the projects' own constants and manuals, named at each reader.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from checks.managing import deployers, makers, marks
from checks.managing.marks import Manager, Marks

__all__ = ["Manager", "holds_old_password", "managers"]

_READERS: tuple[Callable[[Marks], Iterator[Manager]], ...] = (
    makers.external_secrets,
    makers.sealed_secrets,
    makers.reflector,
    makers.replicator,
    makers.cluster_secret,
    makers.patcher,
    deployers.rancher,
    deployers.kyverno,
    deployers.argo_cd,
    deployers.flux,
    deployers.openshift,
    deployers.helm,
    deployers.kubectl_apply,
    makers.other_owner,
)


def managers(obj: Mapping[str, Any]) -> tuple[Manager, ...]:
    """All managers that the object's metadata shows, the sure ones that revert first; nothing is raised."""
    seen = marks.read(obj)
    found = [manager for reader in _READERS for manager in reader(seen)]
    return tuple(sorted(found, key=lambda m: (not m.sure, not m.reverts)))


def holds_old_password(obj: Mapping[str, Any]) -> bool:
    """Whether kubectl's last-applied annotation keeps a copy of a Secret's data, which a new login leaves stale."""
    text = marks.read(obj).annotations.get(marks.LAST_APPLIED, "")
    try:
        applied = json.loads(text) if text else None
    except (ValueError, RecursionError):
        return False
    if not isinstance(applied, Mapping) or applied.get("kind", "Secret") != "Secret":
        return False
    return bool(applied.get("data") or applied.get("stringData"))
