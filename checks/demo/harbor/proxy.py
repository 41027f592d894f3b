"""Proxy cache projects: what Harbor answers when it would have to ask the upstream registry (middleware/repoproxy)."""

from dataclasses import replace

from checks.demo.harbor.entities import Artifact, Project, Reach, Repository, Upstream
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.storage import DIGEST
from checks.demo.harbor.web import Response, problem


def reachable(project: Project) -> bool:
    """Is it a proxy cache whose upstream answers?"""
    return project.upstream is not None and project.upstream.reach is Reach.OK


def library_redirect(upstream: Upstream, path: str, name: str) -> Response | None:
    """Docker Hub's official images live below `library/`: a name without it is sent there (relative Location)."""
    project, _, rest = name.partition("/")
    if upstream.type != "docker-hub" or "/" in rest:
        return None
    moved = path.replace(f"/v2/{project}/", f"/v2/{project}/library/", 1)
    return Response(301, headers=(("Location", moved),))


def consult(state: HarborState, project: Project, name: str, reference: str) -> Response | bool:
    """Return an answer that ends the matter, True to serve what upstream has, False to look at what is here."""
    reach = project.upstream.reach if project.upstream else Reach.DOWN
    cached = _digest(state.repositories.get(name), reference) is not None
    if cached and DIGEST.fullmatch(reference):
        return False
    if reach is Reach.LIMITED and not cached:
        return problem(429, "TOO_MANY_REQUEST", "too many requests to upstream registry")
    if reach is not Reach.OK:
        return False
    if _digest(state.upstream.get(name), reference) is not None:
        return not cached
    if cached and project.metadata.get("proxy_cache_local_on_not_found") == "true":
        return False
    tag = "" if DIGEST.fullmatch(reference) else reference
    return problem(404, "NOT_FOUND", f"resource not found: repo {name}, tag {tag} not found")


def upstream_artifact(state: HarborState, name: str, reference: str) -> Artifact:
    """Return what upstream has under a tag or digest; KeyError if nothing."""
    digest = _digest(state.upstream[name], reference)
    return state.artifacts[digest or ""]


def cache(state: HarborState, name: str, reference: str) -> None:
    """Keep what a GET brought: the manifest with its children, and the tag."""
    with state.guard:
        artifact = upstream_artifact(state, name, reference)
        digests = frozenset({artifact.digest, *(digest for digest, _ in artifact.children)})
        tags = {} if DIGEST.fullmatch(reference) else {reference: artifact.digest}
        state.shelve(state.repositories, name, tags, digests)


def without_digest(response: Response) -> Response:
    """The first GET by tag through a proxy cache comes with an empty Docker-Content-Digest."""
    headers = tuple((k, "" if k == "Docker-Content-Digest" else v) for k, v in response.headers)
    return replace(response, headers=headers)


def _digest(held: Repository | None, reference: str) -> str | None:
    if held is None:
        return None
    if DIGEST.fullmatch(reference):
        return reference if reference in held.artifacts else None
    return held.tags.get(reference)
