"""The steps that create, replace and delete one object, each keeping what others wrote meanwhile."""

import time
from dataclasses import dataclass, field, replace

from checks.errors import Conflict, DoctorError, NotFound
from checks.model import ObjectRef
from checks.repair.declared import Fields, changes, declared, for_creation, with_fields
from checks.repair.kinds import HARBOR
from checks.repair.sealed import Sealed
from checks.repair.show import Lines, difference
from checks.repair.steps import NOT_WRITTEN, Body, Verb, Writer

TRIES = 5
"""How often a write is tried again after somebody else wrote another part of the object."""

PROBE = "-harbor-doctor-dry-run"
"""Ends the name under which an object is checked whose own name is not yet free."""
_LONGEST = 253
"""Letters of an object's name."""


def rehearse(writer: Writer, ref: ObjectRef, body: Body) -> Body:
    """Let the API server say whether it would create an object whose own name is not yet free."""
    name = ref.name[: _LONGEST - len(PROBE)].rstrip("-.") + PROBE
    renamed = {**body, "metadata": {**(body.get("metadata") or {}), "name": name}}
    return writer.create(replace(ref, name=name), renamed, dry_run=True)


@dataclass(frozen=True, slots=True)
class CreateObject:
    """POST an object. Where the name is taken by one that is the same already, that is success."""

    target: ObjectRef
    after: Sealed
    before: Sealed | None = None
    patience: float = 0.0
    """Seconds to wait for the name: an object deleted just before may take a moment to go."""
    was: Sealed | None = None
    """What a step before deletes under this name; the difference is shown against it."""
    verb: Verb = field(default=Verb.CREATE, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"create {self.target}"

    def diff(self) -> Lines:
        """Show the new object, or how it differs from the one before."""
        return difference(self.target, self.was.body() if self.was else None, self.after.body())

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body:
        """Create it; raises Conflict where the name belongs to something else."""
        body = for_creation(self.after.body())
        if dry_run and self.patience:
            return rehearse(writer, self.target, body)
        if dry_run:
            return writer.create(self.target, body, dry_run=True)
        deadline = time.monotonic() + self.patience
        while True:
            try:
                return writer.create(self.target, body)
            except Conflict:
                if self.target.kind in HARBOR:
                    # Somebody was quicker: it is theirs, even if it is the same.
                    raise
                there = writer.read(self.target)
                if there is not None and _same(self.target, there, body):
                    return there
                if time.monotonic() >= deadline or not _leaving(there):
                    raise Conflict(f"{self.target} is there already and differs; nothing was written over it") from None
                time.sleep(0.5)
            except NOT_WRITTEN:
                raise
            except DoctorError as error:
                there = after_all(writer, self.target, error)
                if there is not None and self.target.kind != "Project" and _same(self.target, there, body):
                    return there
                # A project that is there may be somebody else's, and undo would take it from them.
                raise


def after_all(writer: Writer, ref: ObjectRef, error: DoctorError) -> Body | None:
    """Read an object after the answer to a write was lost: it tells whether the request was. Else raises `error`."""
    try:
        return writer.read(ref)
    except DoctorError:
        # A refusal to read must not pass for a refusal to write.
        raise error from None


def _leaving(there: Body | None) -> bool:
    return there is None or bool((there.get("metadata") or {}).get("deletionTimestamp"))


def _same(ref: ObjectRef, one: Body, other: Body) -> bool:
    return not _leaving(one) and declared(ref.kind, one) == declared(ref.kind, other)


@dataclass(frozen=True, slots=True)
class ReplaceObject:
    """PUT a whole object with the resourceVersion at which it was read."""

    target: ObjectRef
    before: Sealed
    after: Sealed
    verb: Verb = field(default=Verb.REPLACE, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"change {self.target}"

    def diff(self) -> Lines:
        """Show what changes."""
        return difference(self.target, self.before.body(), self.after.body())

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body:
        """Write it; keep what others wrote meanwhile. Raises Conflict where it was the same part."""
        wanted = self._fields()
        current = self.before.body()
        for _ in range(TRIES):
            body = with_fields(current, wanted)
            try:
                return writer.replace(self.target, body, dry_run=dry_run)
            except Conflict:
                current = self._reread(writer, wanted)
                if all(_at(current, self.target, path) == value for path, value in wanted.items()):
                    return current
        raise Conflict(f"{self.target} is written by others all the time; it was not changed")

    def _fields(self) -> Fields:
        kind = self.target.kind
        return changes(declared(kind, self.before.body()) or {}, declared(kind, self.after.body()) or {})

    def _reread(self, writer: Writer, wanted: Fields) -> Body:
        current = writer.read(self.target)
        if current is None:
            raise NotFound(f"{self.target} was deleted meanwhile; it was not changed", 404)
        if _uid(current) != _uid(self.before.body()):
            raise Conflict(f"{self.target} was deleted and made anew meanwhile; it was not changed")
        before = self.before.body()
        for path, value in wanted.items():
            now = _at(current, self.target, path)
            if now not in (_at(before, self.target, path), value):
                raise Conflict(f"{self.target}: somebody changed {_named(path)} meanwhile; it was not changed again")
        return current


def _named(path: tuple[str, ...]) -> str:
    return {"template": "the pod template", "image": "the image"}.get(path[-1], path[-1])


def _at(body: Body, ref: ObjectRef, path: tuple[str, ...]) -> object:
    return (declared(ref.kind, body) or {}).get(path)


def _uid(body: Body) -> str:
    return str((body.get("metadata") or {}).get("uid") or "")


def _left(there: Body | None, body: Body) -> bool:
    """Is this very object there still, and not on its way out?"""
    return not _leaving(there) and there is not None and _uid(there) == _uid(body)


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """DELETE an object if it still is what was read."""

    target: ObjectRef
    before: Sealed
    remade: bool = False
    """The next step makes it anew, and shows the difference."""
    after: None = field(default=None, init=False)
    verb: Verb = field(default=Verb.DELETE, init=False)

    def describe(self) -> str:
        """Say what is done."""
        return f"delete {self.target}"

    def diff(self) -> Lines:
        """Show what goes."""
        if self.remade:
            return (("-", f"{self.target}  is deleted and made anew: its type cannot be changed in place"),)
        return difference(self.target, self.before.body(), None)

    def apply(self, writer: Writer, *, dry_run: bool = False) -> None:
        """Delete it; an object that is gone already is no error. Raises Conflict where it changed since."""
        body = self.before.body()
        for _ in range(TRIES):
            meta = body.get("metadata") or {}
            try:
                writer.delete(
                    self.target, uid=_uid(body), resource_version=meta.get("resourceVersion", ""), dry_run=dry_run
                )
                return
            except NotFound:
                return
            except Conflict:
                body = self._reread(writer)
            except NOT_WRITTEN:
                raise
            except DoctorError as error:
                if not _left(after_all(writer, self.target, error), body):
                    return
                raise
        raise Conflict(f"{self.target} is written by others all the time; it was not deleted")

    def _reread(self, writer: Writer) -> Body:
        current, before = writer.read(self.target), self.before.body()
        if current is None or _uid(current) != _uid(before):
            raise Conflict(f"{self.target} was deleted or made anew meanwhile; it was not deleted again")
        if declared(self.target.kind, current) != declared(self.target.kind, before):
            raise Conflict(f"{self.target} was changed meanwhile; it was not deleted")
        return current
