"""The registry side of Harbor, `/v2/` (server/registry, server/middleware/v2auth)."""

import re
from dataclasses import dataclass

from checks.demo.harbor import proxy, storage
from checks.demo.harbor.entities import Project, Repository
from checks.demo.harbor.policy import gate, skips
from checks.demo.harbor.rights import repository_actions
from checks.demo.harbor.security import Caller
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tokens import LEEWAY, SERVICE
from checks.demo.harbor.web import Request, Response, answer, problem

_ROUTE = re.compile(
    rf"/v2/(?P<name>{storage.NAME})/(?:manifests/(?P<reference>[^/]+)|blobs/(?P<digest>sha256:[^/]+)"
    r"|(?P<tags>tags/list)|(?P<upload>blobs/uploads/.*))"
)
_NEEDS = {"GET": "pull", "HEAD": "pull", "DELETE": "delete"}
_BASIC = 'Basic realm="harbor"'


@dataclass(frozen=True, slots=True)
class Call:
    """One request to a repository that passed the login and the right to do so."""

    state: HarborState
    request: Request
    caller: Caller
    project: Project
    name: str
    actions: frozenset[str]

    @property
    def held(self) -> Repository | None:
        """The repository as the database has it."""
        return self.state.repositories.get(self.name)


def registry(state: HarborState, request: Request, caller: Caller, realm: str) -> Response:
    """Answer a request below `/v2`."""
    if request.path == "/v2/":
        return _base(state, caller, realm)
    if request.path == "/v2/_catalog":
        return _catalog(state, caller)
    route = _ROUTE.fullmatch(request.path)
    if route is None:
        return _unauthorized(f"un-recognized request: {request.method} {request.path}", "")
    name = route["name"]
    if "/" not in name:
        return problem(400, "BAD_REQUEST", f"bad request: invalid repository name: {name}")
    need = _NEEDS.get(request.method, "push")
    if not caller.header:
        return _challenge(realm, f"repository:{name}:{'pull' if need == 'pull' else 'pull,push'}")
    project = state.projects.get(name.partition("/")[0])
    if project is None:
        missing = name.partition("/")[0]
        return _unauthorized(f"project {missing} not found", "")
    actions = frozenset[str]() if _outdated(caller, project) else repository_actions(state, caller, project)
    if need not in actions and not (need == "pull" and project.public):
        return _unauthorized(f"unauthorized to access repository: {name}, action: {need}", _BASIC)
    return _serve(Call(state, request, caller, project, name, actions), route.groupdict())


def _outdated(caller: Caller, project: Project) -> bool:
    """A token from before the project was made (and made again) is worth nothing there."""
    return caller.claims is not None and caller.claims.issued + LEEWAY < int(project.created)


def _unauthorized(message: str, challenge: str) -> Response:
    headers = {**storage.API_VERSION, "Www-Authenticate": challenge}
    return problem(401, "UNAUTHORIZED", f"{message}: {message}", headers)


def _challenge(realm: str, scope: str = "") -> Response:
    message = "authorize header needed to send HEAD to repository" if scope else "unauthorized"
    words = f'Bearer realm="{realm}",service="{SERVICE}"' + (f',scope="{scope}"' if scope else "")
    return _unauthorized(message, words)


def _base(state: HarborState, caller: Caller, realm: str) -> Response:
    if not caller.header:
        return _challenge(realm)
    if not caller.known:
        return _unauthorized("unauthorized", _BASIC)
    return Response(502) if state.registry_down else answer(200, {}, storage.API_VERSION)


def _catalog(state: HarborState, caller: Caller) -> Response:
    if not caller.admin:
        return _unauthorized("unauthorized to list catalog", _BASIC)
    return answer(200, {"repositories": sorted(state.repositories)}, storage.API_VERSION)


def _serve(call: Call, route: dict[str, str | None]) -> Response:
    if call.request.method not in ("GET", "HEAD"):
        return _write(call)
    if call.project.upstream is not None:
        moved = proxy.library_redirect(call.project.upstream, call.request.path, call.name)
        if moved is not None and not route["tags"]:
            return moved
    if route["tags"]:
        return _tags(call)
    if route["digest"]:
        return _blob(call, str(route["digest"]))
    return _manifest(call, str(route["reference"]))


def _write(call: Call) -> Response:
    if call.project.upstream is not None:
        words = f"can not push artifact to a proxy project: {call.project.name}"
        return problem(403, "DENIED", f"denied: {words}")
    if call.state.read_only:
        return problem(403, "DENIED", "The system is in read only mode. Any modification is prohibited.")
    return problem(405, "METHOD_NOT_ALLOWED", "the demo registry takes images from its scenarios only")


def _tags(call: Call) -> Response:
    held = call.state.upstream.get(call.name) if proxy.reachable(call.project) else call.held
    if held is None:
        return problem(404, "NOT_FOUND", f"repository {call.name} not found")
    body, headers = storage.tags_page(call.request, call.name, list(held.tags))
    return answer(200, body, headers)


def _blob(call: Call, digest: str) -> Response:
    if call.state.registry_down:
        return Response(502)
    held, artifacts = call.held, call.state.artifacts
    found = held is not None and any(digest in artifacts[each].blobs for each in held.artifacts)
    if not found and call.request.method == "GET" and proxy.reachable(call.project):
        there = call.state.upstream.get(call.name)
        found = there is not None and any(digest in artifacts[each].blobs for each in there.artifacts)
    return storage.blob(call.request, digest, call.state.blobs[digest] if found else None)


def _manifest(call: Call, reference: str) -> Response:
    by_digest = storage.DIGEST.fullmatch(reference) is not None
    fresh = False
    if call.project.upstream is not None:
        verdict = proxy.consult(call.state, call.project, call.name, reference)
        if isinstance(verdict, Response):
            return verdict
        fresh = verdict and call.request.method == "GET"
        if fresh:
            proxy.cache(call.state, call.name, reference)
        elif verdict:
            return storage.manifest(call.request, proxy.upstream_artifact(call.state, call.name, reference))
    response = _local(call, reference, by_digest)
    if fresh and not by_digest and response.status == 200:
        return proxy.without_digest(response)
    return response


def _local(call: Call, reference: str, by_digest: bool) -> Response:
    held = call.held
    if held is None:
        return problem(404, "NOT_FOUND", f"repository {call.name} not found")
    digest = reference if by_digest else held.tags.get(reference, "")
    if digest not in held.artifacts:
        sign = "@" if by_digest else ":"
        return problem(404, "NOT_FOUND", f"artifact {call.name}{sign}{reference} not found")
    blocked = None if skips(call.request, call.actions) else gate(call.state, call.project, call.name, digest)
    if blocked is not None:
        return blocked
    if call.state.registry_down:
        return Response(502)
    if digest in held.lost:
        return storage.unknown_manifest({"Name": call.name, "Revision": digest})
    response = storage.manifest(call.request, call.state.artifacts[digest])
    if call.request.method == "GET" and response.status == 200:
        call.state.count_pull(call.name, digest, call.caller.name)
    return response
