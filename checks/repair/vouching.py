"""What this machine notes of a receipt when it writes it, to know later that nobody has forged what undo would do.

Hashes only, but for Harbor's numbers: nothing secret.
"""

import hashlib
import json
from datetime import datetime

from checks.model import ObjectRef
from checks.repair.declared import changes, declared
from checks.repair.kinds import HARBOR, container_images, dig
from checks.repair.receipt import Done, Receipt, body_of, kept
from checks.repair.steps import Verb


def pod_seals(receipt: Receipt) -> dict[str, str]:
    """Return a hash of each manifest that a pod is to be made again from, by the pod's name."""
    return {
        step.ref.name: hashlib.sha256(json.dumps(kept(step.after), sort_keys=True).encode()).hexdigest()
        for step in receipt.steps
        if step.verb is Verb.REMAKE_POD
    }


def harbor_seals(receipt: Receipt) -> dict[str, str]:
    """Return a hash of what undo would put back of each object in Harbor that bears no mark of ours, by its label."""
    return {step.label: _way_back(step, receipt.created) for step in receipt.steps if step.ref.kind in HARBOR}


def made_numbers(receipt: Receipt) -> dict[str, str]:
    """Return Harbor's number of each project and member that the repair made, by its label."""
    made = (s for s in receipt.steps if s.verb is Verb.CREATE and s.ref.kind in ("Project", "Member"))
    found = {step.label: str(dig(body_of(step.after), "metadata", "uid") or "") for step in made}
    return {label: number for label, number in found.items() if number}


def image_seals(receipt: Receipt) -> dict[str, str]:
    """Return a hash of the images that undo would put back into each object, by its label."""
    firsts: dict[ObjectRef, Done] = {}
    for step in receipt.steps:
        if step.verb is Verb.REPLACE:
            firsts.setdefault(step.ref, step)
    found = {step.label: _images(step) for step in firsts.values()}
    return {name: hashlib.sha256(json.dumps([name, back]).encode()).hexdigest() for name, back in found.items() if back}


def _images(step: Done) -> list[tuple[tuple[str, str], str]]:
    return sorted(container_images(step.ref.kind, body_of(step.before)).items())


def _way_back(step: Done, created: datetime) -> str:
    kind = step.ref.kind
    before, after = (declared(kind, body_of(sealed)) for sealed in (step.before, step.after))
    back = changes(after or {}, before) if before is not None else {}
    whose = dig(body_of(step.after), "metadata", "owner")
    kept = [str(whose), created.isoformat()] if step.ref.kind == "Project" else []
    fields = sorted((list(k), v) for k, v in back.items())
    text = json.dumps([step.verb, str(step.ref), before is None, fields, *kept])
    return hashlib.sha256(text.encode()).hexdigest()
