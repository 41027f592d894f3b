"""The facade both faces use: find, diagnose, plan, apply, verify, undo.

Nothing heavy is imported and no network touched before `connect`. Every method may be called from a worker thread.
"""

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from checks.credentials import Login
from checks.explaining import CALM, QUICK, Pace, explained
from checks.look import Tell, look, meant, news
from checks.model import Diagnosis, Evidence, Problem, Pull, PullKey
from checks.nodeside import AsksNode
from checks.repair.kinds import HARBOR
from checks.repair.plan import FixPlan, LoginProof, Outcome, Progress, Refusal, Safety
from checks.settings import Settings
from checks.signin import SignsIn
from checks.tenants import Onboards
from checks.told import ClusterInfo as ClusterInfo
from checks.told import FormDefaults
from checks.told import Report as Report
from checks.told import gates as told_gates

if TYPE_CHECKING:
    from checks.kit import Kit, ProberOf
    from checks.repair.export import Export
    from checks.repair.receipt import Receipt
    from checks.scan import Scan


class Doctor(AsksNode, Onboards, SignsIn):
    """Finds, explains and mends failing pulls in one cluster."""

    def __init__(self, settings: Settings | Callable[[], Settings], probers: "ProberOf | None" = None) -> None:
        """`settings` may be a call that makes them: it is made at the first use, off the screen's thread.

        `probers` gives the prober for settings, where several doctors share what they ask of registries.
        """
        self._settings = settings
        self._probers = probers
        self._opened: Kit | None = None
        self._lock = threading.Lock()
        self._retested: dict[PullKey, Diagnosis] = {}
        """Explained anew on request since the watch last looked."""

    @property
    def opened(self) -> bool:
        """Has the cluster answered, so that asking it does not begin with connecting?"""
        return self._opened is not None

    def connect(self, interactive: bool = False) -> ClusterInfo:
        """Load the kubeconfig and authenticate; raises ClusterError.

        With `interactive` a login plugin may read from the terminal: only where no screen is up.
        """
        opened = self._open(interactive)
        cluster = opened.cluster
        strict = told_gates({cluster.name: (cluster.gate.read_only, cluster.gate.protected)})
        return ClusterInfo(cluster.name, cluster.server, cluster.who(), cluster.namespace, gates=strict)

    def look(self, stop: threading.Event, tell: Tell | None) -> Report:
        """Find and explain; `tell` gets what is known until then. Raises ClusterError, Interrupted."""
        return look(self, stop, tell)

    def find(self, stop: threading.Event) -> "Iterator[Scan]":
        """Yield growing snapshots of the failing pulls; the last one says whether it is complete."""
        from checks.scan import find

        opened = self._open()
        opened.forget_everything()
        yield from find(opened.cluster, opened.settings, stop)

    def diagnose(
        self, scan: "Scan", stop: threading.Event, on_diagnosis: Callable[[Diagnosis], None] | None = None
    ) -> Report:
        """Explain every failing pull of a scan; results stream to `on_diagnosis` as they come.

        Raises Interrupted when `stop` is set: what was asked of registries until then stays known.
        """
        cluster = self._open().cluster.name
        from checks.diagnose import group

        diagnoses = list(self._explain(scan.pulls, stop, on_diagnosis))
        unknowns = tuple(dict.fromkeys(line for d in diagnoses for line in d.unknowns))
        return Report(cluster, group(cluster, diagnoses), scan, unknowns)

    def grouped(self, diagnoses: Iterable[Diagnosis]) -> tuple[Problem, ...]:
        """Return the problems that these diagnoses make, worst first."""
        from checks.diagnose import group

        found = tuple(diagnoses)
        return group(found[0].pull.cluster, found) if found else ()

    def watchable(self, report: Report) -> bool:
        """Can the cluster be watched: as a whole, or by few enough namespaces?"""
        from checks.live import MOST

        return 0 < len(self._open().places(report.scan)) <= MOST

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        """Yield the report anew after each change in the cluster, with why it is not live at the moment, if so.

        Only what changed is explained again, on a fresh read of the Secrets and ServiceAccounts it rests on. Ends
        when `stop` is set; ends at once where there are too many namespaces to watch one by one.
        """
        from checks.live import Live

        if not self.watchable(report):
            return
        opened = self._open()
        live = Live(opened.cluster, report.scan, opened.places(report.scan), stop)
        known = {d.pull.key: d for p in report.problems for d in p.diagnoses}
        for scan in live.follow():
            again, self._retested = self._retested, {}
            known.update(again)
            fresh = tuple(pull for pull in scan.pulls if news(pull, known.get(pull.key)))
            if fresh:
                opened.gatherer.forget(frozenset(pull.namespace for pull in fresh))
                opened.forget_registries({d.image.registry for p in fresh if (d := _evidence(known, p)) and d.image})
            anew = {d.pull.key: d for d in self._explain(fresh, stop, None, CALM)}
            known = {pull.key: anew.get(pull.key) or known[pull.key] for pull in scan.pulls}
            yield Report(report.cluster, self.grouped(known.values()), scan, report.unknowns), live.trouble

    def _explain(
        self, pulls: tuple[Pull, ...], stop: threading.Event, on_diagnosis: Callable[[Diagnosis], None] | None,
        pace: Pace = QUICK,
    ) -> Iterator[Diagnosis]:  # fmt: skip
        for diagnosis in explained(self._open().diagnosis, pulls, stop, pace):
            if on_diagnosis is not None:
                on_diagnosis(diagnosis)
            yield diagnosis

    def retest(self, problem: Problem, stop: threading.Event) -> tuple[Diagnosis, ...]:
        """Look again at one problem's pods: what it rests on is asked anew. Empty where none fails any more."""
        opened = self._open()
        self._forget(problem)
        pods = {(pull.namespace, pull.pod) for pull in problem.pulls}
        pulls = tuple(pull for pull in opened.failing({space for space, _ in pods}, stop) if meant(pull, problem))
        found = tuple(self._explain(pulls, stop, None))
        self._retested = {**self._retested, **{d.pull.key: d for d in found}}
        return found

    def _forget(self, problem: Problem, refusals: bool = False) -> None:
        """Ask anew what the problem rests on; `refusals`: Harbor may take by now what it refused."""
        opened = self._open()
        opened.gatherer.forget(frozenset(pull.namespace for pull in problem.pulls))
        opened.workbench.forget()
        for diagnosis in problem.diagnoses:
            image = diagnosis.evidence.image
            if image is None:
                continue
            for trial in (*diagnosis.evidence.trials, diagnosis.evidence.anonymous):
                opened.prober.forget(trial.login, image.registry, refusals)
            if opened.harbor is not None:
                opened.harbor.forget(image.registry)

    def offers(self, problem: Problem, login: Login | None = None) -> tuple[FixPlan | Refusal, ...]:
        """Return all plans for a problem, best first, and why others are not offered. Slow: call from a worker.

        `login`: one that a person gave; adds the plan `new-login` made with it.
        """
        from checks.repair.plans import PLANS
        from checks.rules import by_code

        rule = by_code(problem.code)
        names = rule.plans if rule is not None else ()
        bench = self._open().workbench
        offers: dict[str, FixPlan | Refusal] = {}
        if login is not None and (typed := PLANS["new_login"](problem, bench, login)) is not None:
            offers[typed.id] = typed
        for name in names:
            if name == "new_login" and any(_proven(offer) for offer in offers.values()):
                continue
            if (offer := PLANS[name](problem, bench, None)) is not None:
                offers.setdefault(offer.id, offer)
        return tuple(sorted(offers.values(), key=_worth))

    def export(self, problem: Problem, plan: FixPlan) -> "Export":
        """Return what goes into Git for a plan or an advice: texts without passwords. Slow: call from a worker."""
        from checks.repair.export import export

        return export(problem, plan, self._open().workbench)

    def form(self, problem: Problem) -> FormDefaults:
        """Return what is known for a new login: registry, user name, and the Secret it goes into."""
        from checks.repair.prove import registry_of, secrets_at_fault

        targets = secrets_at_fault(problem)
        where = f"{targets[0].namespace}/{targets[0].name}" if targets else f"{problem.pulls[0].namespace}/harbor-pull"
        trials = problem.diagnoses[0].evidence.trials
        users = [t.login.username for t in trials if t.login is not None]
        return FormDefaults(registry_of(problem), users[0] if users else "", where)

    def prove(self, problem: Problem, login: Login) -> LoginProof:
        """Try a login on the failing images of a problem."""
        from checks.repair.prove import images_of

        return self._open().workbench.prove(login, images_of(problem))

    def check(self, plan: FixPlan) -> None:
        """Let the API server say about every write of a plan whether it would take it; writes nothing."""
        self._open().mender.check(plan)

    def protected(self, cluster: str = "") -> str:  # noqa: ARG002 - the facade's; there is one cluster here
        """Return the name that must be given before anything is written; empty where none is, or not connected."""
        return self._opened.gate.confirm if self._opened is not None else ""

    def apply(self, plan: FixPlan, on_progress: Callable[[Progress], None], confirmed: str = "") -> Outcome:
        """Carry out a plan that a person has seen: receipt first, then step by step; never cancelled midway.

        `confirmed`: the context's name as a person gave it; Refused is raised where a protected context wants it.
        """
        return self._open().mender.apply(plan, on_progress, confirmed)

    def verify(
        self, plan: FixPlan, problem: Problem, timeout: float, on_progress: Callable[[Progress], None],
        stop: threading.Event, outcome: Outcome,
    ) -> Outcome:  # fmt: skip
        """Watch until the pods have pulled, at most `timeout` seconds; returns the outcome with what was seen."""
        opened = self._open()
        try:
            return opened.mender.verify(plan, problem, timeout, on_progress, stop, outcome)
        finally:
            self._forget(problem, any(target.kind in HARBOR for target in plan.targets))

    def missing(self) -> tuple[str, ...]:
        """Of one cluster none is missing: it answers, or an error is raised."""
        return ()

    def receipts(self) -> "tuple[Receipt, ...]":
        """Return what can be undone, newest first."""
        return self._open().mender.receipts()

    def unfinished(self) -> "tuple[Receipt, ...]":
        """Return repairs begun on this machine that did not come to their end."""
        return self._open().mender.unfinished()

    def trouble(self) -> tuple[str, ...]:
        """Say what could not be read or written of receipts, their index and the audit log; one sentence each."""
        return self._open().mender.trouble()

    def undo_preview(self, receipt_id: str) -> tuple[tuple[str, str], ...]:
        """Return the difference that undo would make; raises Refused where somebody changed an object since."""
        return self._open().mender.preview(receipt_id)

    def undo(self, receipt_id: str, on_progress: Callable[[Progress], None], confirmed: str = "") -> Outcome:
        """Take a repair back; `confirmed` as with `apply`."""
        opened = self._open()
        try:
            return opened.mender.undo(receipt_id, on_progress, confirmed)
        finally:
            opened.gatherer.forget_all()
            opened.workbench.forget()

    def end_repair(self, receipt_id: str, confirmed: str = "") -> None:
        """Write down that a repair that broke off came to its end; it stays undoable. `confirmed` as with `apply`."""
        self._open().mender.end(receipt_id, confirmed)

    def prune(self, receipt_id: str | None = None, confirmed: str = "") -> int:
        """Remove receipts without undoing; returns how many. `confirmed` as with `apply`."""
        return self._open().mender.prune(receipt_id, confirmed)

    def close(self) -> None:
        """Give back connections and temporary files."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def _open(self, interactive: bool = False) -> "Kit":
        with self._lock:
            if self._opened is None:
                from checks.kit import Kit

                settings = self._settings() if callable(self._settings) else self._settings
                self._opened = Kit(settings, interactive, self._probers)
            self._take_awaited(self._opened)
            return self._opened


def _evidence(known: Mapping[PullKey, Diagnosis], pull: Pull) -> Evidence | None:
    return known[pull.key].evidence if pull.key in known else None


def _proven(offer: FixPlan | Refusal) -> bool:
    """Does this plan write a login that is proven? Then another login need not be looked for."""
    return isinstance(offer, FixPlan) and bool(offer.steps) and offer.proof is not None and offer.proof.proven


def _worth(offer: FixPlan | Refusal) -> int:
    """Plans that write come first, then advice, then refusals; among equals the rule's own order holds."""
    if isinstance(offer, Refusal):
        return 2
    return 0 if offer.safety is not Safety.ADVICE else 1
