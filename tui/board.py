"""What the console knows, without a screen: problems, their plans, repairs under way, what is filtered."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from checks.repair.plan import FixPlan, Outcome, Progress, Refusal
from checks.stages import Stage

if TYPE_CHECKING:
    from checks.model import Problem
    from checks.repair.probe.answer import ProbeAnswer
    from checks.told import ClusterInfo, Report

_LATE = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Repair:
    """A repair or undo of one problem, as far as it has come."""

    running: bool
    progress: tuple[Progress, ...] = ()
    outcome: Outcome | None = None
    undone: bool = False
    at: datetime | None = None
    undo: tuple[tuple[str, str], ...] = ()
    """The diff that `z` would put back."""
    error: str = ""

    @property
    def mended(self) -> bool:
        """Have the pods pulled, and was the repair not taken back?"""
        return bool(not self.undone and self.outcome and self.outcome.mended)

    @property
    def writing(self) -> bool:
        """Is something being written? Afterwards it only watches the pods, and others may be mended."""
        return self.running and not (self.progress and self.progress[-1].phase == "verifying")


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe pod for one problem: under way, answered, or why the node was not asked."""

    running: bool
    progress: str = ""
    answer: ProbeAnswer | None = None
    compared: tuple[str, ...] = ()
    """Where it agrees with what was reported and measured."""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Board:
    """One immutable snapshot of everything shown; every change makes a new one."""

    info: ClusterInfo | None = None
    report: Report | None = None
    scope: str = "all namespaces"
    scanning: bool = True
    live: bool = False
    """The cluster is being watched."""
    trouble: str = ""
    """Why it is not, at the moment."""
    looked_at: datetime | None = None
    offers: dict[str, tuple[FixPlan | Refusal, ...]] = field(default_factory=dict)
    repairs: dict[str, Repair] = field(default_factory=dict)
    probes: dict[str, Probed] = field(default_factory=dict)
    """The latest probe of each problem."""
    found: dict[str, Problem] = field(default_factory=dict)
    """The report's problems by id."""
    kept: dict[str, Problem] = field(default_factory=dict)
    """Problems that were worked on: their rows stay though the scan no longer finds them."""
    order: tuple[str, ...] = ()
    """Row order; frozen while a repair runs or a plan is open, so that no row moves under the finger."""
    filter: str = ""
    error: str = ""

    @property
    def clusters(self) -> tuple[str, ...]:
        """The contexts that are looked at, where there is more than one."""
        return self.info.several if self.info is not None else ()

    @property
    def problems(self) -> dict[str, Problem]:
        """All problems by id, those worked on included."""
        return {**self.kept, **self.found} if self.kept else self.found

    @property
    def rows(self) -> tuple[str, ...]:
        """Ids of the problems to show, in order."""
        problems, words = self.problems, self.filter.lower().split()
        rows = dict.fromkeys((*(key for key in self.order if key in problems), *problems))
        if not words:
            return tuple(rows)
        wanted = [name for name in self.clusters if f"@{name.lower()}" in words]
        words = [word for word in words if word not in {f"@{name.lower()}" for name in wanted}]
        texts = ((key, _text(problems[key])) for key in rows if not wanted or problems[key].cluster in wanted)
        return tuple(key for key, text in texts if all(word in text for word in words))

    def with_report(self, report: Report, final: bool, now: datetime, *, resort: bool) -> Board:
        """Take in what a scan has found so far."""
        found = {problem.id: problem for problem in report.problems}
        order = tuple(found if resort else dict.fromkeys((*self.order, *found)))
        looked = now if final else self.looked_at
        before = self.problems
        # What a plan writes rests on these; more pods of them only make it one to be made anew.
        same = {key for key, problem in found.items() if key in before and ground(problem) == ground(before[key])}
        gone = {key for key in self.kept if key not in found}
        offers = {key: plans for key, plans in self.offers.items() if key in same or key in gone}
        repairs = {key: r for key, r in self.repairs.items() if not _again(r, found.get(key), report)}
        return replace(
            self, report=report, found=found, scanning=not final, looked_at=looked, order=order, error="",
            offers=offers, repairs=repairs,
        )  # fmt: skip

    def calmed(self) -> Board:
        """Before a new look: repairs that did not help, or were taken back, and old probes are no longer told."""
        repairs = {key: repair for key, repair in self.repairs.items() if repair.running or repair.mended}
        probes = {key: probed for key, probed in self.probes.items() if probed.running}
        kept = {key: p for key, p in self.kept.items() if key in repairs}
        return replace(self, repairs=repairs, probes=probes, kept=kept)

    def with_offers(self, problem: str, offers: tuple[FixPlan | Refusal, ...]) -> Board:
        """Take in the plans of one problem."""
        return replace(self, offers={**self.offers, problem: offers})

    def without_offers(self, problem: str) -> Board:
        """Forget the plans of one problem: they have to be made anew."""
        return replace(self, offers={key: offers for key, offers in self.offers.items() if key != problem})

    def with_repair(self, problem: str, repair: Repair) -> Board:
        """Note how far a repair has come; its row stays from now on."""
        begins = repair.running and not repair.progress
        kept = {**self.kept, problem: self.problems[problem]} if begins and problem in self.problems else self.kept
        return replace(self, repairs={**self.repairs, problem: repair}, kept=kept)

    def with_probe(self, problem: str, probed: Probed) -> Board:
        """Note how far a probe has come."""
        return replace(self, probes={**self.probes, problem: probed})

    def plans(self, problem: str) -> tuple[FixPlan, ...]:
        """The plans of a problem, best first, refusals left out."""
        return tuple(o for o in self.offers.get(problem, ()) if isinstance(o, FixPlan))

    def plan_for(self, problem: str, key: str) -> FixPlan | Refusal | None:
        """The plan that a key chooses: `f` the best one that writes, else the first; `s`, `a`, `r` by their key."""
        offers = self.offers.get(problem, ())
        if key == "f":
            writing = (offer for offer in self.plans(problem) if offer.steps)
            return next(writing, next(iter(self.plans(problem)), None))
        mine = [o for o in offers if o.key == key]
        return next((o for o in mine if isinstance(o, FixPlan)), next(iter(mine), None))

    def is_mended(self, problem: str | None) -> bool:
        """Have this problem's pods pulled after a repair that was not taken back?"""
        repair = self.repairs.get(problem or "")
        return repair is not None and repair.mended

    def asks_login(self, problem: str) -> bool:
        """Does `s` open the form: a login would mend this, and none is known?"""
        found, offer = self.problems.get(problem), self.plan_for(problem, "s")
        if found is None or problem not in self.offers or isinstance(offer, FixPlan):
            return False
        return offer is not None or found.stage in (Stage.WIRING, Stage.LOGIN, Stage.PERMISSION)

    @property
    def busy(self) -> bool:
        """Is a repair under way, be it only watched, or a node being asked?"""
        return self.probing or any(repair.running for repair in self.repairs.values())

    @property
    def probing(self) -> bool:
        """Is a node being asked?"""
        return any(probed.running for probed in self.probes.values())

    @property
    def writing(self) -> bool:
        """Is a repair being written?"""
        return any(repair.writing for repair in self.repairs.values())


def _again(repair: Repair, found: Problem | None, report: Report) -> bool:
    """Does a mended problem stand here anew? What was seen just before its pods had pulled does not count."""
    if found is None or not repair.mended or repair.at is None:
        return False
    seen = report.scan.seen(found.cluster)
    return seen - repair.at > _LATE or any(pull.created and pull.created > repair.at for pull in found.pulls)


def pod_uids(problem: Problem) -> frozenset[str]:
    """Return which pods a problem has: plans replace these and watch them."""
    return frozenset(pull.pod_uid for pull in problem.pulls)


def ground(problem: Problem) -> frozenset[tuple[str, str]]:
    """Return what a problem's plans are about: the images that fail, each with its namespace."""
    return frozenset((pull.namespace, pull.image) for pull in problem.pulls)


def _text(problem: Problem) -> str:
    names = " ".join(f"{pull.namespace}/{pull.pod} {pull.image}" for pull in problem.pulls[:200])
    return f"{problem.id} {problem.title} {problem.sentence} {names}".lower()
