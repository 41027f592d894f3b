"""What a change of a pod template leads to: which pods their owner replaces by itself, and which not.

Sources: facts of a real cluster (a StatefulSet waits for its stuck pod for ever, kubernetes issue 67250), and the API
reference of the workloads (`updateStrategy`, `suspend`, `concurrencyPolicy`).
"""

from checks.model import Pull
from checks.repair.kinds import dig
from checks.repair.workload import Carrier, names_of

_PATIENT = ("StatefulSet", "ReplicaSet")
"""A StatefulSet's rollout stops at a pod that is not ready; a ReplicaSet has none."""


def rolls(found: Carrier) -> bool:
    """Does the owner replace running pods too, once its template is another?"""
    return found.ref.kind not in ("CronJob", "ReplicaSet") and not _on_delete(found)


def by_hand(found: Carrier) -> bool:
    """Do the stuck pods stay until somebody deletes them?"""
    return found.ref.kind in _PATIENT or _on_delete(found)


def _on_delete(found: Carrier) -> bool:
    return bool(dig(found.body, "spec", "updateStrategy", "type") == "OnDelete")


def felt(found: Carrier) -> tuple[str, ...]:
    """Return what has to be asked before the template is changed."""
    return (f"The pods of {found.ref} are rolled out anew, running ones too.",) if rolls(found) else ()


def notes(found: Carrier, pulls: tuple[Pull, ...], what: str) -> tuple[str, ...]:
    """Return what is to be known of a template that gets `what` (`names the Secret`, `has the right image`)."""
    if found.ref.kind == "CronJob":
        return tuple(_of_cron_job(found, pulls, what))
    held = tuple(pull for pull in pulls if below_partition(found, pull))
    said = [f"{names_of(held)} stays as it is: it is below the partition of {found.ref}."] if held else []
    if dig(found.body, "spec", "paused"):
        said.append(f"The rollout of {found.ref} is paused: resume it.")
    return tuple(said)


def _of_cron_job(found: Carrier, pulls: tuple[Pull, ...], what: str) -> list[str]:
    said = [f"{names_of(pulls)} keeps waiting: only the next run of {found.ref} {what}."]
    if dig(found.body, "spec", "concurrencyPolicy") == "Forbid":
        said.append(f"{found.ref} forbids two runs at a time: its next run waits until the stuck Job is gone.")
    if dig(found.body, "spec", "suspend"):
        said.append(f"{found.ref} is suspended: it has no next run before it is resumed.")
    return said


def below_partition(found: Carrier, pull: Pull) -> bool:
    """Is it a StatefulSet's pod that would be made from the old template again? (`rollingUpdate.partition`)"""
    ordinal = pull.pod.rpartition("-")[2]
    if found.ref.kind != "StatefulSet" or not ordinal.isdigit():
        return False
    partition = dig(found.body, "spec", "updateStrategy", "rollingUpdate", "partition") or 0
    start = dig(found.body, "spec", "ordinals", "start") or 0
    return isinstance(partition, int) and isinstance(start, int) and partition > 0 and int(ordinal) < start + partition
