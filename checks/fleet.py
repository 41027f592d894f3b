"""Several clusters behind the facade: one doctor for each context; whatever is asked goes to the cluster it is about.

A problem's id ends with `@` and its context, a plan and a receipt name theirs. A cluster that gives no answer delays
and hides nothing of the others.
"""

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from checks.credentials import Login
from checks.doctor import Doctor
from checks.errors import DoctorError, UsageError
from checks.facade import Facade, OnProgress
from checks.look import Tell
from checks.model import Diagnosis, Problem
from checks.named import newest_first, plain, signed, signed_plan, tagged, unsigned
from checks.parts import Parts, each
from checks.repair.plan import FixPlan, LoginProof, Outcome, Refusal
from checks.settings import Settings
from checks.shared import Shared
from checks.signin import Greeting
from checks.told import ClusterInfo, FormDefaults, Report, gates

if TYPE_CHECKING:
    from checks.repair.export import Export
    from checks.repair.onboard import Onboarding, Wanted
    from checks.repair.probe.answer import ProbeAnswer
    from checks.repair.probe.plan import ProbePlan
    from checks.repair.receipt import Receipt


def doctor_for(settings: Settings, patience: float | None = None) -> Facade:
    """Return the doctor for what was chosen; raises ConfigError for a context that the kubeconfig does not have.

    `patience`: seconds after which a look goes on without clusters that say nothing; None: when they have answered or
    their time is up.
    """
    if not settings.contexts and not settings.all_contexts:
        return Doctor(settings)
    from checks.clients.kubeconfig import contexts

    names = contexts(settings)
    one = replace(settings, contexts=(), all_contexts=False)
    if len(names) > 1:
        return Fleet(one, names, patience)
    return Doctor(replace(one, context=names[0]) if names else one)


