"""Which handler answers which API path."""

import re
from collections.abc import Callable

from checks.demo.harbor.api import artifacts, audit, members, projects, retentions, robots, system
from checks.demo.harbor.api.call import ApiError, Call
from checks.demo.harbor.security import Caller
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.web import Request, Response, problem

_HANDLERS: tuple[tuple[str, str, Callable[[Call], Response]], ...] = (
    ("GET", "/ping", system.ping),
    ("GET", "/health", system.health),
    ("GET", "/systeminfo", system.systeminfo),
    ("GET", "/configurations", system.configurations),
    ("GET", "/registries", system.registries),
    ("GET", "/permissions", system.permissions),
    ("GET", "/search", system.search),
    ("GET", "/users/current", system.current_user),
    ("GET", "/users/current/permissions", system.current_permissions),
    ("GET", "/users/search", system.search_users),
    ("HEAD", "/projects", projects.exists),
    ("GET", "/projects", projects.listed),
    ("POST", "/projects", projects.create),
    ("GET", "/projects/{project}", projects.one),
    ("DELETE", "/projects/{project}", projects.delete),
    ("GET", "/projects/{project}/summary", projects.summary),
    ("GET", "/projects/{project}/members", members.listed),
    ("POST", "/projects/{project}/members", members.add),
    ("GET", "/projects/{project}/members/{id}", members.one),
    ("PUT", "/projects/{project}/members/{id}", members.change),
    ("DELETE", "/projects/{project}/members/{id}", members.remove),
    ("GET", "/projects/{project}/immutabletagrules", projects.immutable),
    ("GET", "/projects/{project}/webhook/policies", projects.webhooks),
    ("GET", "/projects/{project}/repositories", artifacts.repositories),
    ("GET", "/projects/{project}/repositories/{repository}", artifacts.repository),
    ("GET", "/projects/{project}/repositories/{repository}/artifacts", artifacts.artifacts),
    ("GET", "/projects/{project}/repositories/{repository}/artifacts/{reference}", artifacts.artifact),
    ("GET", "/projects/{project}/repositories/{repository}/artifacts/{reference}/tags", artifacts.tags),
    ("GET", "/robots", robots.listed),
    ("POST", "/robots", robots.create),
    ("GET", "/robots/{id}", robots.one),
    ("PUT", "/robots/{id}", robots.change),
    ("PATCH", "/robots/{id}", robots.rotate),
    ("DELETE", "/robots/{id}", robots.delete),
    ("GET", "/retentions/{id}", retentions.one),
    ("GET", "/retentions/{id}/executions", retentions.runs),
    ("GET", "/auditlog-exts", audit.of_system),
    ("GET", "/projects/{project}/auditlog-exts", audit.of_project),
    ("GET", "/audit-logs", audit.old_of_system),
    ("GET", "/projects/{project}/logs", audit.old_of_project),
)


def _pattern(path: str) -> re.Pattern[str]:
    numbered = path.replace("{id}", r"(?P<id>\d+)")
    return re.compile("/api/v2.0" + re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", numbered))


_ROUTES = tuple((method, _pattern(path), handler) for method, path, handler in _HANDLERS)


def api(state: HarborState, request: Request, caller: Caller) -> Response:
    """Answer a request below `/api`."""
    if request.path == "/api/version":
        return system.version(Call(state, request, caller, {}))
    found = [(method, match, handler) for method, pattern, handler in _ROUTES
             if (match := pattern.fullmatch(request.path))]  # fmt: skip
    for method, match, handler in found:
        if method == request.method:
            try:
                return handler(Call(state, request, caller, match.groupdict()))
            except ApiError as error:
                return error.response
    if found:
        return problem(405, "METHOD_NOT_ALLOWED", f"method {request.method} is not allowed")
    return problem(404, "NOT_FOUND", f"path {request.path} was not found")
