"""The writes of a repair: what belongs to one namespace in turn, several namespaces beside one another."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from checks.credentials import Login
from checks.errors import ClusterError, DoctorError, Refused
from checks.model import ObjectRef
from checks.repair.declared import declared
from checks.repair.journal import Journal
from checks.repair.kinds import HARBOR
from checks.repair.mint import MintRobot, bound, give_back, with_login
from checks.repair.receipt import Receipt, seal_of, with_seals, without
from checks.repair.steps import NOT_WRITTEN, Body, Spared, Step, Unmade, Verb, Writer
from checks.repair.writes import CreateObject

LANES = 4
"""Namespaces that are written at the same time: an API server allows one user only so much at once."""
PODS = (Verb.REPLACE_POD, Verb.REMAKE_POD)

Tell = Callable[[str], None]
"""Is told the step that begins."""
Note = Callable[[Step, Body | None, str], None]
"""Is told a step, the object as stored, and the result, for the audit log."""


@dataclass(slots=True)
class Course:
    """Carries steps out and knows what became of each. To lists and dicts several threads only add."""

    steps: list[Step]
    """Those of the plan, with the passwords that became known on the way."""
    home: str
    """The namespace whose receipt holds what is written in Harbor."""
    receipts: dict[str, Receipt]
    """By namespace; only the lane of a namespace writes its receipt."""
    writer: Writer
    journal: Journal
    tell: Tell
    note: Note
    logins: list[tuple[Login, Login]] = field(default_factory=list)
    """A stand-in and the login of the robot that was made for it."""
    done: list[Step] = field(default_factory=list)
    made: dict[ObjectRef, Body | None] = field(default_factory=dict)
    """What was written, as it was stored."""
    spared: list[Step] = field(default_factory=list)
    failed: list[tuple[Step, DoctorError]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _changes: threading.Lock = field(default_factory=threading.Lock)
    """Held while the list of what is done is written: a step may leave it again."""
    _broken: threading.Event = field(default_factory=threading.Event)
    """Something unforeseen happened in one lane, or the program is to end: no lane begins another step."""

    def carry_out(self) -> None:
        """Write all steps but those that an earlier failure stops; then everything is in the order of the plan."""
        for lanes in waves(self.steps):
            beside(lanes, self._lane, self._broken)
        place = {(step.target, step.verb): number for number, step in enumerate(self.steps)}
        self.done.sort(key=lambda step: place[step.target, step.verb])
        self.failed.sort(key=lambda failure: place[failure[0].target, failure[0].verb])

    def _lane(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            step = self.steps[number]
            if self._broken.is_set():
                return
            if not any(stops(failed, error, step) for failed, error in tuple(self.failed)):
                self._step(step)

    def _step(self, step: Step) -> None:
        self.tell(step.describe())
        try:
            stored = step.apply(self.writer)
        except Spared as why:
            self._spare(step, why)
            return
        except DoctorError as error:
            self.failed.append((step, error))
            self.note(step, None, type(error).__name__)
            self._put_back(step)
            return
        with self._changes:
            self.done.append(step)
        self.made[step.target] = stored
        if isinstance(step, MintRobot) and not self._bind(step, stored):
            return
        self._mark(step, stored)
        self.note(step, stored, "written")

    def _bind(self, step: MintRobot, stored: Body | None) -> bool:
        """Give the steps after it the new robot's login; the receipts must know them by their seals before that."""
        login, step.handed.login = step.handed.login, None
        if login is None:
            raise DoctorError(f"{step.target} gave no login")
        self.logins.append((step.stand_in, login))
        real = partial(with_login, old=step.stand_in, new=login)
        try:
            self._keep(with_seals(receipt, real) for receipt in tuple(self.receipts.values()))
            self._keep(self.journal.mark(tuple(self.receipts.values()), step.target, step.verb, stored))
        except (ClusterError, OSError) as error:
            self.failed.append((step, Refused(f"the receipt could not be written anew: {text_of(error)}")))
            self.note(step, None, type(error).__name__)
            return False
        # What is made in Harbor is made before any lane of the cluster begins.
        self.steps[:] = (bound(later, step.stand_in, login) for later in self.steps)
        return True

    def _keep(self, receipts: Iterable[Receipt]) -> None:
        for receipt in receipts:
            self.receipts[receipt.namespace] = receipt

    def _of(self, step: Step) -> Receipt:
        return self.receipts[self.home if step.target.kind in HARBOR else step.target.namespace]

    def _spare(self, step: Step, why: Spared) -> None:
        """A step that is not needed any more leaves no trace in the receipt."""
        self.spared.append(step)
        self.notes.append(f"{text_of(why)}.")
        self._keep((without(self._of(step), step.target, step.verb),))

    def _mark(self, step: Step, stored: Body | None) -> None:
        """A mark that cannot be written is no reason to stop: undo looks at the objects themselves."""
        kept = self._fit_to_keep(step, stored)
        try:
            self._keep(self.journal.mark((self._of(step),), step.target, step.verb, *kept))
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be updated: {text_of(error)}.")

    def _fit_to_keep(self, step: Step, stored: Body | None) -> tuple[Body | None, str]:
        """A Secret as the receipt may hold it: a new robot's password replaced, and a seal of what was written."""
        kept = stored
        for stand_in, login in self.logins:
            if kept is not None and step.target.kind == "Secret":
                kept = with_login(kept, login, stand_in)
        if kept is None or kept is stored or stored is None:
            return stored, ""
        return kept, seal_of(declared("Secret", stored) or {})

    def _put_back(self, step: Step) -> None:
        """Where an object was deleted to be made anew, and that failed, make it as it was."""
        deleted = next((s for s in self.done if s.verb is Verb.DELETE and s.target == step.target), None)
        if step.verb is not Verb.CREATE or deleted is None or deleted.before is None:
            return
        try:
            CreateObject(step.target, deleted.before).apply(self.writer)
        except DoctorError as error:
            self.notes.append(f"{step.target} was deleted and could not be put back: {text_of(error)}.")
        else:
            with self._changes:
                self.done[:] = [one for one in self.done if one is not deleted]
            self.notes.append(f"{step.target} was put back as it was.")

    @property
    def left(self) -> list[Step]:
        """What was neither written nor found needless."""
        return [step for step in self.steps if step not in (*self.done, *self.spared)]

    @property
    def untouched(self) -> bool:
        """Is it certain that nothing was changed?"""
        known = all(isinstance(error, NOT_WRITTEN) for _, error in self.failed)
        return known and not self.done and not any("could not be put back" in note for note in self.notes)

    def take_back(self) -> None:
        """Where nothing was written in the cluster, what was made in Harbor for it goes again, the last first."""
        if any(not isinstance(e, NOT_WRITTEN) for _, e in self.failed) or any(s.verb in PODS for s in self.done):
            return
        if not all(step.target.kind in HARBOR for step in self.done):
            return
        for step in reversed(tuple(self.done)):
            try:
                if give_back(step, self.made.get(step.target), self.writer):
                    self.done.remove(step)
                    self.notes.append(f"{step.target} was deleted again.")
            except DoctorError as error:
                self.notes.append(f"{step.target} could not be deleted again: {text_of(error)}.")
                return

    def strike_out(self, left: Sequence[Step]) -> None:
        """What was certainly not written leaves the receipt: undo has no business with it, whoever changes it later."""
        doubtful = [step.target for step, error in self.failed if not isinstance(error, NOT_WRITTEN)]
        touched = {*doubtful, *(step.target for step in self.done)}
        before = kept = tuple(self.receipts.values())
        for step in left:
            if step.target not in touched:
                kept = tuple(without(receipt, step.target, step.verb) for receipt in kept)
        try:
            self.journal.renew(before, kept)
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be updated: {text_of(error)}.")

    def close(self) -> None:
        """Write into the receipts that the repair came to its end."""
        try:
            self.journal.close(tuple(self.receipts.values()))
        except (ClusterError, OSError) as error:
            self.notes.append(f"The receipt could not be closed: {text_of(error)}.")

    def drop(self) -> None:
        """Remove the receipts: nothing was written."""
        try:
            self.journal.drop(tuple(self.receipts.values()))
        except (DoctorError, OSError) as error:
            self.notes.append(f"The receipt could not be removed: {text_of(error)}.")


