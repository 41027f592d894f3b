"""Robots, members and projects of Harbor as a person reads them: in a difference, and as what to do by hand."""

from collections.abc import Iterator
from typing import Any

from checks.model import ObjectRef

Line = tuple[str, str]
_ROLES = {1: "project administrator", 2: "developer", 3: "guest", 4: "maintainer", 5: "limited guest"}


def details(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[Line]:
    """Yield what changes of an object in Harbor; an empty one is not there."""
    old, new = before.get("spec") or {}, after.get("spec") or {}
    if kind == "Robot" and before and after:
        yield from _robot_changes(old, new)
        return
    mark = "+" if after else "-"
    if kind == "Robot":
        yield mark, f"  {grants(new or old)}; {_lasts((new or old).get('duration'))}"
    elif kind == "Member":
        yield mark, f"  role {_role(new or old)}"
    elif kind == "Project":
        yield mark, f"  {'public' if (new or old).get('public') else 'private'}"


def _robot_changes(old: dict[str, Any], new: dict[str, Any]) -> Iterator[Line]:
    if bool(old.get("disable")) != bool(new.get("disable")):
        yield "~", f"  {_state(old)} → {_state(new)}"
    if old.get("duration") != new.get("duration"):
        yield "~", f"  {_lasts(old.get('duration'))} → {_lasts(new.get('duration'))}, from the day it was made"


def _role(spec: dict[str, Any]) -> str:
    number = spec.get("role_id")
    return _ROLES.get(number, "?") if isinstance(number, int) else "?"


def _state(spec: dict[str, Any]) -> str:
    return "disabled" if spec.get("disable") else "enabled"


def _lasts(days: object) -> str:
    return "never expires" if days in (-1, None) else f"lasts {days} days"


def grants(spec: dict[str, Any]) -> str:
    """`pull from crm, pay`: what it may do, and where."""
    actions: dict[str, None] = {}
    places: dict[str, None] = {}
    for one in spec.get("permissions") or ():
        places[str(one.get("namespace"))] = None
        actions |= dict.fromkeys(str(access.get("action")) for access in one.get("access") or ())
    return f"{' and '.join(actions) or 'nothing'} from {', '.join(places) or 'no project'}"


def by_hand(ref: ObjectRef, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[str]:
    """Yield the lines that say how a person does it in Harbor's portal."""
    spec = (after or {}).get("spec") or {}
    where = f"# in Harbor at {ref.namespace}:"
    if ref.kind == "Project":
        yield f"{where} Projects → New Project → {ref.name}, private"
    elif ref.kind == "Member":
        project, _, user = ref.name.partition("/")
        yield f"{where} Projects → {project} → Members → + User: {user}, role {_role(spec)}"
    elif before is None:
        yield f"{where} Robot Accounts → New Robot Account: {grants(spec)}, {_lasts(spec.get('duration'))}"
    else:
        yield f"{where} Robot Accounts → {ref.name}: {_state(spec)}, {_lasts(spec.get('duration'))}"
