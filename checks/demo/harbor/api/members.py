"""Members of a project: list, add, change, remove."""

from dataclasses import replace

from checks.demo.harbor.api.call import ApiError, Call, bad_request, not_found
from checks.demo.harbor.entities import Member, Project, Role
from checks.demo.harbor.web import Response, answer

_ROLES = frozenset(int(role) for role in Role)


def listed(call: Call) -> Response:
    """GET …/members: `entityname` is an exact match, and X-Total-Count does not know of it."""
    project = call.project("member", "list")
    every = [member for member in _members(call, project) if member.role in _ROLES]
    name = call.request.parameter("entityname")
    shown = [entry for member in every if (entry := _shown(call, member)) and name in (None, entry["entity_name"])]
    return call.page(shown, len(every))


def one(call: Call) -> Response:
    """GET …/members/{id}."""
    return answer(200, _shown(call, _member(call, call.project("member", "read"))))


def add(call: Call) -> Response:
    """POST …/members."""
    project = call.project("member", "create")
    call.writable()
    body = call.body()
    wanted = body.get("member_user")
    if not isinstance(wanted, dict):
        raise ApiError(500, "UNKNOWN", "internal server error")
    if body.get("role_id") not in _ROLES:
        raise bad_request("Failed to create project member, role is not in 1,2,3")
    name = _user_name(call, wanted)
    with call.state.guard:
        user = call.state.user(name)
        if any(member.user_id == user.id for member in _members(call, project)):
            raise ApiError(409, "CONFLICT", "The project member specified already exist")
        member = call.state.add_member(project.name, name, Role(int(str(body["role_id"]))))
        call.state.note_member("create", project, name, call.caller.name)
    return Response(201, headers=(("Location", f"/api/v2.0/projects/{project.name}/members/{member.id}"),))


def change(call: Call) -> Response:
    """PUT …/members/{id}: any number is taken for a role, and a member with none disappears."""
    member = _member(call, call.project("member", "update"), hidden=True)
    call.writable()
    role = call.body().get("role_id")
    with call.state.guard:
        call.state.members[member.id] = replace(member, role=role if isinstance(role, int) else 0)
    return Response(200)


def remove(call: Call) -> Response:
    """DELETE …/members/{id}."""
    project = call.project("member", "delete")
    member = _member(call, project)
    call.writable()
    with call.state.guard:
        del call.state.members[member.id]
        name = call.state.users[member.user_id].name
        call.state.note_member("delete", project, name, call.caller.name)
    return Response(200)


def _members(call: Call, project: Project) -> list[Member]:
    with call.state.guard:
        every = [member for member in call.state.members.values() if member.project_id == project.id]
    return sorted(every, key=lambda member: member.id)


def _member(call: Call, project: Project, hidden: bool = False) -> Member:
    found = call.state.members.get(call.number("id"))
    if found is None or found.project_id != project.id or not (hidden or found.role in _ROLES):
        raise not_found(f"project member {call.number('id')} not found")
    return found


def _user_name(call: Call, wanted: dict[str, object]) -> str:
    if number := wanted.get("user_id"):
        user = call.state.users.get(number) if isinstance(number, int) else None
        if user is None:
            raise bad_request(f"the user_id {number} is not valid")
        return user.name
    name = str(wanted.get("username") or "")
    if not any(user.name == name for user in list(call.state.users.values())):
        missing = "ghost not found: not supported" if call.state.auth_mode == "oidc_auth" else ""
        raise not_found(missing or f"user {name} is not found")
    return name


def _shown(call: Call, member: Member) -> dict[str, object]:
    return {
        "entity_id": member.user_id,
        "entity_name": call.state.users[member.user_id].name,
        "entity_type": "u",
        "id": member.id,
        "project_id": member.project_id,
        "role_id": member.role,
        "role_name": Role(member.role).label,
    }
