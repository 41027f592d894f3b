"""The steps that replace one stuck pod. A deleted pod cannot come back, and nothing here claims otherwise."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checks.errors import Conflict, DoctorError, Invalid, NotFound
from checks.imagestep import OVER, held_up
from checks.model import ObjectRef
from checks.repair.declared import for_creation
from checks.repair.kinds import dig
from checks.repair.sealed import Sealed
from checks.repair.show import Lines
from checks.repair.steps import NOT_WRITTEN, Body, Spared, Unmade, Verb, Writer
from checks.repair.writes import TRIES, after_all, rehearse

GRACE = 30.0
"""Seconds that a pod may take to end where it does not say how many (terminationGracePeriodSeconds)."""
PATIENCE = 60.0
"""Seconds to wait for a deleted pod's name beyond that."""
STEADY = 5.0
"""Seconds for which a refused creation is tried again: a quota counts the deleted pod for a moment longer."""
_PAUSE = 0.5


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
        """Delete that very pod; one that is gone or was replaced already is no error, one that recovered is spared."""
        if dry_run:
            _rehearsed(self.target, self.uid, writer)
        else:
            _delete(self.target, self.uid, writer)


@dataclass(frozen=True, slots=True)
class RemakePod:
    """Delete a stuck pod that nobody owns and make it again from its manifest."""

    target: ObjectRef
    uid: str
    after: Sealed
    """The manifest; the receipt keeps it."""
    patience: float | None = None
    """Seconds to wait for the name; None: the pod's own time to end, and a minute."""
    before: None = field(default=None, init=False)
    verb: Verb = field(default=Verb.REMAKE_POD, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"delete {self.target} and make it again from its manifest (cannot be undone)"

    def diff(self) -> Lines:
        """Show the pod that goes and comes."""
        return (("~", f"{self.target}  waits for its image; made again from its manifest"),)

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body | None:
        """Delete that very pod and create it again as soon as its name is free.

        The dry run tries both. Raises Unmade where it was deleted and could not be created.
        """
        manifest = self.after.body()
        if dry_run:
            if not _rehearsed(self.target, self.uid, writer):
                raise NotFound(f"{self.target} is not there any more; it is not made again", 404)
            rehearse(writer, self.target, manifest)
            return None
        _delete(self.target, self.uid, writer)
        try:
            return self._create(writer, manifest)
        except DoctorError as error:
            why = str(error).rstrip(".")
            raise Unmade(f"{self.target} was deleted and could not be made again: {why}") from None

    def _create(self, writer: Writer, manifest: Body) -> Body:
        begun, patience = time.monotonic(), pod_patience(manifest) if self.patience is None else self.patience
        while True:
            try:
                return writer.create(self.target, manifest)
            except Conflict:
                there = writer.read(self.target)
                if there is not None and not _going(there) and dig(there, "metadata", "uid") != self.uid:
                    return there
                if time.monotonic() >= begun + patience:
                    raise
            except Invalid:
                raise
            except DoctorError:
                if time.monotonic() >= begun + min(patience, STEADY):
                    raise
            time.sleep(_PAUSE)


def pod_patience(pod: Body) -> float:
    """Return how many seconds a deleted pod may keep its name."""
    grace = dig(pod, "spec", "terminationGracePeriodSeconds")
    return (float(grace) if isinstance(grace, int) else GRACE) + PATIENCE


def _rehearsed(ref: ObjectRef, uid: str, writer: Writer) -> bool:
    """Let the API server say whether the pod may be deleted; False where it is gone or another one."""
    try:
        writer.delete(ref, uid=uid, dry_run=True)
    except (NotFound, Conflict):
        if _is_there(writer.read(ref), uid):
            raise
        return False
    return True


def _delete(ref: ObjectRef, uid: str, writer: Writer) -> None:
    """Delete that very pod while it waits on an image; raises Spared where it does not any more."""
    missing: NotFound | None = None
    for _ in range(TRIES):
        pod = writer.read(ref)
        if not _is_there(pod, uid) or pod is None or _going(pod):
            return
        if not waits(pod):
            raise Spared(f"{ref} was left alone: no container of it waits on an image any more")
        try:
            writer.delete(ref, uid=uid, resource_version=str(dig(pod, "metadata", "resourceVersion") or ""))
        except Conflict:
            continue
        except NotFound as error:
            # Where it is gone the next look tells; a server that shows it and denies it is believed in neither.
            missing = error
            continue
        except NOT_WRITTEN:
            raise
        except DoctorError as error:
            pod = after_all(writer, ref, error)
            if _is_there(pod, uid) and not _going(pod or {}):
                raise
        return
    if missing is not None:
        raise NotFound(f"{ref} is shown and was not deleted: {missing}", missing.status)
    raise Conflict(f"{ref} changes all the time; it was not deleted")


def _is_there(pod: Body | None, uid: str) -> bool:
    return pod is not None and dig(pod, "metadata", "uid") == uid


def _going(pod: Body) -> bool:
    return bool(dig(pod, "metadata", "deletionTimestamp"))


def waits(pod: Body) -> bool:
    """Does a container of this pod wait on its image?"""
    if dig(pod, "status", "phase") in OVER:
        return False
    return any(held_up(str(w.get("reason") or ""), str(w.get("message") or "")) for w in _waiting(pod))


def _waiting(pod: Body) -> Iterator[dict[str, Any]]:
    for kind in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for status in dig(pod, "status", kind) or ():
            found = dig(status, "state", "waiting")
            if isinstance(found, dict):
                yield found


def manifest(pod: Body) -> Body:
    """Return what a pod can be made again from: without status, node, and what only a running pod may hold."""
    fresh = for_creation(pod)
    spec: dict[str, Any] = {k: v for k, v in (fresh.get("spec") or {}).items() if k not in _SET_LATER}
    return {**fresh, "spec": spec}


_SET_LATER = ("nodeName", "ephemeralContainers", "priority")
"""Set by the scheduler, by `kubectl debug`, by admission from the priority class."""
