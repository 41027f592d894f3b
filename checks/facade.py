"""What both faces ask of a doctor, be it for one cluster or for several. Every method may be called from a worker."""

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from checks.credentials import Login
from checks.look import Tell
from checks.model import Diagnosis, Problem
from checks.repair.plan import FixPlan, LoginProof, Outcome, Progress, Refusal
from checks.signin import Greeting
from checks.told import ClusterInfo, FormDefaults, Report

if TYPE_CHECKING:
    from checks.repair.export import Export
    from checks.repair.onboard import Onboarding, Wanted
    from checks.repair.probe.answer import ProbeAnswer
    from checks.repair.probe.plan import ProbePlan
    from checks.repair.receipt import Receipt

OnProgress = Callable[[Progress], None]


class Facade(Protocol):
    """`Doctor` for one cluster, `Fleet` for several; what each method does is told there."""

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    def connect(self, interactive: bool = False) -> ClusterInfo:
        """Say where we are; raises ClusterError."""

    def look(self, stop: threading.Event, tell: Tell | None) -> Report:
        """Find and explain; `tell`, if anybody listens, gets what is known until then."""

    def grouped(self, diagnoses: Iterable[Diagnosis]) -> tuple[Problem, ...]:
        """Return the problems that these diagnoses make, worst first."""

    def watchable(self, report: Report) -> bool:
        """Can anything of this be watched?"""

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        """Yield the report anew after each change, with why it is not live at the moment, if so."""

    def retest(self, problem: Problem, stop: threading.Event) -> tuple[Diagnosis, ...]:
        """Look again at one problem's pods."""

    def missing(self) -> tuple[str, ...]:
        """Of several clusters those that gave no answer when they were last asked, one sentence each."""

    # ── mending ──────────────────────────────────────────────────────────────────────────────────────────────

    def offers(self, problem: Problem, login: Login | None = None) -> tuple[FixPlan | Refusal, ...]:
        """Return all plans for a problem, best first."""

    def export(self, problem: Problem, plan: FixPlan) -> "Export":
        """Return what goes into Git for a plan or an advice."""

    def form(self, problem: Problem) -> FormDefaults:
        """Return what is known for a new login."""

    def prove(self, problem: Problem, login: Login) -> LoginProof:
        """Try a login on the failing images of a problem."""

    def check(self, plan: FixPlan) -> None:
        """Let the API server say whether it would take every write."""

    def protected(self, cluster: str = "") -> str:
        """Return the name that must be given before anything is written to a cluster; empty where none is asked."""

    def apply(self, plan: FixPlan, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Carry out a plan that a person has seen; `confirmed`: the context's name as they gave it."""

    def verify(
        self, plan: FixPlan, problem: Problem, timeout: float, on_progress: OnProgress, stop: threading.Event,
        outcome: Outcome,
    ) -> Outcome:  # fmt: skip
        """Watch until the pods have pulled."""

    # ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────

    def receipts(self) -> "tuple[Receipt, ...]":
        """Return what can be undone, newest first."""

    def unfinished(self) -> "tuple[Receipt, ...]":
        """Return repairs begun on this machine that did not come to their end."""

    def trouble(self) -> tuple[str, ...]:
        """Say what could not be read or written of receipts."""

    def undo_preview(self, receipt_id: str) -> tuple[tuple[str, str], ...]:
        """Return the difference that undo would make."""

    def undo(self, receipt_id: str, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Take a repair back."""

    def end_repair(self, receipt_id: str, confirmed: str = "") -> None:
        """Write down that a repair that broke off has come to its end all the same."""

    def prune(self, receipt_id: str | None = None, confirmed: str = "") -> int:
        """Remove receipts without undoing; returns how many."""

    # ── nodes, tenants, Harbor ───────────────────────────────────────────────────────────────────────────────

    def plan_probe(
        self, problem: Problem, pod: tuple[str, str] | None = None, seconds: float | None = None
    ) -> "ProbePlan | Refusal":
        """Return the probe pod of one of a problem's pulls, as data."""

    def check_probe(self, plan: "ProbePlan") -> tuple[str, ...]:
        """Return what admission would change of a probe."""

    def probe(
        self, plan: "ProbePlan", on_progress: OnProgress, stop: threading.Event, confirmed: str = ""
    ) -> "ProbeAnswer":
        """Run a probe that a person has agreed to."""

    def clear_probes(
        self, *, everywhere: bool = False, also: str = "", confirmed: str = "", dry_run: bool = False
    ) -> tuple[str, ...]:
        """Delete probe pods of runs that broke off, and tell each in one sentence."""

    def harbor_host(self) -> str:
        """Return the one Harbor that the operator's login is for."""

    def onboarding(self, wanted: "Wanted", login: Login | None = None) -> "Onboarding":
        """Return the plan for what a namespace needs to pull."""

    def test_pull(self, made: "Onboarding") -> "LoginProof | None":
        """Pull as the kubelet would."""

    def greet_harbor(self, login: Login) -> Greeting:
        """Test a login for Harbor's API."""

    def use_harbor(self, login: Login) -> Greeting:
        """Use a login for Harbor's API from now on, where Harbor knows it."""

    def close(self) -> None:
        """Give back connections and temporary files."""
