"""May what a repair made in Harbor be deleted again? Decided here for undo and for the clean-up after a failure.

A project or member is only ours where Harbor's number says that it is the very one that our own request made; a project
only while nothing else is lost with it. What is not ours stays, and is named.
"""

from collections.abc import Collection
from datetime import UTC, datetime

from checks.errors import DoctorError
from checks.model import ObjectRef
from checks.repair.kinds import dig
from checks.repair.steps import Body, Writer
from checks.wording import few

_SOON = 120.0
"""Seconds after a receipt within which its project is made; a killed run could not write down that it was."""
_SLACK = 5.0
"""Seconds by which Harbor's clock is known the less exactly."""
_NAMED = 4


class Left(DoctorError):
    """What was made in Harbor is of no use and could not be deleted again: its receipt knows it."""


def another(made: Body | None, current: Body) -> bool:
    """Is this another object than the one that was made?"""
    number = _number(made)
    return bool(number) and number != _number(current)


def doubtful(made: Body | None, current: Body, noted: datetime) -> bool:
    """Is it not known that this project is the one that a repair made, whose receipt was written at `noted`?

    Where no number was written down, a project is ours that the same user made right after the receipt.
    """
    if _number(made):
        return False
    owner, age = str(dig(made, "metadata", "owner") or ""), dig(current, "status", "age")
    if not owner or dig(current, "status", "owner") != owner or not isinstance(age, float):
        return True
    late = (datetime.now(UTC) - noted).total_seconds() - age
    return not -_SLACK <= late <= _SOON


def besides(ref: ObjectRef, current: Body, writer: Writer, going: Collection[str] = ()) -> str:
    """Say what a project holds that is neither `going` nor its owner; empty for nothing. Raises ClusterError."""
    if ref.kind != "Project":
        return ""
    count = dig(current, "status", "repositories")
    if isinstance(count, int) and count > 0:
        return f"{count} repositor{'y' if count == 1 else 'ies'}"
    known = {*going, f"member {dig(current, 'status', 'owner')}"}
    held = tuple(dict.fromkeys(word for word in writer.held(ref) if word not in known))
    return few(held, _NAMED)


def word(ref: ObjectRef, current: Body) -> str:
    """Return what a project is said to hold where it holds this."""
    if ref.kind == "Member":
        return f"member {ref.name.partition('/')[2]}"
    return f"robot account {dig(current, 'metadata', 'name')}" if ref.kind == "Robot" else ""


def ensure(ref: ObjectRef, made: Body | None, current: Body, writer: Writer) -> None:
    """Raise Left where this may not be deleted again, right after it was made."""
    if not _number(made) or another(made, current):
        raise Left(f"it is not known whether {ref} is the one that was made")
    if held := besides(ref, current, writer):
        raise Left(f"it holds {held} by now")


def _number(body: Body | None) -> str:
    return str(dig(body, "metadata", "uid") or "")
