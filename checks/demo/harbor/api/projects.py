"""Projects, as `/projects` shows them."""

from checks.demo.harbor.api.call import ApiError, Call, bad_request, moment
from checks.demo.harbor.api.query import conditions, select
from checks.demo.harbor.entities import Project, Role
from checks.demo.harbor.rights import allowed, allowed_on_system, sees
from checks.demo.harbor.web import Response, answer

_COUNTS = {
    "project_admin_count": Role.PROJECT_ADMIN,
    "maintainer_count": Role.MAINTAINER,
    "developer_count": Role.DEVELOPER,
    "guest_count": Role.GUEST,
    "limited_guest_count": Role.LIMITED_GUEST,
}


def exists(call: Call) -> Response:
    """HEAD /projects?project_name=: tells everybody who is logged in, member or not."""
    call.login_required()
    return Response(200 if (call.request.parameter("project_name") or "") in call.state.projects else 404)


def listed(call: Call) -> Response:
    """GET /projects: what the caller sees; `name` matches in part."""
    wanted = {**conditions(call)}
    if name := call.request.parameter("name"):
        wanted["name"] = f"~{name}"
    if public := call.request.parameter("public"):
        wanted["public"] = "true" if public in ("1", "true") else "false"
    seen = [p for p in list(call.state.projects.values()) if sees(call.state, call.caller, p)]
    found = select(seen, wanted, lambda p: {"name": p.name, "public": "true" if p.public else "false"})
    found.sort(key=lambda project: project.created)
    return call.page([_shown(call, project) for project in found])


def one(call: Call) -> Response:
    """GET /projects/{p}."""
    return answer(200, _shown(call, call.project("project", "read")))


def create(call: Call) -> Response:
    """POST /projects: the creator becomes its project administrator."""
    call.login_required()
    call.writable()
    if call.caller.user is None and not allowed_on_system(call.caller, "project", "create"):
        raise call.forbid()
    body = call.body()
    name, metadata = body.get("project_name"), body.get("metadata")
    if not isinstance(name, str) or not name or not name.islower():
        raise bad_request(f"the project name {name!r} is not valid")
    if name in call.state.projects:
        raise ApiError(409, "CONFLICT", f"The project named {name} already exists")
    public = isinstance(metadata, dict) and metadata.get("public") == "true"
    with call.state.guard:
        owner = call.caller.user.name if call.caller.user is not None else "admin"
        project = call.state.add_project(name, public=public, owner=owner)
        call.state.note("create", "project", name, call.caller.name, project.id)
    return Response(201, headers=(("Location", f"/api/v2.0/projects/{project.id}"),))


def immutable(call: Call) -> Response:
    """GET …/immutabletagrules."""
    count = call.state.immutable.get(call.project("immutable-tag", "list").name, 0)
    return call.page([{"id": number + 1, "disabled": False} for number in range(count)])


def webhooks(call: Call) -> Response:
    """GET …/webhook/policies: there are none."""
    call.project("notification-policy", "list")
    return call.page([])


def delete(call: Call) -> Response:
    """DELETE /projects/{p}: 412 while it holds repositories (server/v2.0/handler/project.go); its robots go with it."""
    project = call.project("project", "delete")
    call.writable()
    if _repositories(call, project):
        raise ApiError(412, "PRECONDITION", "the project contains repositories, can not be deleted")
    with call.state.guard:
        call.state.delete_project(project.name)
        call.state.note("delete", "project", project.name, call.caller.name, project.id)
    return Response(200)


def summary(call: Call) -> Response:
    """GET /projects/{p}/summary: role counts for those who may list members; the upstream for all."""
    project, state = call.project("project", "read"), call.state
    shown: dict[str, object] = {}
    if allowed(state, call.caller, project, "member", "list"):
        roles = [member.role for member in list(state.members.values()) if member.project_id == project.id]
        shown |= {key: roles.count(role) for key, role in _COUNTS.items() if role in roles}
    shown |= {
        "quota": {"hard": {"storage": -1}, "used": {"storage": _stored(call, project)}},
        "repo_count": _repositories(call, project),
    }
    if (upstream := project.upstream) is not None:
        shown["registry"] = {
            "id": upstream.id,
            "name": upstream.name,
            "status": "healthy" if upstream.healthy else "unhealthy",
            "type": upstream.type,
            "url": upstream.url,
        }
    return answer(200, dict(sorted(shown.items())))


def _repositories(call: Call, project: Project) -> int:
    return sum(held.project_id == project.id for held in list(call.state.repositories.values()))


def _stored(call: Call, project: Project) -> int:
    artifacts = call.state.artifacts
    digests = {
        digest
        for held in list(call.state.repositories.values())
        if held.project_id == project.id
        for digest in held.artifacts
    }
    return sum(len(artifacts[digest].content) for digest in digests)


def _roles(call: Call, project: Project) -> list[int]:
    if call.caller.admin:
        return [int(Role.PROJECT_ADMIN)]
    role = call.state.role(project, call.caller.user) if call.caller.user else None
    return [int(role)] if role else []


def _shown(call: Call, project: Project) -> dict[str, object]:
    roles = _roles(call, project)
    shown: dict[str, object] = {"creation_time": moment(project.created)}
    if roles:
        shown["current_user_role_id"] = roles[0]
    shown |= {
        "current_user_role_ids": roles or None,
        "cve_allowlist": {
            "expires_at": project.allowlist_until,
            "id": project.id,
            "items": [{"cve_id": cve} for cve in sorted(project.allowlist)],
            "project_id": project.id,
        },
        "metadata": dict(sorted(project.metadata.items())),
        "name": project.name,
        "owner_id": call.state.user(project.owner).id,
        "owner_name": project.owner,
        "project_id": project.id,
    }
    if project.upstream is not None:
        shown["registry_id"] = project.upstream.id
    return shown | {"repo_count": _repositories(call, project), "update_time": moment(project.created)}