class Fleet:
    """Implements `Facade` for several contexts."""

    def __init__(self, settings: Settings, names: tuple[str, ...], patience: float | None) -> None:
        shared = Shared()
        self._doctors = {name: Doctor(replace(settings, context=name), shared.prober) for name in names}
        self._settings = settings
        self._patience = patience
        self._turns = {name: threading.Lock() for name in names}
        self._parts = Parts(self._doctors, self._turns, threading.Event())
        self._failed: dict[str, DoctorError] = {}
        """Clusters that gave no answer when they were last asked."""
        self._unconnected: dict[str, DoctorError] = {}
        """Those that could not be connected to just now, so that the first look need not wait for them again."""
        self._held: dict[str, str] = {}
        """By receipt: the cluster that it is known to lie in."""

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    def connect(self, interactive: bool = False) -> ClusterInfo:
        """Say which clusters; raises nothing. Only with `interactive` they are connected to now: plugins may ask."""
        if interactive:
            _, self._unconnected = each(self._doctors, lambda doctor: doctor.connect(interactive=True))
            self._failed = self._unconnected
        from checks.clients.kubeconfig import strict

        names = tuple(self._doctors)
        return ClusterInfo(",".join(names), "", "", "", names, gates(strict(self._settings, names)))

    def look(self, stop: threading.Event, tell: Tell | None) -> Report:
        """Look at all clusters at once; raises ClusterError only where none of them could be seen."""
        self._parts = Parts(self._doctors, self._turns, stop)
        failed, self._unconnected, self._failed = self._unconnected, {}, {}
        self._parts.begin(failed, told=tell is not None)
        for report in self._parts.growing(self._patience):
            if tell is not None:
                tell(report)
        return self._parts.merged()

    def grouped(self, diagnoses: Iterable[Diagnosis]) -> tuple[Problem, ...]:
        """Return the problems that these diagnoses make, worst first, never of two clusters."""
        from checks.diagnose import worst_first

        found = tuple(diagnoses)
        return worst_first(
            tagged(name, problem)
            for name, doctor in self._doctors.items()
            for problem in doctor.grouped(d for d in found if d.pull.cluster == name)
        )

    def watchable(self, report: Report) -> bool:  # noqa: ARG002 - the facade's; what was looked at last is known here
        """Can any of the clusters be watched?"""
        return self._parts.watchable()

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:  # noqa: ARG002 - as above
        """Watch all clusters; one that gives no answer is tried again every now and then. Ends when `stop` is set."""
        return self._parts.follow(stop)

    def retest(self, problem: Problem, stop: threading.Event) -> tuple[Diagnosis, ...]:
        """Look again at one problem's pods."""
        doctor, own = self._of(problem)
        found = doctor.retest(own, stop)
        self._parts.retested(problem.cluster, own.id, found)
        return found

    def missing(self) -> tuple[str, ...]:
        """Say which clusters gave no answer when they were last asked, one sentence each."""
        return tuple(map(str, self._failed.values()))

    # ── mending ──────────────────────────────────────────────────────────────────────────────────────────────

    def offers(self, problem: Problem, login: Login | None = None) -> tuple[FixPlan | Refusal, ...]:
        """Return all plans for a problem; each names the cluster that it writes to."""
        doctor, own = self._of(problem)
        return tuple(signed(problem.cluster, offer) for offer in doctor.offers(own, login))

    def export(self, problem: Problem, plan: FixPlan) -> "Export":
        """Return what goes into Git for a plan or an advice."""
        doctor, own = self._of(problem)
        return doctor.export(own, unsigned(plan))

    def form(self, problem: Problem) -> FormDefaults:
        """Return what is known for a new login."""
        doctor, own = self._of(problem)
        return doctor.form(own)

    def prove(self, problem: Problem, login: Login) -> LoginProof:
        """Try a login on the failing images of a problem."""
        doctor, own = self._of(problem)
        return doctor.prove(own, login)

    def check(self, plan: FixPlan) -> None:
        """Let the plan's API server say whether it would take every write."""
        self._doctors[plan.cluster].check(unsigned(plan))

    def protected(self, cluster: str = "") -> str:
        """Return the name that must be given before anything is written there."""
        return self._doctors[cluster].protected() if cluster in self._doctors else ""

    def apply(self, plan: FixPlan, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Carry a plan out in its cluster, and in no other."""
        outcome = self._doctors[plan.cluster].apply(unsigned(plan), on_progress, confirmed)
        if outcome.receipt:
            self._held[outcome.receipt] = plan.cluster
        return outcome

    def verify(
        self, plan: FixPlan, problem: Problem, timeout: float, on_progress: OnProgress, stop: threading.Event,
        outcome: Outcome,
    ) -> Outcome:  # fmt: skip
        """Watch until the pods have pulled."""
        doctor, own = self._of(problem)
        return doctor.verify(unsigned(plan), own, timeout, on_progress, stop, outcome)

    # ── receipts ─────────────────────────────────────────────────────────────────────────────────────────────

    def receipts(self) -> "tuple[Receipt, ...]":
        """Return what can be undone in all clusters that answer, newest first; `missing` tells of the others."""
        found, self._failed = each(self._answering(), lambda doctor: doctor.receipts())
        return newest_first(found)

    def unfinished(self) -> "tuple[Receipt, ...]":
        """Return broken-off repairs in those clusters that answer."""
        return newest_first(each(self._answering(), lambda doctor: doctor.unfinished())[0])

    def trouble(self) -> tuple[str, ...]:
        """Say what could not be read or written of receipts, and which clusters could not be asked for them."""
        told, _ = each(self._open(), lambda doctor: doctor.trouble())
        return (*self.missing(), *(line for lines in told.values() for line in lines))

    def undo_preview(self, receipt_id: str) -> tuple[tuple[str, str], ...]:
        """Return the difference that undo would make."""
        return self._holding(receipt_id).undo_preview(receipt_id)

    def undo(self, receipt_id: str, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Take a repair back in the cluster that its receipt lies in."""
        return self._holding(receipt_id).undo(receipt_id, on_progress, confirmed)

    def end_repair(self, receipt_id: str, confirmed: str = "") -> None:
        """Write down that a repair has come to its end, in the cluster that its receipt lies in."""
        self._holding(receipt_id).end_repair(receipt_id, confirmed)

    def prune(self, receipt_id: str | None = None, confirmed: str = "") -> int:
        """Remove one receipt, or those of finished repairs in all clusters; where one refuses, the others are done."""
        if receipt_id is not None:
            return self._holding(receipt_id).prune(receipt_id, confirmed)
        counts, failed = each(self._answering(), lambda doctor: doctor.prune(confirmed=confirmed))
        for error in failed.values():
            raise type(error)(f"{sum(counts.values())} receipts were removed elsewhere; {error}")
        return sum(counts.values())

    def _holding(self, receipt_id: str) -> Doctor:
        """Find the one cluster that a receipt lies in: one with the same id elsewhere may be forged."""
        if receipt_id not in self._held:
            names = {r.context for r in self.receipts() if r.id == receipt_id}
            if len(names) > 1:
                raise UsageError(f"{receipt_id} is in {', '.join(sorted(names))}: name the one meant with --context")
            if not names:
                told = "; ".join(self.missing()) or "it was undone, pruned or never made"
                raise UsageError(f"there is no receipt {receipt_id}: {told}")
            self._held[receipt_id] = names.pop()
        return self._doctors[self._held[receipt_id]]

    # ── nodes, tenants, Harbor ───────────────────────────────────────────────────────────────────────────────

    def plan_probe(
        self, problem: Problem, pod: tuple[str, str] | None = None, seconds: float | None = None
    ) -> "ProbePlan | Refusal":
        """Return the probe pod of one of a problem's pulls, as data."""
        doctor, own = self._of(problem)
        made = doctor.plan_probe(own, pod, seconds)
        return made if isinstance(made, Refusal) else replace(made, problem=problem.id, cluster=problem.cluster)

    def check_probe(self, plan: "ProbePlan") -> tuple[str, ...]:
        """Return what admission would change of a probe."""
        return self._doctors[plan.cluster].check_probe(plan)

    def probe(
        self, plan: "ProbePlan", on_progress: OnProgress, stop: threading.Event, confirmed: str = ""
    ) -> "ProbeAnswer":
        """Run a probe on a node of its cluster."""
        return self._doctors[plan.cluster].probe(plan, on_progress, stop, confirmed)

    def clear_probes(self, *, confirmed: str = "", **how: Any) -> tuple[str, ...]:
        """Delete probe pods of runs that broke off, in all clusters that answer; `confirmed`: in that one only."""
        asked = {name: doctor for name, doctor in self._answering().items() if confirmed in ("", name)}
        clear = partial(Doctor.clear_probes, confirmed=confirmed, **how)
        told, _ = each(asked, clear)
        return tuple(f"{name}: {line}" for name, lines in told.items() for line in lines)

    def harbor_host(self) -> str:
        """Return the one Harbor that the operator's login is for; it is the same for all clusters."""
        hosts, failed = each(self._answering(), lambda doctor: doctor.harbor_host())
        for host in hosts.values():
            return host
        raise next(iter(failed.values()), UsageError("no cluster answers"))

    def onboarding(self, wanted: "Wanted", login: Login | None = None) -> "Onboarding":
        """Return the plan for what a namespace needs to pull; raises UsageError where no cluster is named."""
        if wanted.cluster not in self._doctors:
            named = f"{wanted.cluster} is none of the clusters" if wanted.cluster else "one cluster has to be named"
            raise UsageError(f"{named}: {', '.join(self._doctors)}")
        made = self._doctors[wanted.cluster].onboarding(wanted, login)
        return made if made.plan is None else replace(made, plan=signed_plan(wanted.cluster, made.plan))

    def test_pull(self, made: "Onboarding") -> "LoginProof | None":
        """Pull as the kubelet would."""
        return self._doctors[made.wanted.cluster].test_pull(made)

    def greet_harbor(self, login: Login) -> Greeting:
        """Test a login for Harbor's API, from the first cluster's settings with which Harbor answers."""
        return self._introduced(lambda doctor: doctor.greet_harbor(login))[0]

    def use_harbor(self, login: Login) -> Greeting:
        """Use a login for Harbor's API from now on, where Harbor knows it; also in clusters that answer later."""
        greeting, user = self._introduced(lambda doctor: doctor.use_harbor(login))
        for doctor in self._doctors.values() if greeting.known else ():
            if doctor is not user:
                doctor.expect_harbor(login)
        return greeting

    def _introduced(self, greet: Callable[[Doctor], Greeting]) -> tuple[Greeting, Doctor | None]:
        """Ask until Harbor has answered, and whom: a wrong password is not sent once for each cluster."""
        greeting, asked = Greeting(False, "no cluster answers yet"), None
        for doctor in self._answering().values():
            greeting, asked = greet(doctor), doctor
            if greeting.known or greeting.refused:
                break
        return greeting, asked

    def close(self) -> None:
        """Give back connections and temporary files; one that is still being waited for holds none yet."""
        for doctor in self._open().values():
            doctor.close()

    # ── who is asked ─────────────────────────────────────────────────────────────────────────────────────────

    def _of(self, problem: Problem) -> tuple[Doctor, Problem]:
        return self._doctors[problem.cluster], plain(problem.cluster, problem)

    def _open(self) -> dict[str, Doctor]:
        return {name: doctor for name, doctor in self._doctors.items() if doctor.opened}

    def _answering(self) -> dict[str, Doctor]:
        """Those to ask: in the console, which does not wait, only those that have answered before."""
        return self._doctors if self._patience is None else self._open()
