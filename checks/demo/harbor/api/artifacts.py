"""Repositories, artifacts and tags of a project."""

from checks.demo.harbor.api.call import Call, moment, not_found
from checks.demo.harbor.api.query import conditions, select
from checks.demo.harbor.entities import Artifact, Repository
from checks.demo.harbor.images import OCI_CONFIG
from checks.demo.harbor.storage import DIGEST
from checks.demo.harbor.web import Response, answer

_LEVELS = ("None", "Low", "Medium", "High", "Critical")


def repositories(call: Call) -> Response:
    """GET …/repositories."""
    project = call.project("repository", "list")
    every = [held for held in list(call.state.repositories.values()) if held.project_id == project.id]
    found = select(every, conditions(call), lambda held: {"name": held.name})
    found.sort(key=lambda held: -held.id)
    return call.page([_repository(held) for held in found])


def repository(call: Call) -> Response:
    """GET …/repositories/{r}."""
    project = call.project("repository", "read")
    name = f"{project.name}/{call.part('repository')}"
    held = call.state.repositories.get(name)
    if held is None:
        raise not_found(f"repository {name} not found")
    return answer(200, _repository(held))


def artifacts(call: Call) -> Response:
    """GET …/repositories/{r}/artifacts: `[]` where the repository does not exist."""
    project = call.project("artifact", "list")
    held = call.state.repositories.get(f"{project.name}/{call.part('repository')}")
    if held is None:
        return call.page([])
    wanted = conditions(call)
    tagged = {digest for tag, digest in held.tags.items() if select([tag], wanted, lambda t: {"tags": t})}
    found = tagged if "tags" in wanted else set(held.artifacts) - _children(call, held)
    newest = sorted(found, key=lambda digest: -_pushed(held, digest))
    return call.page([_artifact(call, held, call.state.artifacts[digest]) for digest in newest])


def artifact(call: Call) -> Response:
    """GET …/artifacts/{tag or digest}."""
    held, found = _find(call, "artifact", "read")
    return answer(200, _artifact(call, held, found))


def tags(call: Call) -> Response:
    """GET …/artifacts/{tag or digest}/tags."""
    held, found = _find(call, "tag", "list")
    return call.page(_tags(held, found.digest))


def _find(call: Call, resource: str, action: str) -> tuple[Repository, Artifact]:
    project = call.project(resource, action)
    name, reference = f"{project.name}/{call.part('repository')}", call.part("reference")
    held = call.state.repositories.get(name)
    by_digest = DIGEST.fullmatch(reference) is not None
    digest = reference if by_digest or held is None else held.tags.get(reference, "")
    if held is None or digest not in held.artifacts:
        raise not_found(f"artifact {name}{'@' if by_digest else ':'}{reference} not found")
    return held, call.state.artifacts[digest]


def _children(call: Call, held: Repository) -> set[str]:
    named = set(held.tags.values())
    each = (call.state.artifacts[digest].children for digest in held.artifacts)
    return {digest for children in each for digest, _ in children} - named


def _pushed(held: Repository, digest: str) -> float:
    times = (held.pushed[tag] for tag, named in held.tags.items() if named == digest)
    return max(times, default=held.created)


def _repository(held: Repository) -> dict[str, object]:
    return {
        "artifact_count": len(held.artifacts),
        "creation_time": moment(held.created),
        "id": held.id,
        "name": held.name,
        "project_id": held.project_id,
        "pull_count": held.pull_count,
        "update_time": moment(max(held.pushed.values(), default=held.created)),
    }


def _tags(held: Repository, digest: str) -> list[dict[str, object]]:
    return [
        {"immutable": False, "name": tag, "push_time": moment(held.pushed[tag]), "repository_id": held.id}
        for tag, named in sorted(held.tags.items())
        if named == digest
    ]


def _platform(text: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))


def _artifact(call: Call, held: Repository, found: Artifact) -> dict[str, object]:
    references = [
        {"child_digest": digest, "parent_id": 0, "platform": {"OsFeatures": None, **_platform(platform)}}
        for digest, platform in found.children
    ]
    shown: dict[str, object] = {
        "digest": found.digest,
        "extra_attrs": {**_platform(found.platform), "config": {}} if found.platform else None,
        "manifest_media_type": found.media_type,
        "media_type": OCI_CONFIG if found.platform else found.media_type,
        "project_id": held.project_id,
        "push_time": moment(_pushed(held, found.digest)),
        "references": references or None,
        "repository_id": held.id,
        "repository_name": held.name,
        "size": len(found.content) + sum(len(call.state.blobs[blob]) for blob in found.blobs),
        "tags": _tags(held, found.digest) or None,
        "type": "IMAGE",
    }
    scan = call.state.scans.get(found.digest)
    if scan is not None and call.request.parameter("with_scan_overview") == "true":
        shown["scan_overview"] = {
            "application/vnd.security.vulnerability.report; version=1.1": {
                "scan_status": scan.status,
                "severity": _LEVELS[max((_LEVELS.index(level) for _, level in scan.findings), default=0)],
                "summary": {"total": len(scan.findings)},
            }
        }
    return shown
