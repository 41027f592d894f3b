"""A repair as data: what a person reads before any key is pressed."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from checks.repair.steps import Step, Verb
from checks.wording import few

if TYPE_CHECKING:
    from checks.model import ObjectRef

FEW = 3
"""Pods that are named one by one."""


class Safety(StrEnum):
    """How much a plan asks of the person."""

    ONE_KEY = "one_key"
    """Touches only what is broken, and can be undone."""
    CONFIRM = "confirm"
    """Somebody may feel it: asks once."""
    ADVICE = "advice"
    """We may not or cannot: text and commands only."""


@dataclass(frozen=True, slots=True)
class Right:
    """One permission that a plan needs. For `create` ask without a name: with one, the answer is worthless."""

    verb: str
    resource: str
    group: str
    namespace: str
    name: str = ""

    def __str__(self) -> str:
        return f"{self.resource} {self.verb} in {self.namespace}"


@dataclass(frozen=True, slots=True)
class RightAnswer:
    """A right and the API server's word on it; None where it could not be asked."""

    right: Right
    allowed: bool | None


@dataclass(frozen=True, slots=True)
class LoginProof:
    """Does the new login pull the failing images?"""

    proven: bool
    pulled: int
    of: int
    sentence: str
    """`pulls 4 of 4 failing images`, or why it could not be proven."""
    refused: bool = False
    """The registry itself said no to this login."""
    powers: tuple[str, ...] = ()
    """What its token grants besides pull: push, delete, ..."""


class Keep(StrEnum):
    """Where the receipt of a repair is kept, decided before anything is written."""

    CLUSTER = "cluster"
    """In a Secret beside what it undoes."""
    LOCAL = "local"
    """In the state folder of this machine: nothing secret is in it."""
    PROCESS = "process"
    """Nowhere: undo lasts only as long as this process."""


@dataclass(frozen=True, slots=True)
class FixPlan:
    """One way to mend one problem, complete: nothing else is decided after a key is pressed."""

    id: str
    """Stable name within its problem, e.g. `recreate-secret`, `attach`, `replace-pods`."""
    key: str
    """The key that chooses it: `s`, `a`, `r`."""
    title: str
    problem: str
    """`Problem.id`."""
    safety: Safety
    steps: tuple[Step, ...]
    asks: tuple[str, ...] = ()
    """With CONFIRM: what is asked, one sentence each."""
    rights: tuple[RightAnswer, ...] = ()
    proof: LoginProof | None = None
    warnings: tuple[str, ...] = ()
    """Who owns the object, who else uses it, what will be felt."""
    advice: str = ""
    """With ADVICE: text and shell-quoted commands to copy."""
    verify: tuple[tuple[str, str], ...] = ()
    """(namespace, pod or workload) whose pods must have pulled afterwards."""
    retry: str = ""
    """When the cure takes effect, in words: `at the next attempt, within 6 min`."""
    keep: Keep = Keep.CLUSTER
    home: str = ""
    """The namespace whose receipt holds what is written in Harbor."""
    then: FixPlan | None = None
    """What may be offered once the pods have pulled: to disable the robot account that was replaced."""
    cluster: str = ""
    """The context that it writes to, where several clusters are looked at."""
    confirm: str = ""
    """The context's name, where that is protected: to be given before the plan is carried out."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever anything a person reads in this plan changes; a key applies only what it was shown for."""
        import hashlib

        lines = (repr(line) for step in self.steps for line in (step.describe(), *step.diff()))
        head = (self.cluster, self.confirm, self.id, self.safety, self.title)
        text = "\x00".join((*head, *self.asks, *self.warnings, *lines))
        return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:16]

    @property
    def questions(self) -> tuple[str, ...]:
        """All that is asked first, the name of a protected context last."""
        return (*self.asks, *((name_asked(self.confirm),) if self.confirm else ()))

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """The whole diff: (mark, text) with mark one of `~ + - =` and a space for context; many pods as one line."""
        pods = [step for step in self.steps if step.verb is Verb.REPLACE_POD]
        if len(pods) <= FEW:
            return tuple(line for step in self.steps for line in step.diff())
        rest = tuple(line for step in self.steps if step.verb is not Verb.REPLACE_POD for line in step.diff())
        names = few([step.target.name for step in pods], FEW)
        return (*rest, ("-", f"{len(pods)} pods that wait for their image: {names}"))

    @property
    def targets(self) -> tuple[ObjectRef, ...]:
        """Every object that the steps write."""
        return tuple(step.target for step in self.steps)


def name_asked(context: str) -> str:
    """Say that the name of a protected context is asked."""
    return f"The context {context} is protected: its name is asked before anything is written."


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a plan that one would expect is not offered."""

    id: str
    key: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Progress:
    """One thing that happened while a plan runs; the faces show it."""

    phase: str
    """`proving`, `checking`, `journal`, `applying`, `verifying`, `done`, `failed`."""
    text: str
    done: int = 0
    of: int = 0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of applying a plan or an undo."""

    applied: bool
    """Every step was written."""
    mended: bool | None
    """True when every pod has pulled, False when some cannot, None while not yet known."""
    receipt: str
    """Receipt id, empty where nothing was written."""
    sentence: str
    waiting: tuple[str, ...] = field(default=())
    """Pods that still wait, `namespace/pod: why`."""
