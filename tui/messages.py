"""What workers tell the screens. Workers touch no widget; handlers own all state.

Each carries the number of the scan it belongs to where there is one: a stale message is dropped.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from checks.model import Diagnosis, Problem
    from checks.repair.onboard import Onboarding
    from checks.repair.plan import FixPlan, LoginProof, Outcome, Progress, Refusal
    from checks.repair.probe.answer import ProbeAnswer
    from checks.repair.probe.plan import ProbePlan
    from checks.signin import Greeting
    from checks.told import ClusterInfo, Report


@dataclass(eq=False, repr=False)
class Connected(Message):
    """The cluster is there, and knows us."""

    info: ClusterInfo


@dataclass(eq=False, repr=False)
class BrokenOff(Message):
    """A repair was begun earlier and did not come to its end."""

    title: str
    receipt: str
    at: datetime
    cluster: str
    problem: str
    """Id of the problem that it was to mend."""
    namespaces: tuple[str, ...]


@dataclass(eq=False, repr=False)
class Explained(Message):
    """Problems as far as they are known; `final` ends the scan."""

    number: int
    report: Report
    final: bool


@dataclass(eq=False, repr=False)
class Watched(Message):
    """From now on the cluster is watched."""

    number: int


@dataclass(eq=False, repr=False)
class Moved(Message):
    """The cluster has moved since the scan; `trouble` says why the view is not live at the moment."""

    number: int
    report: Report
    trouble: str


@dataclass(eq=False, repr=False)
class Offered(Message):
    """The plans of one problem."""

    problem: str
    offers: tuple[FixPlan | Refusal, ...]
    of: Problem
    """The problem as it was when they were made."""
    ticket: int


@dataclass(eq=False, repr=False)
class Tested(Message):
    """A login of the form, tried."""

    proof: LoginProof


@dataclass(eq=False, repr=False)
class Advanced(Message):
    """A repair or undo went one step on."""

    problem: str
    progress: Progress


@dataclass(eq=False, repr=False)
class Finished(Message):
    """A repair or undo came to an end; `undo` holds what `z` would put back."""

    problem: str
    outcome: Outcome
    undone: bool
    undo: tuple[tuple[str, str], ...] = ()


@dataclass(eq=False, repr=False)
class Failed(Message):
    """Work ended in an error, already a sentence; `whole`: the scan itself could not be made."""

    sentence: str
    problem: str = ""
    whole: bool = False


@dataclass(eq=False, repr=False)
class Exported(Message):
    """What was written for Git, by the files' names; `error` says why nothing was."""

    problem: str
    folder: str
    names: tuple[str, ...]
    error: str = ""


@dataclass(eq=False, repr=False)
class Filtered(Message):
    """The filter line was changed."""

    words: str


@dataclass(eq=False, repr=False)
class Greeted(Message):
    """What Harbor said to a login of the form, and whether it is used from now on."""

    greeting: Greeting
    used: bool


@dataclass(eq=False, repr=False)
class LoginPlanned(Message):
    """The plan that writes a login typed into the form, or why there is none."""

    problem: str
    offer: FixPlan | Refusal


@dataclass(eq=False, repr=False)
class ProbePlanned(Message):
    """A probe pod as it would be made, what admission would change, or why there is none."""

    problem: str
    offer: ProbePlan | Refusal
    notes: tuple[str, ...]


@dataclass(eq=False, repr=False)
class ProbeAdvanced(Message):
    """A probe went one step on."""

    problem: str
    progress: Progress


@dataclass(eq=False, repr=False)
class ProbeAnswered(Message):
    """A probe came to its end; `error` says why the node was not asked."""

    problem: str
    answer: ProbeAnswer | None
    compared: tuple[str, ...]
    error: str


@dataclass(eq=False, repr=False)
class Cleared(Message):
    """What became of something that an earlier run left behind."""

    sentence: str


@dataclass(eq=False, repr=False)
class TenantPlanned(Message):
    """What a new tenant needs and has already; without `made` the sentence says why it cannot be done."""

    made: Onboarding | None
    sentence: str


@dataclass(eq=False, repr=False)
class CarriedOut(Message):
    """A plan without a row of its own came to its end."""

    title: str
    lines: tuple[str, ...]
    good: bool


@dataclass(eq=False, repr=False)
class UndoShown(Message):
    """What an undo would put back; asked before it is done."""

    problem: str
    receipt: str
    title: str
    lines: tuple[tuple[str, str], ...]
    cluster: str


@dataclass(eq=False, repr=False)
class Retested(Message):
    """One problem, looked at again: its diagnoses as they are now; empty where nothing fails any more."""

    number: int
    problem: str
    diagnoses: tuple[Diagnosis, ...]
    told: bool
    """A person asked for it and waits for a word."""
