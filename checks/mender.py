"""The half of the facade that writes: apply, verify, undo; each opens the one gate for what it does."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace

from checks.clients.cluster import Cluster
from checks.clients.harbor_writes import HarborWrites
from checks.credentials import Login
from checks.errors import Refused
from checks.lookout import Lookout, uids
from checks.model import ObjectRef, Problem
from checks.repair import apply as applying
from checks.repair import undo as undoing
from checks.repair import verify as verifying
from checks.repair.audit import Audit
from checks.repair.journal import Journal, unfinished
from checks.repair.kinds import HARBOR
from checks.repair.plan import FixPlan, Outcome, Progress
from checks.repair.receipt import Receipt
from checks.repair.shelves import LABEL
from checks.repair.steps import Body
from checks.settings import Settings

OnProgress = Callable[[Progress], None]


class Shelf:
    """The cluster as a shelf for receipts: the writes of a step, and the list of our own Secrets."""

    def __init__(
        self, cluster: Cluster, namespaces: tuple[str, ...], harbor: Callable[[], HarborWrites | None] = lambda: None
    ) -> None:
        self._cluster = cluster
        self._namespaces = namespaces
        self._harbor = harbor

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now, or None where it does not exist."""
        return self._at(ref).read(ref)

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """POST; raises Conflict if the name is taken."""
        return self._at(ref).create(ref, body, dry_run=dry_run)

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """PUT; raises Conflict if somebody changed it."""
        return self._at(ref).replace(ref, body, dry_run=dry_run)

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        """DELETE; raises Conflict if it is another object by now."""
        self._at(ref).delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)

    def mint(self, ref: ObjectRef, body: Body) -> tuple[Body, Login]:
        """Make a robot account; its login is told this once."""
        return self._at_harbor(ref).mint(ref, body)

    def held(self, ref: ObjectRef) -> tuple[str, ...]:
        """Name everything that a project in Harbor holds."""
        return self._at_harbor(ref).held(ref)

    def _at(self, ref: ObjectRef) -> Cluster | HarborWrites:
        """What is in Harbor is reached with the operator's login, and only at the host that was given for it."""
        return self._at_harbor(ref) if ref.kind in HARBOR else self._cluster

    def _at_harbor(self, ref: ObjectRef) -> HarborWrites:
        found = self._harbor()
        if found is None or not found.meant_for(ref.namespace):
            raise Refused(f"{ref} needs a login for Harbor at {ref.namespace}, and none was given for it")
        return found

    def receipts(self) -> tuple[Body, ...]:
        """Return our Secrets from everywhere, or from the namespaces chosen."""
        if not self._namespaces:
            return self._cluster.list_objects("Secret", None, label_selector=LABEL)
        found = [self._cluster.list_objects("Secret", space, label_selector=LABEL) for space in self._namespaces]
        return tuple(body for bodies in found for body in bodies)


class Mender:
    """Carries plans out and takes them back, one at a time."""

    def __init__(
        self, settings: Settings, cluster: Cluster, harbor: Callable[[], HarborWrites | None] = lambda: None
    ) -> None:
        self._cluster = cluster
        self._gate = cluster.gate
        self._shelf = Shelf(cluster, settings.namespaces, harbor)
        who = cluster.who()
        self._journal = Journal(self._shelf, settings.state_dir, cluster.name, who)
        self._audit = Audit(settings.state_dir, cluster.name, who)
        self._one = threading.Lock()
        self._there: dict[tuple[str, str], frozenset[str] | None] = {}
        """By problem and plan: the pods that stood there before it was carried out."""

    def check(self, plan: FixPlan) -> None:
        """Let the API server say about every write of a plan whether it would take it; writes nothing."""
        applying.rehearse(plan.steps, self._shelf)

    def apply(self, plan: FixPlan, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Carry a plan out; never cancelled midway. Raises Refused where the gate stays shut.

        `confirmed`: the context's name as a person gave it, which a protected context wants.
        """
        with self._one, self._gate.act(confirmed):
            self._there[plan.problem, plan.id] = uids(self._cluster, plan.verify)
            return applying.apply(plan, self._shelf, self._journal, on_progress, self._audit)

    def verify(
        self, plan: FixPlan, problem: Problem, timeout: float, on_progress: OnProgress, stop: threading.Event,
        outcome: Outcome,
    ) -> Outcome:  # fmt: skip
        """Watch until every pod has pulled, time is up or `stop` is set; where none can show it, say so at once."""
        if not plan.verify:
            return replace(outcome, sentence="Written; none of the pods that wait now can show whether it helped")
        lookout = Lookout(self._cluster, plan.verify, problem.pulls, self._there.get((plan.problem, plan.id)))
        clock = verifying.Clock(time.monotonic, lambda seconds: _sleep(stop, seconds))
        tell = _changes_only(on_progress)
        return verifying.wait(outcome, lookout.look, timeout, clock, tell, stop.is_set)

    def receipts(self) -> tuple[Receipt, ...]:
        """Return what can be undone, newest first, one receipt for each repair and namespace."""
        return self._journal.all()

    def unfinished(self) -> tuple[Receipt, ...]:
        """Return repairs begun on this machine that did not come to their end; Secrets are listed only for those."""
        return unfinished(self._journal.all()) if self._journal.remembers() else ()

    def trouble(self) -> tuple[str, ...]:
        """Say what could not be read or written of receipts and the audit log."""
        return (*self._journal.trouble, *((self._audit.trouble,) if self._audit.trouble else ()))

    def preview(self, receipt_id: str) -> tuple[tuple[str, str], ...]:
        """Return the difference that undo would make; raises Refused where somebody changed an object since."""
        return undoing.preview(self._journal.find(receipt_id), self._shelf)

    def undo(self, receipt_id: str, on_progress: OnProgress, confirmed: str = "") -> Outcome:
        """Take a repair back; raises Refused where the gate stays shut."""
        with self._one, self._gate.act(confirmed):
            found = self._journal.find(receipt_id)
            return undoing.undo(found, self._shelf, self._journal, on_progress, self._audit)

    def end(self, receipt_id: str, confirmed: str = "") -> None:
        """Write into the receipts of a repair that it came to its end; raises Refused where the gate stays shut."""
        with self._one, self._gate.act(confirmed):
            self._journal.close(self._journal.find(receipt_id))

    def prune(self, receipt_id: str | None, confirmed: str = "") -> int:
        """Remove receipts of finished repairs, or of the one named; returns how many.

        Raises Refused where the gate stays shut.
        """
        with self._one, self._gate.act(confirmed):
            found = self._journal.find(receipt_id) if receipt_id else tuple(r for r in self.receipts() if r.closed)
            return undoing.prune(found, self._journal)


def _sleep(stop: threading.Event, seconds: float) -> None:
    stop.wait(seconds)


def _changes_only(on_progress: OnProgress) -> OnProgress:
    """The same sentence every second would fill a log."""
    last: list[str] = []

    def tell(progress: Progress) -> None:
        if last != [progress.text]:
            last[:] = [progress.text]
            on_progress(progress)

    return tell
