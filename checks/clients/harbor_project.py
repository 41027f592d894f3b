"""What Harbor's API tells about a project: is it a proxy cache, and is its upstream well.

`registry_id` marks a proxy cache; `summary.registry` shows its upstream to everybody who may read the project, down
to limited guests (recorded from Harbor 2.15.2, 2.5 and 2.7).
"""

from checks.clients.harbor_api import Api, Reply, segment
from checks.clients.harbor_robots import fact
from checks.facts import Fact, ProjectView, Unknown


def project_view(api: Api, host: str, project: str) -> Fact[ProjectView | None] | Unknown:
    """Return what is shown of a project, None inside a Fact where Harbor says that it is not there."""
    shown = api.call(host, "GET", f"/projects/{segment(project)}")
    if shown.status == 404:
        return fact(None, host)
    if not shown.ok or not isinstance(shown.document, dict):
        return Unknown(f"{api.username} may not read the project {project}: {shown.why}")
    if not shown.document.get("registry_id"):
        return fact(ProjectView(proxy=False), host)
    return fact(_proxy(api.call(host, "GET", f"/projects/{segment(project)}/summary")), host)


def _proxy(summary: Reply) -> ProjectView:
    document = summary.document if summary.ok and isinstance(summary.document, dict) else {}
    registry = document.get("registry")
    if not isinstance(registry, dict):
        return ProjectView(proxy=True)
    status = str(registry.get("status") or "")
    healthy = {"healthy": True, "unhealthy": False}.get(status)
    return ProjectView(proxy=True, upstream=str(registry.get("url") or registry.get("name") or ""), healthy=healthy)
