"""The way back of what a repair did in Harbor, where the operator's login may do much more than the receipt's author.

A receipt in the cluster could be forged by whoever may write Secrets in its namespace. So a robot account is deleted
only if its own description bears the mark of this very repair; everything else is taken back only where this machine
noted, when it wrote the receipt, what it says, and a project or member only if it is the very one that was made. What
cannot be taken back from here stays, with its receipt.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.errors import DoctorError
from checks.model import ObjectRef
from checks.repair.declared import Fields, changes, declared, with_fields
from checks.repair.kinds import HARBOR
from checks.repair.mint import holds_login_of, is_marked
from checks.repair.ours import another, besides, doubtful, word
from checks.repair.receipt import Done, Receipt
from checks.repair.sealed import Sealed
from checks.repair.show import difference
from checks.repair.steps import Body, Verb, Writer
from checks.repair.ways import Way
from checks.repair.writes import DeleteObject, ReplaceObject

_FORGED = "stays as it is: a receipt may be forged, and this machine did not write this one"
_PLACE = {"Robot": "Robot Accounts", "Member": "Members", "Project": "Projects"}


def harbor_back(receipts: tuple[Receipt, ...], writer: Writer) -> Iterator[Way]:
    """Yield the way back of everything that the repairs wrote in Harbor, the last written first."""
    going: set[str] = set()
    for receipt in receipts:
        look = _Look(receipt, frozenset(one.namespace for one in receipts if one.id == receipt.id), writer, going)
        for step in reversed(receipt.steps):
            if step.ref.kind in HARBOR:
                yield look.safely(step)


@dataclass(frozen=True, slots=True)
class _Look:
    """One receipt, and what else is taken back with it."""

    receipt: Receipt
    spaces: frozenset[str]
    """Namespaces in which this undo takes the repair back."""
    writer: Writer
    going: set[str]
    """What goes out of Harbor in this undo, as a project is said to hold it."""

    def safely(self, step: Done) -> Way:
        """Without a login for Harbor, or a right there, the rest is undone all the same, and the receipt stays."""
        try:
            return self._way(step, self.writer.read(step.ref))
        except DoctorError as error:
            return _left(self.receipt, step.ref, f"is not taken back: {str(error).rstrip('.')}")

    def _way(self, step: Done, current: Body | None) -> Way:
        receipt, ref, made = self.receipt, step.ref, step.verb is Verb.CREATE
        if current is None:
            lines = () if made else ((" ", f"{ref} is gone since, and stays so"),)
            return Way(ref, (), lines, home=receipt.namespace)
        if made:
            return self._made(step, current)
        if _is_back(step, current):
            return Way(ref, (), (), home=receipt.namespace)
        return _left(receipt, ref, _FORGED) if step.label not in receipt.vouched else _as_before(receipt, step, current)

    def _made(self, step: Done, current: Body) -> Way:
        receipt, ref, after = self.receipt, step.ref, step.after.body() if step.after else None
        if ref.kind != "Robot" and another(after, current) and _as_made(step, current):
            stays = f"{ref} was made anew by somebody after the repair, and stays"
            return Way(ref, (), ((" ", stays),), home=receipt.namespace)
        if ref.kind == "Robot" and not step.done and not is_marked(current, receipt.id, receipt.namespace):
            stays = f"{ref} was not made by this repair and stays as it is"
            return Way(ref, (), ((" ", stays),), home=receipt.namespace)
        if why := self._stays(step, after, current):
            return _left(receipt, ref, why)
        self.going.add(word(ref, current))
        return _gone(receipt, ref, current)

    def _stays(self, step: Done, after: Body | None, current: Body) -> str:
        """Why an object that is there is not deleted; empty where it is ours, and nothing else goes with it."""
        receipt, ref = self.receipt, step.ref
        if ref.kind == "Robot" and not is_marked(current, receipt.id, receipt.namespace):
            return "does not bear the mark of this repair and stays as it is"
        if ref.kind != "Robot" and step.label not in receipt.vouched:
            return _FORGED
        if not _as_made(step, current) or another(after if ref.kind != "Robot" else None, current):
            return "was changed after the repair and is left alone"
        if ref.kind == "Project" and doubtful(after, current, receipt.created):
            return "stays: the repair broke off, so it is not known whether this is the one that it made"
        if held := besides(ref, current, self.writer, self.going):
            return f"holds {held} by now and stays"
        users = self._users(ref, current) if ref.kind == "Robot" else ()
        return f"stays: {', '.join(users)} still pull{'s' * (len(users) == 1)} with it" if users else ""

    def _users(self, ref: ObjectRef, current: Body) -> tuple[str, ...]:
        """The Secrets of namespaces where this undo does nothing, and which hold the robot's login still."""
        names = {ref.name, str(current["metadata"]["name"])}
        places = (place.partition("/") for place in self.receipt.elsewhere)
        secrets = [ObjectRef("Secret", space, name) for space, _, name in places if space not in self.spaces]
        bodies = ((secret, self.writer.read(secret)) for secret in secrets)
        return tuple(str(secret) for secret, body in bodies if body is not None and holds_login_of(body, names))


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
        return _left(receipt, ref, "was changed after the repair and is left alone")
    restored = with_fields(current, back)
    change = ReplaceObject(ref, Sealed(current), Sealed(restored))
    return Way(ref, (change,), difference(ref, current, restored), home=receipt.namespace)


def _left(receipt: Receipt, ref: ObjectRef, why: str) -> Way:
    text = f"{ref} {why}; by hand: Harbor → {_PLACE[ref.kind]}"
    return Way(ref, (), ((" ", text),), text, home=receipt.namespace)
