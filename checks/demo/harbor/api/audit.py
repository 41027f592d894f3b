"""The audit log.

Since 2.13 entries go to new tables with endpoints of their own, which earlier versions do not have. What was written
before an upgrade stays in the old tables; on a Harbor that began later those are empty.
"""

from collections.abc import Callable

from checks.demo.harbor.api.call import Call, moment, not_found
from checks.demo.harbor.api.query import conditions, select
from checks.demo.harbor.entities import AuditEntry, Project
from checks.demo.harbor.rights import allowed, allowed_on_system
from checks.demo.harbor.tables import since
from checks.demo.harbor.web import Response

_Which = Callable[[AuditEntry], bool]


def of_system(call: Call) -> Response:
    """GET /auditlog-exts: all for administrators, own projects for project administrators, `[]` for others."""
    _new_ones_only(call)
    return _everywhere(call, lambda entry: entry.time >= call.state.upgraded)


def of_project(call: Call) -> Response:
    """GET /projects/{p}/auditlog-exts."""
    _new_ones_only(call)
    number = _readable(call).id
    return _page(call, lambda entry: entry.project_id == number and entry.time >= call.state.upgraded)


def old_of_system(call: Call) -> Response:
    """GET /audit-logs."""
    return _everywhere(call, lambda entry: _is_old(call, entry))


def old_of_project(call: Call) -> Response:
    """GET /projects/{p}/logs."""
    number = _readable(call).id
    return _page(call, lambda entry: entry.project_id == number and _is_old(call, entry))


def _new_ones_only(call: Call) -> None:
    if not _has_new_tables(call):
        raise not_found(f"path {call.request.path} was not found")


def _has_new_tables(call: Call) -> bool:
    return since(call.state.version, 2, 13)


def _is_old(call: Call, entry: AuditEntry) -> bool:
    return not _has_new_tables(call) or entry.time < call.state.upgraded


def _right(call: Call) -> tuple[str, str]:
    """Up to 2.12 every member from guest up may read the log, since 2.13 the project's administrators."""
    return ("log", "list") if _has_new_tables(call) else ("member", "list")


def _readable(call: Call) -> Project:
    return call.project(*_right(call))


def _everywhere(call: Call, which: _Which) -> Response:
    call.login_required()
    if allowed_on_system(call.caller, "audit-log", "list"):
        return _page(call, which)
    projects = list(call.state.projects.values())
    own = {p.id for p in projects if allowed(call.state, call.caller, p, *_right(call))}
    return _page(call, lambda entry: entry.project_id in own and which(entry))


def _page(call: Call, which: _Which) -> Response:
    """The newest first."""
    with call.state.guard:
        entries = [entry for entry in call.state.audit if which(entry)]
    entries.sort(key=lambda entry: (entry.time, entry.id), reverse=True)
    return call.page([_shown(call, entry) for entry in select(entries, conditions(call), _fields)])


def _fields(entry: AuditEntry) -> dict[str, str]:
    return {
        "operation": entry.operation,
        "op_time": moment(entry.time)[:19].replace("T", " "),
        "resource": entry.resource,
        "resource_type": entry.resource_type,
        "username": entry.username,
    }


def _shown(call: Call, entry: AuditEntry) -> dict[str, object]:
    shown: dict[str, object] = {
        "id": entry.id,
        "op_time": moment(entry.time),
        "operation": entry.operation,
        "resource": entry.resource,
        "resource_type": entry.resource_type,
        "username": entry.username,
    }
    if _is_old(call, entry):
        return shown
    return dict(sorted({**shown, "operation_description": entry.description, "operation_result": True}.items()))
