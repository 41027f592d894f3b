"""Probe pods that a run left behind: notes of this machine's own ones, and how all of them are told and cleared away.

A note is a file that its process holds a lock on (flock), which ends with the process however that ends. So a note
without a lock is the probe of a run that broke off, and a probe under way is never taken for one.
"""

import contextlib
import fcntl
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from checks.errors import DoctorError, NotFound
from checks.model import ObjectRef
from checks.repair import statefolder
from checks.repair.audit import Audit
from checks.repair.probe.hands import PodHands
from checks.repair.probe.plan import is_probe, is_probe_pod
from checks.repair.steps import Body

_FOLDER = "probes"
_LATE = timedelta(minutes=5)
"""Beyond the pod's own deadline; clocks differ."""


@dataclass(slots=True)
class Held:
    """The note of a probe under way."""

    path: Path
    handle: int = field(default=-1)

    def drop(self) -> None:
        """The pod is gone, and so is the note."""
        with contextlib.suppress(OSError):
            statefolder.remove(self.path)
        self.release()

    def release(self) -> None:
        """Leave the note for the next run."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1


class Notes:
    """Which probe pods were made from this machine, in one context, and are not known to be gone."""

    def __init__(self, state_dir: Path, context: str) -> None:
        self._folder, self._context = state_dir.expanduser() / _FOLDER, context

    def hold(self, ref: ObjectRef) -> Held:
        """Note a probe pod before it is made.

        A folder that cannot be written or locked stops nothing: then the pod's label tells. A note without its lock
        would be taken for one of a run that broke off, so none is left.
        """
        held = Held(self._folder / f"{ref.name}.json")
        try:
            statefolder.write(held.path, json.dumps({"context": self._context, "namespace": ref.namespace}))
            held.handle = _locked(held.path)
        except OSError:
            held.drop()
        return held

    def orphans(self) -> tuple[tuple[ObjectRef, Held], ...]:
        """Return the pods of this context whose run is over, each with its note, which is held from now on."""
        found = []
        for path in sorted(self._folder.glob("*.json")):
            ref = self._read(path)
            if ref is None:
                continue
            with contextlib.suppress(OSError):
                found.append((ref, Held(path, _locked(path))))
        return tuple(found)

    def alive(self, name: str) -> bool:
        """Is this the probe of a run that goes on, on this machine?"""
        path = self._folder / f"{name}.json"
        if not path.exists():
            return False
        try:
            os.close(_locked(path))
        except OSError:
            return True
        return False

    def _read(self, path: Path) -> ObjectRef | None:
        try:
            told = json.loads(statefolder.read(path) or "")
            ref = ObjectRef("Pod", str(told["namespace"]), path.stem)
        except (ValueError, KeyError, TypeError):
            return None
        return ref if told["context"] == self._context else None


def _locked(path: Path) -> int:
    """Open and lock a file; raises OSError where another process has it."""
    handle = os.open(path, os.O_RDWR | os.O_NOFOLLOW)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise
    return handle


def over(body: Body, now: datetime) -> bool:
    """Has this probe pod outlived its run, whoever made it? The kubelet ended it, or it is long past its time."""
    if (body.get("status") or {}).get("reason") == "DeadlineExceeded":
        return True
    limit = (body.get("spec") or {}).get("activeDeadlineSeconds")
    try:
        born = datetime.fromisoformat(str(body["metadata"]["creationTimestamp"])).astimezone(UTC)
    except (KeyError, ValueError):
        return False
    return isinstance(limit, int) and now - born > timedelta(seconds=limit) + _LATE


def clear(orphans: Iterable[tuple[ObjectRef, Held]], hands: PodHands, audit: Audit | None) -> tuple[str, ...]:
    """Delete the pods that notes tell of, and the notes; one sentence for each pod that was there."""
    said = []
    for ref, held in orphans:
        try:
            body = hands.read(ref)
            if body is not None and is_probe_pod(body):
                _delete(ref, body, hands, audit)
                said.append(f"probe pod {ref.namespace}/{ref.name} of a run that broke off was deleted")
        except DoctorError as error:
            said.append(f"probe pod {ref.namespace}/{ref.name} of a run that broke off is still there: {error}")
            held.release()
        else:
            held.drop()
    return tuple(said)


def clear_listed(
    bodies: Iterable[Body], notes: Notes, hands: PodHands, audit: Audit | None, now: datetime
) -> tuple[str, ...]:
    """Delete listed probe pods that are over; those of a run under way, here or elsewhere, stay."""
    said = []
    for body in bodies:
        meta = body["metadata"]
        ref = ObjectRef("Pod", str(meta["namespace"]), str(meta["name"]))
        if not is_probe(ref.name, meta.get("labels") or {}) or not over(body, now) or notes.alive(ref.name):
            continue
        try:
            _delete(ref, body, hands, audit)
            said.append(f"probe pod {ref.namespace}/{ref.name}, which was left over, was deleted")
        except DoctorError as error:
            said.append(f"probe pod {ref.namespace}/{ref.name} is left over: {error}")
    return tuple(said)


def _delete(ref: ObjectRef, body: Body, hands: PodHands, audit: Audit | None) -> None:
    try:
        hands.delete(ref, uid=str(body["metadata"]["uid"]))
    except NotFound:
        return
    if audit is not None:
        audit.note("probe", "", "delete", ref, body, None, "written")