def waves(steps: Sequence[Step]) -> Iterator[tuple[tuple[int, ...], ...]]:
    """Yield what may be written at the same time, one after the other: lanes of the numbers of steps, in their order.

    What is made in Harbor is a wave of one lane: what comes after it in the plan rests on it.
    """
    for in_harbor, some in groupby(range(len(steps)), lambda number: steps[number].target.kind in HARBOR):
        lanes: dict[str, list[int]] = {}
        for number in some:
            lanes.setdefault("" if in_harbor else steps[number].target.namespace, []).append(number)
        yield tuple(tuple(lane) for lane in lanes.values())


def beside(lanes: Sequence[Sequence[int]], work: Callable[[Sequence[int]], None], broken: threading.Event) -> None:
    """Work on up to LANES lanes at a time, and return when all have come to their end.

    Raises the first error of a lane when the others have ended; `broken` is set at once, and they look at it.
    """
    if len(lanes) == 1:
        work(lanes[0])
        return

    def one(lane: Sequence[int]) -> None:
        try:
            work(lane)
        except BaseException:
            broken.set()
            raise

    with ThreadPoolExecutor(min(LANES, len(lanes)), thread_name_prefix="repair") as pool:
        try:
            for ended in [pool.submit(one, lane) for lane in lanes]:
                ended.result()
        except BaseException:
            # Ctrl+C too: what is under way comes to its end and is marked, and nothing else begins.
            broken.set()
            raise


def stops(failed: Step, error: DoctorError, later: Step) -> bool:
    """Must a later step be left out after this failure?

    One pod's failure stops no other pod. A refusal stops what comes after it in its namespace: pods are replaced only
    for a cure that is in place. Nothing goes on without what should have been made in Harbor, and no object is written
    anew at a server that is gone.
    """
    elsewhere = HARBOR.isdisjoint((failed.target.kind, later.target.kind)) and (
        failed.target.namespace != later.target.namespace
    )
    if failed.verb in PODS and later.verb in PODS:
        return False
    return not (elsewhere and isinstance(error, (*NOT_WRITTEN, Unmade)))


def text_of(error: Exception) -> str:
    """Say an error without its last full stop; of the operating system's only the reason, no file name."""
    text = (error.strerror or type(error).__name__) if isinstance(error, OSError) else str(error)
    return text.rstrip(".")
