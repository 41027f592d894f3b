"""The way back of a pod that nobody owns: where a repair deleted it and could not make it again, undo does.

Making a pod lends our rights: it may mount every Secret of its namespace and, where we may do that, the node itself. A
receipt in the cluster could be forged by whoever may write Secrets there. So a pod is made only from a manifest whose
hash this machine noted when it wrote the receipt; of any other the receipt stays, and a person takes it from there.
"""

from collections.abc import Iterator

from checks.repair.commands import pod_in_receipt
from checks.repair.kinds import dig
from checks.repair.pods import pod_patience
from checks.repair.receipt import Done, Receipt
from checks.repair.shelves import where
from checks.repair.show import Lines
from checks.repair.steps import Body, Verb, Writer
from checks.repair.ways import PATIENCE, Way
from checks.repair.writes import CreateObject


def pods_back(receipts: tuple[Receipt, ...], writer: Writer) -> Iterator[Way]:
    """Yield the way back of each pod that was to be made again; raises ClusterError where it cannot be read."""
    for receipt in receipts:
        for step in receipt.steps:
            if step.verb is Verb.REMAKE_POD:
                yield _way(receipt, step, writer.read(step.ref))


def _way(receipt: Receipt, step: Done, current: Body | None) -> Way:
    ref, going = step.ref, bool(dig(current, "metadata", "deletionTimestamp"))
    if step not in receipt.unmade or step.after is None:
        stays = "stays as it is" if current is not None else "was made again, is gone since, and stays so"
        return Way(ref, (), ((" ", f"{ref} {stays}"),))
    if current is not None and not going:
        return Way(ref, (), ((" ", f"{ref} stays as it is"),))
    if ref.name not in receipt.vouched:
        return Way(ref, (), *_left(receipt, step))
    body = step.after.body()
    patience = pod_patience(body) if going else PATIENCE
    return Way(ref, (CreateObject(ref, step.after, patience=patience),), _shown(step, body))


def _shown(step: Done, body: Body) -> Lines:
    """What runs there, and as whom: nothing else of a pod lends so much."""
    containers = [*(dig(body, "spec", "initContainers") or ()), *(dig(body, "spec", "containers") or ())]
    images = ", ".join(str(dig(container, "image")) for container in containers)
    account = dig(body, "spec", "serviceAccountName") or "default"
    return (("+", f"{step.ref}  made again from its manifest: {images}; ServiceAccount {account}"),)


def _left(receipt: Receipt, step: Done) -> tuple[Lines, str]:
    command = pod_in_receipt(receipt.context, where(receipt), step.ref.name)
    why = f"{step.ref} was deleted and is not made again from here: a receipt may be forged, and this machine did not"
    what = "write this one. It stays. Read the manifest before you create it"
    return ((" ", f"{why} {what}"), (" ", f"  {command}")), f"{why} {what}: {command}"
