"""The journal of repairs: a receipt before the first write, a mark after each, and what lies there when we start."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from checks.errors import ClusterError, Refused, UsageError
from checks.model import ObjectRef
from checks.repair.kinds import HARBOR
from checks.repair.plan import FixPlan, Keep
from checks.repair.receipt import Receipt, planned, with_done
from checks.repair.shelves import InCluster, Index, InFolder, InProcess, Shelf, parse
from checks.repair.steps import Body, Verb


class Journal:
    """Keeps the receipts of one context. The local index is a convenience: its failure stops nothing."""

    def __init__(
        self, shelf: Shelf, state_dir: Path, context: str, who: str = "",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:  # fmt: skip
        self._cluster = InCluster(shelf)
        self._folder = InFolder(state_dir, context)
        self._process = InProcess()
        self._index = Index(state_dir)
        self.context, self.who, self._now = context, who, now
        self.trouble: list[str] = []
        """Receipts that could not be read when they were last listed, one sentence each."""

    def name(self) -> str:
        """Return a fresh receipt id."""
        return f"{self._now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"

    def open(self, plan: FixPlan, answers: Sequence[Body | None], name: str = "") -> tuple[Receipt, ...]:
        """Write one receipt per namespace before anything else is; raises ClusterError, and then none is left behind.

        `answers` are those of the dry run of every step; `name` an id from `name()`, or a new one.
        """
        now, name = self._now(), name or self.name()
        opened: list[Receipt] = []
        places = (plan.home if s.target.kind in HARBOR else s.target.namespace for s in plan.steps)
        for namespace in dict.fromkeys(places):
            receipt = Receipt(
                name, namespace, now, plan.title, plan.problem, self.context,
                planned(plan.steps, answers, namespace, plan.home), who=self.who,
                elsewhere=_elsewhere(plan, namespace), source=plan.keep.value,
            )  # fmt: skip
            try:
                self._shelf(receipt).put(receipt)
            except ClusterError:
                # The one that failed may be there all the same: its answer was lost.
                for one in (receipt, *opened):
                    with suppress(ClusterError, Refused):
                        self.drop((one,))
                raise
            opened.append(receipt)
            if self._shelf(receipt) is self._cluster:
                self._noted(receipt)
        return tuple(opened)

    def mark(
        self, receipts: tuple[Receipt, ...], ref: ObjectRef, verb: Verb, after: Mapping[str, Any] | None,
        seal: str = "",
    ) -> tuple[Receipt, ...]:  # fmt: skip
        """Mark one step as done, with the object as stored; raises ClusterError."""
        changed = [with_done(r, ref, verb, after, seal) if _of(r, ref) else r for r in receipts]
        for receipt in changed:
            if _of(receipt, ref):
                if ref.kind in HARBOR and self._shelf(receipt) is self._cluster:
                    # First: a number in the receipt that this machine has not noted is taken for forged.
                    self._noted(receipt)
                self._shelf(receipt).renew(receipt)
        return tuple(changed)

    def renew(self, receipts: tuple[Receipt, ...], kept: tuple[Receipt, ...]) -> None:
        """Write receipts anew that have lost steps; one that has none left is removed. Raises ClusterError."""
        for before, receipt in zip(receipts, kept, strict=True):
            if not receipt.steps:
                self.drop((before,))
            elif receipt != before:
                self._shelf(receipt).renew(receipt)

    def close(self, receipts: tuple[Receipt, ...]) -> None:
        """Write that the repair came to its end; raises ClusterError."""
        for receipt in receipts:
            self._shelf(receipt).renew(replace(receipt, closed=True))

    def drop(self, receipts: tuple[Receipt, ...]) -> None:
        """Remove receipts that are no longer needed; raises ClusterError."""
        for receipt in receipts:
            self._shelf(receipt).remove(receipt)
            self._forgotten(receipt)

    def all(self) -> tuple[Receipt, ...]:
        """Return all sound receipts, newest first; what cannot be read is told in `trouble`. Raises nothing."""
        self.trouble = []
        found = [replace(r, vouched=frozenset(s.label for s in r.steps)) for r in self._process.found()]
        for item in self._folder.found():
            self._sorted(item, found)
        for body in self._cluster.bodies(self._index.refs(self.context)):
            try:
                receipt = parse(body)
                found.append(replace(receipt, vouched=self._index.vouched(receipt)))
            except Refused as error:
                self.trouble.append(str(error))
        if why := self._cluster.unlisted:
            self.trouble.append(f"only repairs made on this machine are known, receipts could not be listed: {why}")
        return tuple(sorted(found, key=lambda r: (r.created, r.id, r.namespace), reverse=True))

    def remembers(self) -> bool:
        """Does this machine know of receipts in this context? Asks no network."""
        return bool(self._index.refs(self.context)) or any(True for _ in self._folder.found())

    def find(self, receipt_id: str) -> tuple[Receipt, ...]:
        """Return the receipts of one repair, one per namespace; raises UsageError where there is none."""
        found = tuple(receipt for receipt in self.all() if receipt.id == receipt_id)
        if not found:
            said = "; ".join(text for text in self.trouble if receipt_id in text or self._cluster.unlisted)
            raise UsageError(said or f"there is no receipt {receipt_id}: it was undone, pruned or never made")
        return found

    def _sorted(self, item: Receipt | str, found: list[Receipt]) -> None:
        if isinstance(item, str):
            self.trouble.append(item)
        elif item.context == self.context:  # names that differ in odd characters only share a folder
            mine = frozenset(step.label for step in item.steps if step.ref.kind in HARBOR)
            found.append(replace(item, source=Keep.LOCAL.value, vouched=mine))

    def _shelf(self, receipt: Receipt) -> InCluster | InFolder | InProcess:
        if receipt.source == Keep.LOCAL.value:
            return self._folder
        return self._process if receipt.source == Keep.PROCESS.value else self._cluster

    def _noted(self, receipt: Receipt) -> None:
        try:
            self._index.add(receipt)
        except OSError as error:
            self.trouble.append(f"the local index cannot be written: {error.strerror}")

    def _forgotten(self, receipt: Receipt) -> None:
        try:
            self._index.drop(receipt)
        except OSError as error:
            self.trouble.append(f"the local index cannot be written: {error.strerror}")


def _elsewhere(plan: FixPlan, namespace: str) -> tuple[str, ...]:
    """The Secrets of other namespaces that a robot made by this plan is written into."""
    if not any(step.target.kind == "Robot" and step.verb is Verb.CREATE for step in plan.steps):
        return ()
    secrets = (step.target for step in plan.steps if step.target.kind == "Secret")
    return tuple(dict.fromkeys(f"{ref.namespace}/{ref.name}" for ref in secrets if ref.namespace != namespace))


def _of(receipt: Receipt, ref: ObjectRef) -> bool:
    return any(step.ref == ref for step in receipt.steps) or receipt.namespace == ref.namespace


def unfinished(receipts: tuple[Receipt, ...]) -> tuple[Receipt, ...]:
    """Return the repairs that were begun and not brought to their end: the process died, or a step failed."""
    return tuple(receipt for receipt in receipts if not receipt.closed)
