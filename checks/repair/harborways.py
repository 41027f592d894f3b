"""The way back of what a repair did in Harbor, where the operator's login may do much more than the receipt's author.

A receipt in the cluster could be forged by whoever may write Secrets in its namespace. So a robot account is deleted
only if its own description bears the mark of this very repair; everything else is taken back only where this machine
noted, when it wrote the receipt, what it says. What cannot be taken back from here stays, with its receipt.
"""

from collections.abc import Iterator

from checks.errors import DoctorError
from checks.model import ObjectRef
from checks.repair.declared import Fields, changes, declared, with_fields
from checks.repair.kinds import HARBOR
from checks.repair.mint import is_marked
from checks.repair.receipt import Done, Receipt
from checks.repair.sealed import Sealed
from checks.repair.show import difference
from checks.repair.steps import Body, Verb, Writer
from checks.repair.ways import Way
from checks.repair.writes import DeleteObject, ReplaceObject

_PLACE = {"Robot": "Robot Accounts", "Member": "Members", "Project": "Projects"}


def harbor_back(receipts: tuple[Receipt, ...], writer: Writer) -> Iterator[Way]:
    """Yield the way back of everything that the repairs wrote in Harbor, the last written first."""
    for receipt in receipts:
        for step in reversed(receipt.steps):
            if step.ref.kind in HARBOR:
                yield _safely(receipt, step, writer)


def _safely(receipt: Receipt, step: Done, writer: Writer) -> Way:
    """Without a login for Harbor, or a right there, the rest is undone all the same, and the receipt stays."""
    try:
        return _way(receipt, step, writer.read(step.ref))
    except DoctorError as error:
        return _left(receipt, step.ref, f"is not taken back: {str(error).rstrip('.')}")


def _way(receipt: Receipt, step: Done, current: Body | None) -> Way:
    ref, made = step.ref, step.verb is Verb.CREATE
    if current is None:
        return Way(ref, (), () if made else ((" ", f"{ref} is gone since, and stays so"),), home=receipt.namespace)
    if made and ref.kind == "Robot":
        if not is_marked(current, receipt.id, receipt.namespace):
            stays = f"{ref} was not made by this repair and stays as it is"
            return Way(ref, (), ((" ", stays),), home=receipt.namespace)
    elif step.verb is Verb.REPLACE and _is_back(step, current):
        return Way(ref, (), (), home=receipt.namespace)
    elif step.label not in receipt.vouched:
        return _left(receipt, ref, "stays as it is: a receipt may be forged, and this machine did not write this one")
    if made and not _as_made(step, current):
        stays = f"{ref} was changed after the repair and is left alone"
        return Way(ref, (), ((" ", stays),), home=receipt.namespace)
    if held := (current.get("status") or {}).get("repositories"):
        stays = f"{ref} holds {held} repositor{'y' if held == 1 else 'ies'} by now and stays"
        return Way(ref, (), ((" ", stays),), home=receipt.namespace)
    return _gone(receipt, ref, current) if made else _as_before(receipt, step, current)


def _gone(receipt: Receipt, ref: ObjectRef, current: Body) -> Way:
    step = DeleteObject(ref, Sealed(current))
    return Way(ref, (step,), difference(ref, current, None), home=receipt.namespace)


def _as_made(step: Done, current: Body) -> bool:
    """Is it still what the repair made? Who changed it since works with it."""
    wanted, now = (declared(step.ref.kind, body) for body in (step.after.body() if step.after else None, current))
    return wanted is not None and now is not None and _settled(wanted) == _settled(now)


def _settled(fields: Fields) -> Fields:
    """Harbor keeps no order of a robot's permissions."""
    blocks = fields.get(("spec", "permissions"))
    return {**fields, ("spec", "permissions"): sorted(blocks, key=str)} if isinstance(blocks, list) else fields


def _fields(step: Done) -> tuple[Fields, Fields]:
    """What was written, and of that what leads back."""
    kind, (first, last) = step.ref.kind, (sealed.body() if sealed else None for sealed in (step.before, step.after))
    written = declared(kind, last) or {}
    return written, changes(written, declared(kind, first) or {})


def _is_back(step: Done, current: Body) -> bool:
    """Is it as before the repair, or was it never changed?"""
    now = declared(step.ref.kind, current) or {}
    return all(now.get(path) == value for path, value in _fields(step)[1].items())


def _as_before(receipt: Receipt, step: Done, current: Body) -> Way:
    ref, (written, back) = step.ref, _fields(step)
    now = declared(ref.kind, current) or {}
    if any(now.get(path) != written.get(path) for path in back):
        return Way(ref, (), ((" ", f"{ref} was changed after the repair and is left alone"),), home=receipt.namespace)
    restored = with_fields(current, back)
    change = ReplaceObject(ref, Sealed(current), Sealed(restored))
    return Way(ref, (change,), difference(ref, current, restored), home=receipt.namespace)


def _left(receipt: Receipt, ref: ObjectRef, why: str) -> Way:
    text = f"{ref} {why}; by hand: Harbor → {_PLACE[ref.kind]}"
    return Way(ref, (), ((" ", text),), text, home=receipt.namespace)
