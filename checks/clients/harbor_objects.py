"""Harbor's robots, members and projects in the shape of Kubernetes objects, so that one pipeline repairs both.

`metadata` holds what names an object and tells its versions apart, `spec` what a person chose, `status` what follows.
"""

from datetime import datetime
from typing import Any

from checks.clients.harbor_api import timestamp

Body = dict[str, Any]

_ROBOT = ("level", "disable", "duration", "description", "permissions")
LIMITED_GUEST = 5
"""Least of the roles that pull: 1 project administrator, 2 developer, 3 guest, 4 maintainer (rbac_role.go)."""


def robot_body(host: str, shown: dict[str, Any]) -> Body:
    """Return a robot as `GET /robots` shows it; `update_time` serves as its version, Harbor has none."""
    meta = {
        "namespace": host, "name": str(shown.get("name", "")), "uid": str(shown.get("id", "")),
        "resourceVersion": str(shown.get("update_time", "")),
    }  # fmt: skip
    spec = {key: shown[key] for key in _ROBOT if key in shown}
    spec["permissions"] = [_permission(one) for one in objects(shown.get("permissions"))]
    status = {key: shown.get(key) for key in ("expires_at", "creation_time")}
    return {"kind": "Robot", "metadata": meta, "spec": spec, "status": status}


def _permission(shown: dict[str, Any]) -> Body:
    """`effect` is kept where it stands: Harbor compares it."""
    access = [
        {key: one[key] for key in ("resource", "action", "effect") if one.get(key)}
        for one in objects(shown.get("access"))
    ]
    return {"kind": shown.get("kind"), "namespace": shown.get("namespace"), "access": access}


def member_body(host: str, project: str, shown: dict[str, Any]) -> Body:
    """Return a member as `GET /projects/{p}/members` shows it."""
    name = f"{project}/{shown.get('entity_name')}"
    meta = {"namespace": host, "name": name, "uid": str(shown.get("id", ""))}
    return {"kind": "Member", "metadata": meta, "spec": {"role_id": shown.get("role_id")}}


def project_body(host: str, shown: dict[str, Any], repositories: object = None, now: datetime | None = None) -> Body:
    """Return a project as `GET /projects/{p}` shows it.

    `status` has what tells whose it is: how many repositories it holds where that is known, who made it, and how many
    seconds ago by `now` on Harbor's clock (None: not known).
    """
    metadata, born = shown.get("metadata"), timestamp(shown.get("creation_time"))
    public = isinstance(metadata, dict) and metadata.get("public") == "true"
    meta = {"namespace": host, "name": str(shown.get("name", "")), "uid": str(shown.get("project_id", ""))}
    age = (now - born).total_seconds() if now is not None and born is not None else None
    status = {"repositories": repositories, "owner": str(shown.get("owner_name") or ""), "age": age}
    return {"kind": "Project", "metadata": meta, "spec": {"public": public}, "status": status}


def objects(value: object) -> list[Body]:
    """Return the objects of a list; none where it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def bare_name(name: str, prefix: str) -> str:
    """Return a robot's name without Harbor's prefix: `shop+pull`, or `pull` of a system robot."""
    return name.removeprefix(prefix) if prefix and name.startswith(prefix) else name.partition("$")[2] or name


def same_robot(shown: str, wanted: str, prefix: str) -> bool:
    """Is this the robot that is meant, perhaps under another prefix than was thought?"""
    bare = bare_name(wanted, prefix)
    return shown == wanted or ("+" in bare and shown.endswith(bare) and not shown[: -len(bare)].endswith("+"))
