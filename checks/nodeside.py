"""Asking the node itself: the half of the facade that makes probe pods, reads their answer and clears them away."""

import threading
import time
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from checks.errors import DoctorError, Forbidden
from checks.model import Problem
from checks.repair.plan import Progress, Refusal

if TYPE_CHECKING:
    from checks.clients.cluster import Cluster
    from checks.kit import Kit
    from checks.repair.bench import Bench
    from checks.repair.probe.answer import ProbeAnswer
    from checks.repair.probe.plan import ProbePlan
    from checks.repair.steps import Body
    from checks.settings import Settings


class NodeSide:
    """Runs probes on one cluster, one at a time."""

    def __init__(self, settings: "Settings", cluster: "Cluster", bench: "Bench") -> None:
        from checks.repair.audit import Audit
        from checks.repair.probe.leftovers import Notes

        self._settings, self._cluster, self._bench = settings, cluster, bench
        self._notes = Notes(settings.state_dir, cluster.name)
        self._audit = Audit(settings.state_dir, cluster.name, cluster.who())
        self._one = threading.Lock()

    def propose(self, problem: Problem, pod: tuple[str, str] | None, seconds: float) -> "ProbePlan | Refusal":
        """Make the probe of one failing pull as data; raises ClusterError, UsageError."""
        from checks.repair.probe.propose import propose_any

        return propose_any(problem, self._bench, pod, seconds)

    def check(self, plan: "ProbePlan") -> tuple[str, ...]:
        """Dry run; return what admission would change."""
        from checks.repair.probe.run import rehearse

        return rehearse(plan, self._cluster)

    def run(
        self, plan: "ProbePlan", on_progress: Callable[[Progress], None], stop: threading.Event, confirmed: str = ""
    ) -> "ProbeAnswer":
        """Make the pod, wait for the node's answer, delete the pod; raises Refused where the gate stays shut."""
        from checks.repair.probe.run import ProbeRun
        from checks.repair.verify import Clock

        clock = Clock(time.monotonic, lambda seconds: _sleep(stop, seconds))
        with self._one, self._cluster.gate.act(confirmed):
            return ProbeRun(plan, self._cluster, self._notes, clock, stop, on_progress, self._audit).run()

    def left(self) -> tuple[str, ...]:
        """Name the probe pods that runs on this machine have left behind; deletes nothing."""
        from checks.repair.probe.plan import is_probe_pod

        said = []
        for ref, held in self._notes.orphans():
            held.release()
            with suppress(DoctorError):
                body = self._cluster.read(ref)
                if body is not None and is_probe_pod(body):
                    said.append(f"probe pod {ref.namespace}/{ref.name} of a run that broke off is still there")
        return tuple(said)

    def clear(self, *, everywhere: bool, also: str = "", confirmed: str = "") -> tuple[str, ...]:
        """Delete probe pods that earlier runs left behind; one sentence each.

        Those made from this machine are known by their notes. `everywhere`: others are looked for by their label as
        well, in the namespaces chosen, else in all, else (where that is forbidden) in `also`. In a protected context
        they are deleted only where `confirmed` is its name, else told.
        """
        from checks.repair.probe.leftovers import clear, clear_listed

        with self._cluster.gate.act(confirmed) if confirmed else nullcontext():
            said = clear(self._notes.orphans(), self._cluster, self._audit)
            if not everywhere:
                return said
            listed = self._listed(also)
            return (*said, *clear_listed(listed, self._notes, self._cluster, self._audit, datetime.now(UTC)))

    def _listed(self, also: str) -> "tuple[Body, ...]":
        from checks.repair.probe.plan import LABEL

        places: tuple[str | None, ...] = self._settings.namespaces or (None,)
        for chosen in (places, (also,)):
            try:
                found = [self._cluster.list_objects("Pod", place, label_selector=LABEL) for place in chosen]
            except Forbidden:
                continue
            return tuple(body for bodies in found for body in bodies)
        return ()

    def trouble(self) -> str:
        """Why the audit log could not be written, if so."""
        return self._audit.trouble


def _sleep(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


class AsksNode:
    """Mixed into the doctor: what both faces do with probes. Every method may be called from a worker thread."""

    def _open(self) -> "Kit":
        raise NotImplementedError(f"{type(self).__name__} opens nothing")  # a doctor without this is a bug of ours

    def plan_probe(
        self, problem: Problem, pod: tuple[str, str] | None = None, seconds: float | None = None
    ) -> "ProbePlan | Refusal":
        """Return the probe pod of one of a problem's pulls (namespace and pod, else the first on a node), as data.

        Raises ClusterError where the pod cannot be read, UsageError where the problem has no such pod.
        """
        from checks.repair.probe.plan import SECONDS

        return self._open().nodeside.propose(problem, pod, SECONDS if seconds is None else seconds)

    def check_probe(self, plan: "ProbePlan") -> tuple[str, ...]:
        """Let the API server say whether it would take the pod, and return what admission would change.

        Raises ClusterError where it would not, Refused where it would not be the pod that is shown.
        """
        return self._open().nodeside.check(plan)

    def probe(
        self, plan: "ProbePlan", on_progress: Callable[[Progress], None], stop: threading.Event, confirmed: str = ""
    ) -> "ProbeAnswer":
        """Run a probe that a person has seen and agreed to; ends early when `stop` is set. The pod is deleted then too.

        Raises Refused (read-only, no right, protected and not `confirmed`), ClusterError where the pod was not made,
        Interrupted before that.
        """
        return self._open().nodeside.run(plan, on_progress, stop, confirmed)

    def clear_probes(
        self, *, everywhere: bool = False, also: str = "", confirmed: str = "", dry_run: bool = False
    ) -> tuple[str, ...]:
        """Delete probe pods of runs that broke off, and tell each in one sentence; with `dry_run` only tell."""
        if dry_run:
            return self._open().nodeside.left()
        return self._open().nodeside.clear(everywhere=everywhere, also=also, confirmed=confirmed)
