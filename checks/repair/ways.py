"""The way back of each object of a repair: what it was, if it still is as the repair left it."""

from dataclasses import dataclass

from checks.errors import Refused
from checks.model import ObjectRef
from checks.repair.commands import set_image
from checks.repair.declared import changes, declared, for_creation, with_fields
from checks.repair.kinds import HARBOR, container_images, dig
from checks.repair.receipt import Done, Receipt
from checks.repair.sealed import Sealed
from checks.repair.show import Lines, difference
from checks.repair.steps import Body, Step, Verb, Writer
from checks.repair.writes import CreateObject, DeleteObject, ReplaceObject

PATIENCE = 30.0
"""Seconds to wait for the name of an object deleted just before."""


@dataclass(frozen=True, slots=True)
class Way:
    """What brings one object back: none, one or two steps."""

    ref: ObjectRef
    steps: tuple[Step, ...]
    lines: Lines
    left: str = ""
    """Why it cannot be brought back from here: then the receipt has to stay."""
    home: str = ""
    """Of what is in Harbor: the namespace of its receipt."""

    @property
    def namespace(self) -> str:
        """The namespace whose receipt this is from."""
        return self.home or self.ref.namespace


def ways_of(receipts: tuple[Receipt, ...], writer: Writer) -> tuple[Way, ...]:
    """Return the way back of each object in the cluster, the last written first.

    Raises Refused if one has been changed since.
    """
    ways: list[Way] = []
    for receipt in receipts:
        verbs = (Verb.CREATE, Verb.REPLACE, Verb.DELETE)
        kept = [step for step in receipt.steps if step.verb in verbs and step.ref.kind not in HARBOR]
        for ref in dict.fromkeys(step.ref for step in reversed(kept)):
            ways.append(_way(receipt, ref, [step for step in kept if step.ref == ref], writer))
    return tuple(ways)


def _way(receipt: Receipt, ref: ObjectRef, steps: list[Done], writer: Writer) -> Way:
    first = steps[0].before.body() if steps[0].before else None
    current = writer.read(ref)
    if ref.kind == "Pod" and _uid(current) != _uid(first):
        return Way(ref, (), ((" ", f"{ref} is gone since, and stays so"),))
    now = declared(ref.kind, current)
    if now == declared(ref.kind, first):
        return Way(ref, (), ())
    if not any(step.left(now) for step in steps):
        raise Refused(_changed(ref, steps[-1].after.body() if steps[-1].after else None, current))
    back = _restored(ref, first, current)
    images = container_images(ref.kind, back)
    if images != container_images(ref.kind, current) and str(ref) not in receipt.vouched:
        return Way(ref, (), *_left(receipt, ref, images))
    return Way(ref, _steps(ref, current, back), difference(ref, current, back))


def _uid(body: Body | None) -> str:
    return str(dig(body, "metadata", "uid") or "")


def _left(receipt: Receipt, ref: ObjectRef, images: dict[tuple[str, str], str]) -> tuple[Lines, str]:
    """What runs in a workload is put back only where it is known that nobody has forged it: an image is a program."""
    command = set_image(receipt.context, ref, {name: image for (_, name), image in images.items()})
    why = f"{ref} keeps its image: a receipt may be forged, and this machine did not write this one. Read it, then"
    return ((" ", why), (" ", f"  {command}")), f"{why}: {command}"


def _changed(ref: ObjectRef, left: Body | None, current: Body | None) -> str:
    lines = "; ".join(f"{mark} {text.strip()}" for mark, text in difference(ref, left, current) if mark != "=")
    return f"{ref} was changed after the repair and is left alone: {lines}"


def _restored(ref: ObjectRef, first: Body | None, current: Body | None) -> Body | None:
    """Return the object with its declared fields as they were; everything else stays as it is now."""
    if first is None or current is None:
        return first
    wanted = changes(declared(ref.kind, current) or {}, declared(ref.kind, first) or {})
    return with_fields(current, wanted)


def _steps(ref: ObjectRef, current: Body | None, back: Body | None) -> tuple[Step, ...]:
    if back is None:
        return (DeleteObject(ref, Sealed(current)),) if current is not None else ()
    if current is None:
        return (CreateObject(ref, Sealed(back), patience=PATIENCE),)
    if ref.kind == "Secret" and (current.get("type") != back.get("type") or current.get("immutable")):
        old, new = Sealed(current), Sealed(for_creation(back))
        return (DeleteObject(ref, old, remade=True), CreateObject(ref, new, patience=PATIENCE, was=old))
    return (ReplaceObject(ref, Sealed(current), Sealed(back)),)
