"""The system itself: ping, health, systeminfo, configurations, who am I, user search."""

from collections.abc import Mapping

from checks.demo.harbor.api.call import ApiError, Call, invalid, moment
from checks.demo.harbor.rights import CATALOGUE, OF_ROLE, SYSTEM_CATALOGUE, sees
from checks.demo.harbor.web import Response, answer, text

_COMPONENTS = ("core", "database", "jobservice", "portal", "redis", "registry", "registryctl")


def ping(_: Call) -> Response:
    """GET /ping."""
    return text(200, "Pong")


def version(_: Call) -> Response:
    """GET /api/version."""
    return answer(200, {"version": "v2.0"})


def health(call: Call) -> Response:
    """GET /health: always 200, whatever it says."""
    components: list[dict[str, str]] = [{"name": name, "status": "healthy"} for name in _COMPONENTS]
    ill = dict(call.state.unwell)
    if call.state.registry_down:
        ill.setdefault("registry", "failed to check health: connection refused")
    for component in components:
        if error := ill.get(component["name"]):
            component |= {"status": "unhealthy", "error": error}
    good = all(component["status"] == "healthy" for component in components)
    return answer(200, {"components": components, "status": "healthy" if good else "unhealthy"})


def systeminfo(call: Call) -> Response:
    """GET /systeminfo: five public fields, the rest for whoever is logged in, a pull-only robot too."""
    state = call.state
    info: dict[str, object] = {
        "auth_mode": state.auth_mode,
        "banner_message": "",
        "oidc_provider_name": "",
        "primary_auth_mode": False,
        "self_registration": False,
    }
    if call.caller.known:
        host = call.request.header("Host")
        info |= {
            "current_time": moment(state.clock()),
            "external_url": f"{'https' if call.request.secure else 'http'}://{host}",
            "harbor_version": state.version,
            "has_ca_root": False,
            "notification_enable": True,
            "project_creation_restriction": "everyone",
            "read_only": state.read_only,
            "registry_storage_provider_name": "filesystem",
            "registry_url": host,
        }
    return answer(200, dict(sorted(info.items())))


def configurations(call: Call) -> Response:
    """GET /configurations."""
    _administrators_only(call)
    values: dict[str, object] = {
        "auth_mode": call.state.auth_mode,
        "read_only": call.state.read_only,
        "robot_name_prefix": call.state.robot_prefix,
        "robot_token_duration": 30,
        "token_expiration": 30,
    }
    return answer(200, {key: {"editable": True, "value": value} for key, value in values.items()})


def registries(call: Call) -> Response:
    """GET /registries: the endpoints behind proxy caches."""
    _administrators_only(call)
    found = [project.upstream for project in call.state.projects.values() if project.upstream is not None]
    return call.page(
        [
            {"id": u.id, "name": u.name, "type": u.type, "url": u.url, "status": _health(u.healthy)}
            for u in sorted(found, key=lambda each: each.id)
        ]
    )


def _health(good: bool) -> str:
    return "healthy" if good else "unhealthy"


def _administrators_only(call: Call) -> None:
    if not call.caller.admin:
        raise call.forbid(call.caller.name)


def current_user(call: Call) -> Response:
    """GET /users/current: a robot with the right secret gets 412."""
    call.login_required()
    user = call.caller.user
    if user is None:
        raise ApiError(412, "PRECONDITION", "get current user not available for security context: robot")
    return answer(
        200,
        {
            "admin_role_in_auth": False,
            "creation_time": moment(user.created),
            "email": user.email,
            "realname": user.name,
            "sysadmin_flag": user.admin,
            "update_time": moment(user.created),
            "user_id": user.id,
            "username": user.name,
        },
    )


def current_permissions(call: Call) -> Response:
    """GET /users/current/permissions: for `scope=/project/<id>` only; a name or anything else gives `[]`."""
    call.login_required()
    scope = call.request.parameter("scope") or ""
    number = scope.removeprefix("/project/")
    project = call.state.project_by_id(int(number)) if number.isdigit() else None
    if project is None:
        return answer(200, [])
    caller = call.caller
    if caller.robot is not None:
        grants = (g for g in caller.robot.grants if g.kind == "project" and g.namespace in (project.name, "*"))
        rights = {(access.resource, access.action) for grant in grants for access in grant.access}
    elif caller.admin:
        rights = set(CATALOGUE | {("robot", "update")})
    else:
        role = call.state.role(project, caller.user) if caller.user else None
        rights = set(OF_ROLE[role]) if role else set()
    return answer(200, [_entry(resource, action) for resource, action in sorted(rights)])


def _entry(resource: str, action: str) -> dict[str, str]:
    return {"action": action, "resource": "." if resource == "project" else resource}


def permissions(call: Call) -> Response:
    """GET /permissions: what a robot may be given; for administrators of the system or of any project."""
    call.login_required()
    user = call.caller.user
    admin_of_any = user is not None and any(
        member.user_id == user.id and member.role == 1 for member in list(call.state.members.values())
    )
    if not (call.caller.admin or admin_of_any):
        raise call.forbid()
    catalogue: Mapping[str, object] = {
        "project": [{"action": a, "resource": r} for r, a in sorted(CATALOGUE)],
        "system": [{"action": a, "resource": r} for r, a in sorted(SYSTEM_CATALOGUE)] if call.caller.admin else None,
    }
    return answer(200, catalogue)


def search_users(call: Call) -> Response:
    """GET /users/search: anybody who is logged in may look for user names."""
    call.login_required()
    wanted = call.request.parameter("username")
    if not wanted:
        raise invalid("username in query is required")
    users = sorted((u for u in list(call.state.users.values()) if wanted in u.name), key=lambda u: u.id)
    return call.page([{"user_id": user.id, "username": user.name} for user in users])


def search(call: Call) -> Response:
    """GET /search: visible projects and repositories whose names contain `q`."""
    wanted, state = call.request.parameter("q") or "", call.state
    seen = {p.id: p for p in list(state.projects.values()) if sees(state, call.caller, p)}
    repositories = [r for r in list(state.repositories.values()) if r.project_id in seen and wanted in r.name]
    return answer(
        200,
        {
            "project": [{"name": p.name, "project_id": p.id} for p in seen.values() if wanted in p.name],
            "repository": [
                {"project_id": r.project_id, "project_name": seen[r.project_id].name, "repository_name": r.name}
                for r in repositories
            ],
        },
    )
