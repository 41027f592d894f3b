"""Robots: list, read, create, rotate, change, delete (server/v2.0/handler/robot.go)."""

from dataclasses import replace

from checks.credentials import Password
from checks.demo.harbor.accounts import expiry, new_secret
from checks.demo.harbor.api.call import ApiError, Call, bad_request, moment, not_found
from checks.demo.harbor.api.query import conditions, select
from checks.demo.harbor.api.robot_request import RobotRequest, covered, read, strong
from checks.demo.harbor.entities import Robot
from checks.demo.harbor.rights import allowed, allowed_on_system
from checks.demo.harbor.web import Response, answer


def listed(call: Call) -> Response:
    """GET /robots: system robots for administrators, or `q=Level=project,ProjectID=<id>` for members."""
    call.login_required()
    wanted = conditions(call)
    project_id = _listed_project(call, wanted) if wanted.get("Level") == "project" else 0
    if not project_id and not allowed_on_system(call.caller, "robot", "list"):
        raise call.forbid()
    every = [robot for robot in list(call.state.robots.values()) if robot.project_id == project_id]
    found = select(every, wanted, lambda robot: {"name": robot.name})
    found.sort(key=lambda robot: (robot.created, robot.id), reverse=True)
    return call.page([_shown(call, robot) for robot in found])


def _listed_project(call: Call, wanted: dict[str, str]) -> int:
    number = wanted.get("ProjectID", "")
    if not number:
        raise bad_request("must with project ID when to query project robots")
    if not number.isdigit() or int(number) == 0:
        raise bad_request("ProjectID must be a positive integer")
    return call.project("robot", "list", named=number).id


def one(call: Call) -> Response:
    """GET /robots/{id}."""
    return answer(200, _shown(call, _robot(call, "read")))


def create(call: Call) -> Response:
    """POST /robots: the secret is in this answer and nowhere else, ever."""
    call.login_required()
    wanted = read(call.body())
    project_id = _require_creation(call, wanted)
    call.writable()
    name = f"{wanted.project}+{wanted.name}" if wanted.project else wanted.name
    secret, creator = new_secret(), call.caller.robot
    with call.state.guard:
        if any(robot.name == name for robot in call.state.robots.values()):
            raise ApiError(409, "CONFLICT", f"robot account {project_id}:{name} already exists")
        made = call.state.add_robot(
            wanted.name,
            wanted.project or None,
            secret=secret,
            grants=wanted.grants,
            duration=wanted.duration,
            description=wanted.description,
        )
        if creator is not None:
            made = call.state.update_robot(made.name, creator_type="robot", creator_ref=creator.id)
        _note(call, "create", made)
    return _created(call, made, secret)


def _created(call: Call, made: Robot, secret: str) -> Response:
    body = {
        "creation_time": moment(made.created),
        "expires_at": made.expires_at,
        "id": made.id,
        "name": call.state.robot_name(made),
        "secret": secret,
    }
    return answer(201, body, {"Location": f"/api/v2.0/robots/{made.id}"})


def _require_creation(call: Call, wanted: RobotRequest) -> int:
    """Return the project's id (0 at system level) if the caller may create this robot there."""
    project_id = 0
    if wanted.project:
        project_id = call.project("robot", "create", named=wanted.project).id
    elif not allowed_on_system(call.caller, "robot", "create"):
        raise call.forbid()
    creator = call.caller.robot
    if creator is not None and not covered(wanted.grants, creator):
        words = "It must be equal to or more restrictive than the creator robot's permissions"
        raise ApiError(403, "DENIED", f"permission scope is invalid. {words}: {call.caller.name}")
    return project_id


def rotate(call: Call) -> Response:
    """PATCH /robots/{id}: a new secret, given or made; the old one is dead at once."""
    robot = _robot(call, "update")
    call.writable()
    given = call.body().get("secret")
    if given and not strong(str(given)):
        raise bad_request(
            "the secret must be 8-128, inclusively, characters long with at least 1 uppercase letter, "
            "1 lowercase letter and 1 number"
        )
    secret = str(given) if given else new_secret()
    call.state.update_robot(robot.name, secret=Password(secret))
    _note(call, "update", robot)
    return answer(200, {} if given else {"secret": secret})


def change(call: Call) -> Response:
    """PUT /robots/{id} with the whole object; a changed duration counts from the creation time."""
    robot = _robot(call, "update")
    call.writable()
    body = call.body()
    if body.get("level") not in ("project", "system"):
        raise bad_request(f"bad request error level input: {body.get('level') or ''}")
    if (body.get("name"), body["level"]) != (call.state.robot_name(robot), robot.level):
        raise bad_request("cannot update the level or name of robot")
    wanted = read({"duration": robot.duration, **body, "name": "unchanged"})
    changed = replace(
        robot,
        grants=wanted.grants,
        disabled=body.get("disable") is True,
        description=wanted.description,
        duration=wanted.duration,
        updated=call.state.clock(),
    )
    if wanted.duration != robot.duration:
        changed = replace(changed, expires_at=expiry(robot.created, wanted.duration))
    with call.state.guard:
        call.state.robots[robot.id] = changed
    _note(call, "update", robot)
    return Response(200)


def delete(call: Call) -> Response:
    """DELETE /robots/{id}."""
    robot = _robot(call, "delete")
    call.writable()
    call.state.delete_robot(robot.name)
    _note(call, "delete", robot)
    return Response(200)


def _robot(call: Call, action: str) -> Robot:
    """Return the robot of the path if the caller may do that to it; robots never change robots, not even themselves."""
    call.login_required()
    robot = call.state.robots.get(call.number("id"))
    if robot is None:
        raise not_found(f"robot {call.number('id')} not found")
    project = call.state.project_by_id(robot.project_id) if robot.project_id else None
    if project is not None:
        may = allowed(call.state, call.caller, project, "robot", action)
    else:
        may = allowed_on_system(call.caller, "robot", action)
    if not may:
        raise call.forbid()
    return robot


def _note(call: Call, operation: str, robot: Robot) -> None:
    call.state.note(operation, "robot", call.state.robot_name(robot), call.caller.name, robot.project_id)


def _shown(call: Call, robot: Robot) -> dict[str, object]:
    permissions = [
        {
            "access": [
                {"action": each.action, **({"effect": each.effect} if each.effect else {}), "resource": each.resource}
                for each in grant.access
            ],
            "kind": grant.kind,
            "namespace": grant.namespace,
        }
        for grant in robot.grants
    ]
    return {
        "creation_time": moment(robot.created),
        "creator_ref": robot.creator_ref,
        "creator_type": robot.creator_type,
        "description": robot.description,
        "disable": robot.disabled,
        "duration": robot.duration,
        "editable": True,
        "expires_at": robot.expires_at,
        "id": robot.id,
        "level": robot.level,
        "name": call.state.robot_name(robot),
        "permissions": permissions,
        "update_time": moment(robot.updated),
    }
