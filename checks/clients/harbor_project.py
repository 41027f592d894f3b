"""What Harbor's API tells about a project: what it demands of images, is it a proxy cache, and is its upstream well.

`registry_id` marks a proxy cache; `summary.registry` shows its upstream to everybody who may read the project, down
to limited guests (recorded from Harbor 2.15.2, 2.5 and 2.7). A robot that may only pull is refused the project itself,
but finds it with its settings in the list of projects (2.7).
"""

from typing import Any

from checks.clients.harbor_api import Api, Reply, segment
from checks.clients.harbor_names import fact
from checks.clients.harbor_robots import moment
from checks.facts import Fact, ProjectView, Unknown
from checks.records import Policy

_LONGEST = 20
"""Digits of a number in Harbor's database."""


def project_view(api: Api, host: str, project: str) -> Fact[ProjectView | None] | Unknown:
    """Return what is shown of a project, None inside a Fact where Harbor says that it is not there."""
    shown = api.call(host, "GET", f"/projects/{segment(project)}")
    if shown.status == 404:
        return fact(None, host)
    found = shown.document if shown.ok else _listed(api, host, project) if shown.status == 403 else None
    if not isinstance(found, dict):
        return Unknown(f"{api.username} may not read the project {project}: {shown.why}")
    metadata = found.get("metadata")
    settings = metadata if isinstance(metadata, dict) else {}
    policy = _policy(settings, found.get("cve_allowlist")) if isinstance(metadata, dict) else None
    retention = _number(settings.get("retention_id"))
    if not found.get("registry_id"):
        return fact(ProjectView(proxy=False, policy=policy, retention_id=retention), host)
    upstream, healthy = _upstream(api.call(host, "GET", f"/projects/{segment(project)}/summary"))
    return fact(ProjectView(True, upstream, healthy, policy, retention), host)


def _number(told: object) -> int:
    """A number as Harbor writes it into metadata; 0 where it is none."""
    text = str(told or "")
    return int(text) if text.isascii() and text.isdigit() and len(text) < _LONGEST else 0


def _listed(api: Api, host: str, project: str) -> dict[str, Any] | None:
    """The project as the list of what the operator may see shows it."""
    found = api.listed(host, "/projects", name=project)
    return None if isinstance(found, Reply) else next((one for one in found if one.get("name") == project), None)


def _upstream(summary: Reply) -> tuple[str, bool | None]:
    document = summary.document if summary.ok and isinstance(summary.document, dict) else {}
    registry = document.get("registry")
    if not isinstance(registry, dict):
        return "", None
    status = str(registry.get("status") or "")
    return str(registry.get("url") or registry.get("name") or ""), {"healthy": True, "unhealthy": False}.get(status)


def _policy(settings: dict[str, Any], allowlist: Any) -> Policy:
    """Values are the words `true` and `false`; an allowlist of its own replaces the system's (pkg/project/models)."""
    own = _word(settings, "reuse_sys_cve_allowlist") == "false"
    held = allowlist if own and isinstance(allowlist, dict) else {}
    items = held.get("items")
    cves = [str(one.get("cve_id")) for one in items if isinstance(one, dict)] if isinstance(items, list) else []
    return Policy(
        severity=(_word(settings, "severity") or "low") if _word(settings, "prevent_vul") == "true" else "",
        cosign=_word(settings, "enable_content_trust_cosign") == "true",
        notation=_word(settings, "enable_content_trust") == "true",
        own_allowlist=own,
        allowlist=tuple(cves),
        allowlist_until=moment(held.get("expires_at")),
    )


def _word(settings: dict[str, Any], name: str) -> str:
    return str(settings.get(name) or "").lower()
