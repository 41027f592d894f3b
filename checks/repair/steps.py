"""One write each: what it shows, does, and how it is taken back."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol

from checks.errors import (
    Conflict,
    DoctorError,
    Expired,
    Forbidden,
    Invalid,
    NotFound,
    Refused,
    Throttled,
    Unauthenticated,
)

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.model import ObjectRef
    from checks.repair.sealed import Sealed

Body = dict[str, Any]
"""A Kubernetes object as JSON, with every field it had."""


NOT_WRITTEN = (Conflict, Expired, Forbidden, Invalid, NotFound, Refused, Throttled, Unauthenticated)
"""After these nothing was written; after every other error that is not known."""


class Writer(Protocol):
    """The writes that a step may do; handed in by the doctor, passes the gate."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the object as it is now, or None where it does not exist."""

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """POST; raises Conflict if the name is taken."""

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """PUT with the body's resourceVersion; raises Conflict if somebody changed it."""

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        """DELETE with preconditions; raises Conflict if it is another object by now."""

    def mint(self, ref: ObjectRef, body: Body) -> tuple[Body, Login]:
        """Create a robot account in Harbor; returns it as stored, and its login, which is told this once."""

    def held(self, ref: ObjectRef) -> tuple[str, ...]:
        """Name everything that a project in Harbor holds; raises ClusterError where that is not shown."""


class Verb(StrEnum):
    """What a step does to its object."""

    CREATE = "create"
    REPLACE = "replace"
    DELETE = "delete"
    REPLACE_POD = "replace-pod"
    REMAKE_POD = "remake-pod"


class Spared(DoctorError):
    """The step is not needed any more: nothing was written, and that is no failure."""


class Unmade(DoctorError):
    """An object was deleted to be made anew, and is not there: only its receipt has it."""


class Step(Protocol):
    """One write of a plan."""

    @property
    def target(self) -> ObjectRef:
        """The object written."""

    @property
    def verb(self) -> Verb:
        """What is done to it."""

    @property
    def before(self) -> Sealed | None:
        """The object as read, None where it is not there; undo brings this back."""

    @property
    def after(self) -> Sealed | None:
        """The object as it will be, None where it will be gone."""

    def describe(self) -> str:
        """Say what is done, in one line."""

    def diff(self) -> tuple[tuple[str, str], ...]:
        """Lines (mark, text) of what changes, passwords hidden; mark is `~ + - =` or a space."""

    def apply(self, writer: Writer, *, dry_run: bool = False) -> Body | None:
        """Do it, or with `dry_run` let the API server say whether it would be done.

        Returns the object as stored, None where it is gone. Raises ClusterError; Conflict where somebody else changed
        what this step changes; Spared where there is nothing left to do; Unmade where what it deleted is lost.
        """


def undoable(step: Step) -> bool:
    """Can this step be taken back? A deleted pod cannot."""
    return step.verb in (Verb.CREATE, Verb.REPLACE, Verb.DELETE)
