"""What a project in Harbor holds: everything that goes with it, or stands in the way, when it is deleted.

Harbor itself refuses to delete only a project with repositories (412); members, robots, rules and settings go without
a word (Harbor 2.15 recorded). All of it is shown to a project administrator, and to nobody less whole.
"""

from collections.abc import Iterator
from typing import Any

from checks.clients.harbor_api import Api, Reply, q, segment
from checks.clients.harbor_failures import failure

_RULES = (("immutabletagrules", "an immutable tag rule"), ("webhook/policies", "a webhook"))
"""Part of the path, and what one of them is called."""


def holdings(api: Api, host: str, project: str, number: int) -> tuple[str, ...]:
    """Return it in words, `member sam` or `robot account robot$web+ci`; raises ClusterError where it is not shown."""
    return tuple(_holdings(api, host, project, number))


def _holdings(api: Api, host: str, project: str, number: int) -> Iterator[str]:
    path = f"/projects/{segment(project)}"
    yield from (f"repository {one.get('name')}" for one in _all(api, host, f"{path}/repositories"))
    for one in _all(api, host, f"{path}/members"):
        yield f"{'group' if one.get('entity_type') == 'g' else 'member'} {one.get('entity_name')}"
    conditions = q(Level="project", ProjectID=str(number))
    yield from (f"robot account {one.get('name')}" for one in _all(api, host, "/robots", q=conditions))
    for part, word in _RULES:
        yield from (word for _ in _all(api, host, f"{path}/{part}", lacking=True))
    reply = api.call(host, "GET", path)
    if not reply.ok or not isinstance(reply.document, dict):
        raise failure(reply, host, api.username, f"read the project {project}")
    yield from _settings(reply.document)


def _all(api: Api, host: str, path: str, *, lacking: bool = False, **query: str) -> list[dict[str, Any]]:
    """The whole list; none where this Harbor has nothing of the kind."""
    found = api.listed(host, path, **query)
    if not isinstance(found, Reply):
        return found
    if lacking and found.status == 404:
        return []
    raise failure(found, host, api.username, f"see what is in {path.removeprefix('/')}")


def _settings(shown: dict[str, Any]) -> Iterator[str]:
    """A project that was just made has the one word `public` in its metadata, and no vulnerabilities let through."""
    metadata, allowlist = shown.get("metadata"), shown.get("cve_allowlist")
    for key, value in sorted(metadata.items()) if isinstance(metadata, dict) else ():
        if key != "public" and str(value or "false").lower() != "false":
            yield f"the setting {key}"
    if isinstance(allowlist, dict) and allowlist.get("items"):
        yield "a CVE allowlist"
    if shown.get("registry_id"):
        yield "a proxy cache"
