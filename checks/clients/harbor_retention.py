"""A project's tag retention and its runs: `GET /api/v2.0/retentions/{id}` and its `executions`.

Shown to developers, maintainers and administrators of the project (common/rbac/project/rbac_role.go).
"""

from datetime import datetime
from typing import Any

from checks.clients.harbor_api import Api, Reply, timestamp
from checks.clients.harbor_names import fact
from checks.clients.harbor_objects import objects
from checks.facts import Fact, Unknown
from checks.records import Retention


def retention(api: Api, host: str, number: int) -> Fact[Retention | None] | Unknown:
    """Return a retention policy with its newest runs, None inside a Fact where it has been removed."""
    shown = api.call(host, "GET", f"/retentions/{number}")
    if shown.status == 404:
        return fact(None, host)
    if shown.status in (401, 403):
        return Unknown(f"{api.username} may not see the project's tag retention")
    if not shown.ok or not isinstance(shown.document, dict):
        return Unknown(f"Harbor did not show the project's tag retention: {shown.why or 'it answered otherwise'}")
    rules = shown.document.get("rules")
    if not isinstance(rules, list | None):
        return Unknown("Harbor showed the project's tag retention with rules that cannot be read")
    active = [rule for rule in objects(rules) if rule.get("disabled") is not True]
    told = api.newest(host, f"/retentions/{number}/executions")
    if isinstance(told, Reply):
        return fact(Retention(len(active), hidden=told.why or "Harbor answered with something else"), host)
    runs = [run for one in told[0] if (run := _run(one)) is not None]
    return fact(Retention(len(active), tuple(sorted(runs, key=lambda run: run[0], reverse=True))), host)


def _run(one: dict[str, Any]) -> tuple[datetime, datetime | None] | None:
    """Begin and end of a run; None for a dry one."""
    begin = timestamp(one.get("start_time"))
    return None if begin is None or one.get("dry_run") is True else (begin, timestamp(one.get("end_time")))
