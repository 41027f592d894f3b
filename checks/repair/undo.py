"""Takes a repair back: every object that still is as the repair left it becomes again what it was.

It looks at the objects, not at what the receipt believes was done, so a run that broke off anywhere can be undone. An
object that anybody has changed since is not touched; then nothing is.
"""

from collections.abc import Callable

from checks.errors import ClusterError, Conflict, DoctorError, Refused
from checks.repair.audit import Audit
from checks.repair.harborways import harbor_back
from checks.repair.journal import Journal
from checks.repair.kinds import HARBOR
from checks.repair.plan import Outcome, Progress
from checks.repair.podways import pods_back
from checks.repair.receipt import Receipt
from checks.repair.safely import safely
from checks.repair.show import Lines
from checks.repair.steps import Step, Verb, Writer
from checks.repair.ways import Way, ways_of

OnProgress = Callable[[Progress], None]


def preview(receipts: tuple[Receipt, ...], writer: Writer) -> Lines:
    """Return the difference that undo would make. Raises Refused, naming what somebody changed since."""
    return safely(lambda: _preview(receipts, writer), "The look at what undo would do")


def _preview(receipts: tuple[Receipt, ...], writer: Writer) -> Lines:
    lines = tuple(line for way in _ways(receipts, writer) for line in way.lines)
    return (*lines, *_replaced(receipts))


def _ways(receipts: tuple[Receipt, ...], writer: Writer) -> tuple[Way, ...]:
    """Objects first: a pod that is made again may need them. Harbor last: no Secret may name a robot that is gone."""
    return (*ways_of(receipts, writer), *pods_back(receipts, writer), *harbor_back(receipts, writer))


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
    left = {way.namespace: way.left for way in ways if way.left}
    sentence = _told(receipts, ways, _dropped(tuple(r for r in receipts if r.namespace not in left), journal))
    on_progress(Progress("failed" if left else "done", sentence, len(steps), len(steps)))
    return Outcome(not left, None, receipts[0].id if left else "", sentence)


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
    told = [f"Undone: {', '.join(back)}."] if back else []
    left = [way.left for way in ways if way.left]
    stay = (way for way in ways if way.ref.kind in ("Pod", *HARBOR) and not way.steps and not way.left)
    pods = [line for way in stay for line in way.lines]
    if not back and not left:
        told = ["Nothing had to be undone." if pods else "Nothing had to be undone: everything is as it was before."]
    told += [f"{text}." for _, text in (*_replaced(receipts), *pods)]
    return " ".join((*told, *left)) + trouble


def _replaced(receipts: tuple[Receipt, ...]) -> Lines:
    """Pods that their owners made anew do not come back."""
    gone = [step for receipt in receipts for step in receipt.steps if step.verb is Verb.REPLACE_POD]
    return ((" ", f"{len(gone)} replaced pods stay replaced"),) if gone else ()


def prune(receipts: tuple[Receipt, ...], journal: Journal) -> int:
    """Remove receipts without undoing anything; returns how many. Raises ClusterError at the first that cannot be."""
    for number, receipt in enumerate(receipts):
        try:
            journal.drop((receipt,))
        except Conflict as error:
            raise Conflict(f"{number} of {len(receipts)} receipts were removed, then: {error}", error.status) from None
    return len(receipts)
