"""Carries a plan out: rights and dry run, receipt, then its steps, each one marked; never cancelled midway."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from checks.errors import Refused
from checks.repair.audit import Audit
from checks.repair.course import Course, beside, text_of, waves
from checks.repair.journal import Journal
from checks.repair.mint import marked
from checks.repair.plan import FixPlan, Outcome, Progress, Safety
from checks.repair.safely import safely
from checks.repair.steps import NOT_WRITTEN as NOT_WRITTEN
from checks.repair.steps import Body, Step, Unmade, Writer
from checks.wording import few

OnProgress = Callable[[Progress], None]


def apply(
    plan: FixPlan, writer: Writer, journal: Journal, on_progress: OnProgress, audit: Audit | None = None
) -> Outcome:
    """Carry out a plan and return what came of it; `mended` stays None until the pods were looked at.

    Namespaces are written beside one another; `on_progress` is called from several threads, by one at a time.
    Raises Refused for advice, and ClusterError where the dry run or the receipt fails: then nothing was written.
    """
    if plan.safety is Safety.ADVICE or not plan.steps:
        raise Refused(f"{plan.title}: this is advice; it is not carried out from here")
    return safely(lambda: _Run(plan, writer, journal, on_progress, audit).run(), "The repair")


def rehearse(steps: Sequence[Step], writer: Writer) -> tuple[Body | None, ...]:
    """Let the API server say about every write whether it would take it; returns the objects as it would store them.

    Writes nothing. Raises ClusterError for the first that it would not take.
    """
    answers: dict[int, Body | None] = {}
    broken = threading.Event()

    def lane(numbers: Sequence[int]) -> None:
        for number in numbers:
            if not broken.is_set():
                answers[number] = steps[number].apply(writer, dry_run=True)

    for lanes in waves(steps):
        beside(lanes, lane, broken)
    return tuple(answers[number] for number in range(len(steps)))


class _Run:
    def __init__(
        self, plan: FixPlan, writer: Writer, journal: Journal, on_progress: OnProgress, audit: Audit | None
    ) -> None:
        self.writer, self.journal, self.on_progress, self.audit = writer, journal, on_progress, audit
        name = journal.name()
        # What is made in Harbor bears the receipt's name, so that undo knows it from anywhere.
        self.plan = replace(plan, steps=tuple(marked(s, name, plan.home) for s in plan.steps))
        self.name = name
        self._lock = threading.Lock()
        self.course = Course(
            list(self.plan.steps), plan.home, {}, writer, journal, lambda text: self._tell("applying", text), self._note
        )

    def run(self) -> Outcome:
        self._tell("checking", "Asking the API server whether it would take every write")
        answers = rehearse(self.plan.steps, self.writer)
        self._tell("journal", "Writing the receipt")
        opened = self.journal.open(self.plan, answers, self.name)
        self.course.receipts.update((receipt.namespace, receipt) for receipt in opened)
        self.course.carry_out()
        return self._finish()

    def _finish(self) -> Outcome:
        came = self.course
        if not came.failed and came.done:
            came.close()
            return self._outcome(True, f"{self.plan.title}: written. {self.plan.retry.capitalize()}.")
        if not came.failed:
            return self._nothing(True, f"{self.plan.title}: nothing had to be done.")
        came.take_back()
        if came.untouched:
            return self._nothing(False, f"Nothing was changed: {text_of(came.failed[0][1])}.")
        # What was left half done comes first.
        step, error = next((f for f in came.failed if not isinstance(f[1], NOT_WRITTEN)), came.failed[0])
        left = came.left
        came.strike_out(left)
        sentence = f"Stopped at {step.target}: {text_of(error)}. {self._done_words()} Not done: {_names(left)}."
        return self._outcome(False, sentence)

    def _done_words(self) -> str:
        unmade = [step for step, error in self.course.failed if isinstance(error, Unmade)]
        words = []
        if self.course.done:
            words.append(f"Done: {_names(self.course.done)}, and undo takes it back.")
        if unmade:
            words.append(f"The receipt has the manifest of {_names(unmade)}; undo makes it again.")
        return " ".join(words) or "It is not known whether it was written."

    def _nothing(self, applied: bool, sentence: str) -> Outcome:
        self.course.drop()
        return self._told(applied, sentence, "")

    def _outcome(self, applied: bool, sentence: str) -> Outcome:
        return self._told(applied, sentence, self.name)

    def _told(self, applied: bool, sentence: str, receipt: str) -> Outcome:
        self._tell("done" if applied else "failed", sentence)
        return Outcome(applied, None, receipt, " ".join((sentence, *dict.fromkeys(self.course.notes))))

    def _note(self, step: Step, stored: Body | None, result: str) -> None:
        if self.audit is not None:
            before = step.before.body() if step.before else None
            after = stored if stored is not None else (step.after.body() if step.after else None)
            with self._lock:
                self.audit.note(self.plan.id, self.plan.problem, step.verb.value, step.target, before, after, result)

    def _tell(self, phase: str, text: str) -> None:
        with self._lock:
            self.on_progress(Progress(phase, text, len(self.course.done), len(self.plan.steps)))


def _names(steps: list[Step]) -> str:
    return few([str(step.target) for step in steps], 4)
