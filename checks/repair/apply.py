"""Carries a plan out: rights and dry run, receipt, then step by step, each one marked; never cancelled midway."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from checks.credentials import Login
from checks.errors import ClusterError, DoctorError, Refused
from checks.model import ObjectRef
from checks.repair.audit import Audit
from checks.repair.declared import declared
from checks.repair.journal import Journal
from checks.repair.kinds import HARBOR
from checks.repair.mint import MintRobot, bound, give_back, marked, with_login
from checks.repair.plan import FixPlan, Outcome, Progress, Safety
from checks.repair.receipt import Receipt, seal_of, with_seals, without
from checks.repair.safely import safely
from checks.repair.steps import NOT_WRITTEN as NOT_WRITTEN
from checks.repair.steps import Body, Spared, Step, Unmade, Verb, Writer
from checks.repair.writes import CreateObject

OnProgress = Callable[[Progress], None]

_PODS = (Verb.REPLACE_POD, Verb.REMAKE_POD)


def apply(
    plan: FixPlan, writer: Writer, journal: Journal, on_progress: OnProgress, audit: Audit | None = None
) -> Outcome:
    """Carry out a plan and return what came of it; `mended` stays None until the pods were looked at.

    Raises Refused for advice, and ClusterError where the dry run or the receipt fails: then nothing was written.
    """
    if plan.safety is Safety.ADVICE or not plan.steps:
        raise Refused(f"{plan.title}: this is advice; it is not carried out from here")
    return safely(lambda: _Run(plan, writer, journal, on_progress, audit).run(), "The repair")


@dataclass(slots=True)
class _Run:
    plan: FixPlan
    writer: Writer
    journal: Journal
    on_progress: OnProgress
    audit: Audit | None
    answers: tuple[Body | None, ...] = ()
    steps: tuple[Step, ...] = ()
    """Those of the plan, with the passwords that became known on the way."""
    logins: list[tuple[Login, Login]] = field(default_factory=list)
    """A stand-in and the login of the robot that was made for it."""
    receipts: tuple[Receipt, ...] = ()
    done: list[Step] = field(default_factory=list)
    made: dict[ObjectRef, Body | None] = field(default_factory=dict)
    """What was written, as it was stored."""
    spared: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, DoctorError]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def run(self) -> Outcome:
        self._rehearse()
        self._tell("journal", "Writing the receipt")
        name = self.journal.name()
        # What is made in Harbor bears the receipt's name, so that undo knows it from anywhere.
        self.plan = replace(self.plan, steps=tuple(marked(s, name, self.plan.home) for s in self.plan.steps))
        self.steps = self.plan.steps
        self.receipts = self.journal.open(self.plan, self.answers, name)
        for number in range(len(self.steps)):
            step = self.steps[number]
            if not any(_stops(failed, error, step) for failed, error in self.failed):
                self._step(step)
        return self._finish()

    def _rehearse(self) -> None:
        """Let the API server say about every write whether it would take it, before the first one."""
        self._tell("checking", "Asking the API server whether it would take every write")
        self.answers = tuple(step.apply(self.writer, dry_run=True) for step in self.plan.steps)

    def _step(self, step: Step) -> None:
        self._tell("applying", step.describe())
        try:
            stored = step.apply(self.writer)
        except Spared as why:
            self._spare(step, why)
            return
        except DoctorError as error:
            self.failed.append((step, error))
            self._note(step, None, type(error).__name__)
            self._put_back(step)
            return
        self.done.append(step)
        self.made[step.target] = stored
        if isinstance(step, MintRobot) and not self._bind(step, stored):
            return
        self._mark(step, stored)
        self._note(step, stored, "written")

    def _bind(self, step: MintRobot, stored: Body | None) -> bool:
        """Give the steps after it the new robot's login; the receipt must know them by their seals before that."""
        login, step.handed.login = step.handed.login, None
        if login is None:
            raise DoctorError(f"{step.target} gave no login")
        self.logins.append((step.stand_in, login))
        real = partial(with_login, old=step.stand_in, new=login)
        try:
            self.receipts = tuple(with_seals(receipt, real) for receipt in self.receipts)
            self.receipts = self.journal.mark(self.receipts, step.target, step.verb, stored)
        except (ClusterError, OSError) as error:
            self.failed.append((step, Refused(f"the receipt could not be written anew: {_text(error)}")))
            self._note(step, None, type(error).__name__)
            return False
        self.steps = tuple(bound(later, step.stand_in, login) for later in self.steps)
        return True

    def _spare(self, step: Step, why: Spared) -> None:
        """A step that is not needed any more leaves no trace in the receipt."""
        self.spared.append(step)
        self.notes.append(f"{_text(why)}.")
        self.receipts = tuple(without(receipt, step.target, step.verb) for receipt in self.receipts)

    def _mark(self, step: Step, stored: Body | None) -> None:
        """A mark that cannot be written is no reason to stop: undo looks at the objects themselves."""
        try:
            self.receipts = self.journal.mark(self.receipts, step.target, step.verb, *self._fit_to_keep(step, stored))
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be updated: {_text(error)}.")

    def _fit_to_keep(self, step: Step, stored: Body | None) -> tuple[Body | None, str]:
        """A Secret as the receipt may hold it: a new robot's password replaced, and a seal of what was written."""
        kept = stored
        for stand_in, login in self.logins:
            if kept is not None and step.target.kind == "Secret":
                kept = with_login(kept, login, stand_in)
        if kept is None or kept is stored or stored is None:
            return stored, ""
        return kept, seal_of(declared("Secret", stored) or {})

    def _strike_out(self, left: list[Step]) -> None:
        """What was certainly not written leaves the receipt: undo has no business with it, whoever changes it later."""
        doubtful = [step.target for step, error in self.failed if not isinstance(error, NOT_WRITTEN)]
        touched = {*doubtful, *(step.target for step in self.done)}
        kept = self.receipts
        for step in left:
            if step.target not in touched:
                kept = tuple(without(receipt, step.target, step.verb) for receipt in kept)
        try:
            self.receipts = self.journal.renew(self.receipts, kept)
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be updated: {_text(error)}.")

    def _take_back(self) -> None:
        """Where nothing was written in the cluster, what was made in Harbor for it goes again, the last first."""
        if any(not isinstance(e, NOT_WRITTEN) for _, e in self.failed) or any(s.verb in _PODS for s in self.done):
            return
        if not all(step.target.kind in HARBOR for step in self.done):
            return
        for step in reversed(tuple(self.done)):
            try:
                if give_back(step, self.made.get(step.target), self.writer):
                    self.done.remove(step)
                    self.notes.append(f"{step.target} was deleted again.")
            except DoctorError as error:
                self.notes.append(f"{step.target} could not be deleted again: {_text(error)}.")
                return

    def _put_back(self, step: Step) -> None:
        """Where an object was deleted to be made anew, and that failed, make it as it was."""
        deleted = next((s for s in self.done if s.verb is Verb.DELETE and s.target == step.target), None)
        if step.verb is not Verb.CREATE or deleted is None or deleted.before is None:
            return
        try:
            CreateObject(step.target, deleted.before).apply(self.writer)
        except DoctorError as error:
            self.notes.append(f"{step.target} was deleted and could not be put back: {_text(error)}.")
        else:
            self.done.remove(deleted)
            self.notes.append(f"{step.target} was put back as it was.")

    def _finish(self) -> Outcome:
        if not self.failed and self.done:
            self._close()
            return self._outcome(True, f"{self.plan.title}: written. {self.plan.retry.capitalize()}.")
        if self.failed:
            self._take_back()
        if not self.failed:
            return self._nothing(True, f"{self.plan.title}: nothing had to be done.")
        if self._untouched():
            return self._nothing(False, f"Nothing was changed: {_text(self.failed[0][1])}.")
        # What was left half done comes first.
        step, error = next((f for f in self.failed if not isinstance(f[1], NOT_WRITTEN)), self.failed[0])
        left = [s for s in self.steps if s not in (*self.done, *self.spared)]
        self._strike_out(left)
        sentence = f"Stopped at {step.target}: {_text(error)}. {self._done_words()} Not done: {_names(left)}."
        return self._outcome(False, sentence)

    def _untouched(self) -> bool:
        known = all(isinstance(error, NOT_WRITTEN) for _, error in self.failed)
        return known and not self.done and not any("could not be put back" in note for note in self.notes)

    def _nothing(self, applied: bool, sentence: str) -> Outcome:
        self._drop()
        self._tell("done" if applied else "failed", sentence)
        return Outcome(applied, None, "", " ".join((sentence, *dict.fromkeys(self.notes))))

    def _done_words(self) -> str:
        unmade = [step for step, error in self.failed if isinstance(error, Unmade)]
        words = []
        if self.done:
            words.append(f"Done: {_names(self.done)}, and undo takes it back.")
        if unmade:
            words.append(f"The receipt has the manifest of {_names(unmade)}; undo makes it again.")
        return " ".join(words) or "It is not known whether it was written."

    def _outcome(self, applied: bool, sentence: str) -> Outcome:
        self._tell("done" if applied else "failed", sentence)
        return Outcome(applied, None, self.receipts[0].id, " ".join((sentence, *dict.fromkeys(self.notes))))

    def _close(self) -> None:
        try:
            self.receipts = self.journal.close(self.receipts)
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be closed: {_text(error)}.")

    def _drop(self) -> None:
        try:
            self.journal.drop(self.receipts)
        except (DoctorError, OSError) as error:
            self.notes.append(f"The receipt could not be removed: {_text(error)}.")

    def _note(self, step: Step, stored: Body | None, result: str) -> None:
        if self.audit is not None:
            before = step.before.body() if step.before else None
            after = stored if stored is not None else (step.after.body() if step.after else None)
            self.audit.note(self.plan.id, self.plan.problem, step.verb.value, step.target, before, after, result)

    def _tell(self, phase: str, text: str) -> None:
        self.on_progress(Progress(phase, text, len(self.done), len(self.plan.steps)))


def _stops(failed: Step, error: DoctorError, later: Step) -> bool:
    """Must a later step be left out after this failure?

    One pod's failure stops no other. A refusal stops what comes after it in its namespace: pods are replaced only for a
    cure that is in place. Nothing goes on without what should have been made in Harbor, or with a server that is gone.
    """
    if failed.verb in _PODS:
        return later.verb not in _PODS
    elsewhere = failed.target.kind not in HARBOR and failed.target.namespace != later.target.namespace
    return not (elsewhere and isinstance(error, NOT_WRITTEN))


def _names(steps: list[Step]) -> str:
    return ", ".join(str(step.target) for step in steps[:4]) + (f" and {len(steps) - 4} more" if len(steps) > 4 else "")


def _text(error: Exception) -> str:
    text = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
    return text.rstrip(".")
