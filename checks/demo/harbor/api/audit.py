"""The audit log. Since 2.13 entries go to the `-exts` tables; the old endpoints answer an empty list."""

from checks.demo.harbor.api.call import Call, moment
from checks.demo.harbor.api.query import conditions, select
from checks.demo.harbor.entities import AuditEntry
from checks.demo.harbor.rights import allowed, allowed_on_system
from checks.demo.harbor.web import Response


def of_system(call: Call) -> Response:
    """GET /auditlog-exts: all for administrators, own projects for project administrators, `[]` for others."""
    call.login_required()
    if allowed_on_system(call.caller, "audit-log", "list"):
        return _page(call, None)
    projects = list(call.state.projects.values())
    return _page(call, {p.id for p in projects if allowed(call.state, call.caller, p, "log", "list")})


def of_project(call: Call) -> Response:
    """GET /projects/{p}/auditlog-exts."""
    return _page(call, {call.project("log", "list").id})


def old_of_system(call: Call) -> Response:
    """GET /audit-logs."""
    call.login_required()
    return call.page([])


def old_of_project(call: Call) -> Response:
    """GET /projects/{p}/logs."""
    call.project("log", "list")
    return call.page([])


def _page(call: Call, projects: set[int] | None) -> Response:
    with call.state.guard:
        entries = [e for e in reversed(call.state.audit) if projects is None or e.project_id in projects]
    return call.page([_shown(entry) for entry in select(entries, conditions(call), _fields)])


def _fields(entry: AuditEntry) -> dict[str, str]:
    return {
        "operation": entry.operation,
        "op_time": moment(entry.time)[:19].replace("T", " "),
        "resource": entry.resource,
        "resource_type": entry.resource_type,
        "username": entry.username,
    }


def _shown(entry: AuditEntry) -> dict[str, object]:
    return {
        "id": entry.id,
        "op_time": moment(entry.time),
        "operation": entry.operation,
        "operation_description": entry.description,
        "operation_result": True,
        "resource": entry.resource,
        "resource_type": entry.resource_type,
        "username": entry.username,
    }
