"""Takes a repair back: every object that still is as the repair left it becomes again what it was.

It looks at the objects, not at what the receipt believes was done, so a run that broke off anywhere can be undone. An
object that anybody has changed since is not touched; then nothing is.
"""

from collections.abc import Callable
from dataclasses import dataclass

from checks.errors import ClusterError, Conflict, DoctorError, Refused
from checks.model import ObjectRef
from checks.repair.audit import Audit
from checks.repair.declared import changes, declared, for_creation, with_fields
from checks.repair.journal import Journal
from checks.repair.plan import Outcome, Progress
from checks.repair.receipt import Done, Receipt
from checks.repair.safely import safely
from checks.repair.sealed import Sealed
from checks.repair.show import Lines, difference
from checks.repair.steps import Body, Step, Verb, Writer
from checks.repair.writes import CreateObject, DeleteObject, ReplaceObject

OnProgress = Callable[[Progress], None]
PATIENCE = 30.0


@dataclass(frozen=True, slots=True)
class Way:
    """What brings one object back: none, one or two steps."""

    ref: ObjectRef
    steps: tuple[Step, ...]
    lines: Lines


def preview(receipts: tuple[Receipt, ...], writer: Writer) -> Lines:
    """Return the difference that undo would make. Raises Refused, naming what somebody changed since."""
    return safely(lambda: _preview(receipts, writer), "The look at what undo would do")


def _preview(receipts: tuple[Receipt, ...], writer: Writer) -> Lines:
    lines = tuple(line for way in _ways(receipts, writer) for line in way.lines)
    return (*lines, *_cannot(receipts))


def undo(
    receipts: tuple[Receipt, ...], writer: Writer, journal: Journal, on_progress: OnProgress, audit: Audit | None = None
) -> Outcome:
    """Bring everything back, newest first, and remove the receipts; may be repeated after a crash.

    Raises Refused where somebody changed an object since, ClusterError where the dry run fails: nothing was written.
    """
    return safely(lambda: _undo(receipts, writer, journal, on_progress, audit), "The undo")


def _undo(
    receipts: tuple[Receipt, ...], writer: Writer, journal: Journal, on_progress: OnProgress, audit: Audit | None
) -> Outcome:
    ways = _ways(receipts, writer)
    steps = tuple(step for way in ways for step in way.steps)
    for step in steps:
        step.apply(writer, dry_run=True)
    for number, step in enumerate(steps):
        on_progress(Progress("applying", step.describe(), number, len(steps)))
        try:
            step.apply(writer)
        except DoctorError as error:
            why = str(error).rstrip(".")
            sentence = f"Undo stopped at {step.target}: {why}. {number} of {len(steps)} writes are done; undo again."
            on_progress(Progress("failed", sentence, number, len(steps)))
            return Outcome(False, None, receipts[0].id, sentence)
        _note(audit, receipts[0], step)
    sentence = _told(receipts, ways, _dropped(receipts, journal))
    on_progress(Progress("done", sentence, len(steps), len(steps)))
    return Outcome(True, None, "", sentence)


def _note(audit: Audit | None, receipt: Receipt, step: Step) -> None:
    if audit is not None:
        before, after = (s.body() if s else None for s in (step.before, step.after))
        audit.note("undo", receipt.problem, step.verb.value, step.target, before, after, "undone")


def _dropped(receipts: tuple[Receipt, ...], journal: Journal) -> str:
    try:
        journal.drop(receipts)
    except (ClusterError, Refused) as error:
        return f" The receipt could not be removed: {str(error).rstrip('.')}."
    return ""


def _told(receipts: tuple[Receipt, ...], ways: tuple[Way, ...], trouble: str) -> str:
    back = [str(way.ref) for way in ways if way.steps]
    told = f"Undone: {', '.join(back)}." if back else "Nothing had to be undone: everything is as it was before."
    pods = "".join(f" {text}." for _, text in _cannot(receipts))
    return told + pods + trouble


def _cannot(receipts: tuple[Receipt, ...]) -> Lines:
    """Pods do not come back; of a bare one the receipt has the manifest, which a person may apply."""
    steps = [step for receipt in receipts for step in receipt.steps]
    gone = [s.ref for s in steps if s.verb is Verb.REPLACE_POD]
    bare = [s.ref for s in steps if s.verb is Verb.REMAKE_POD]
    lines = [(" ", f"{len(gone)} replaced pods stay replaced")] if gone else []
    lines += [(" ", f"{ref} stays as it is; its manifest is in the receipt until undo") for ref in bare]
    return tuple(lines)


def _ways(receipts: tuple[Receipt, ...], writer: Writer) -> tuple[Way, ...]:
    """Return the way back of each object, the last written first; raises Refused if one has been changed since."""
    ways: list[Way] = []
    for receipt in receipts:
        kept = [step for step in receipt.steps if step.verb in (Verb.CREATE, Verb.REPLACE, Verb.DELETE)]
        for ref in dict.fromkeys(step.ref for step in reversed(kept)):
            ways.append(_way(ref, [step for step in kept if step.ref == ref], writer))
    return tuple(ways)


def _way(ref: ObjectRef, steps: list[Done], writer: Writer) -> Way:
    first = steps[0].before.body() if steps[0].before else None
    current = writer.read(ref)
    now = declared(ref.kind, current)
    if now == declared(ref.kind, first):
        return Way(ref, (), ())
    states = [step.after.body() if step.after else None for step in steps]
    if not any(now == declared(ref.kind, state) for state in states):
        raise Refused(_changed(ref, states[-1], current))
    back = _restored(ref, first, current)
    return Way(ref, _steps(ref, current, back), difference(ref, current, back))


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


def prune(receipts: tuple[Receipt, ...], journal: Journal) -> int:
    """Remove receipts without undoing anything; returns how many. Raises ClusterError at the first that cannot be."""
    for number, receipt in enumerate(receipts):
        try:
            journal.drop((receipt,))
        except Conflict as error:
            raise Conflict(f"{number} of {len(receipts)} receipts were removed, then: {error}", error.status) from None
    return len(receipts)
