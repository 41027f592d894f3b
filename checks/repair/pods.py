"""The steps that replace one stuck pod. A deleted pod cannot come back, and nothing here claims otherwise."""

import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from checks.errors import Conflict, NotFound
from checks.model import ObjectRef
from checks.repair.declared import for_creation
from checks.repair.sealed import Sealed
from checks.repair.show import Lines
from checks.repair.steps import Body, Verb, Writer

PATIENCE = 60.0
"""Seconds to wait until a deleted pod has freed its name; a stuck one is gone within two."""


@dataclass(frozen=True, slots=True)
class ReplacePod:
    """Delete one stuck pod; its owner makes a new one."""

    target: ObjectRef
    uid: str
    owner: str
    """Who makes the new one: `ReplicaSet web-6d9c`."""
    before: None = field(default=None, init=False)
    after: None = field(default=None, init=False)
    verb: Verb = field(default=Verb.REPLACE_POD, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"delete {self.target}, so that {self.owner} makes a new one (cannot be undone)"

    def diff(self) -> Lines:
        """Show the pod that goes."""
        return (("-", f"{self.target}  waits for its image; {self.owner} makes a new one"),)

    def apply(self, writer: Writer, *, dry_run: bool = False) -> None:
        """Delete that very pod; one that is gone or was replaced already is no error."""
        try:
            writer.delete(self.target, uid=self.uid, dry_run=dry_run)
        except (NotFound, Conflict):
            current = writer.read(self.target)
            if current is not None and (current.get("metadata") or {}).get("uid") == self.uid:
                raise


@dataclass(frozen=True, slots=True)
class RemakePod:
    """Delete a stuck pod that nobody owns and make it again from its manifest."""

    target: ObjectRef
    uid: str
    after: Sealed
    """The manifest; the receipt keeps it."""
    before: None = field(default=None, init=False)
    verb: Verb = field(default=Verb.REMAKE_POD, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"delete {self.target} and make it again from its manifest (cannot be undone)"

    def diff(self) -> Lines:
        """Show the pod that goes and comes."""
        return (("~", f"{self.target}  waits for its image; made again from its manifest"),)

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body | None:
        """Delete that very pod and create it again as soon as its name is free."""
        # A run that broke off between the two writes left the pod to be made.
        with suppress(NotFound):
            writer.delete(self.target, uid=self.uid, dry_run=dry_run)
        return None if dry_run else self._create(writer)

    def _create(self, writer: Writer) -> Body:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return writer.create(self.target, self.after.body())
            except Conflict:
                if time.monotonic() >= deadline:
                    raise
                time.sleep(0.5)


def manifest(pod: Body) -> Body:
    """Return what a pod can be made again from: without status, node, and what only a running pod may hold."""
    fresh = for_creation(pod)
    spec: dict[str, Any] = {k: v for k, v in (fresh.get("spec") or {}).items() if k not in _SET_LATER}
    return {**fresh, "spec": spec}


_SET_LATER = ("nodeName", "ephemeralContainers", "priority")
"""Set by the scheduler, by `kubectl debug`, by admission from the priority class."""
