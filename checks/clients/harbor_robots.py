"""Finds a robot account in Harbor by the name that a login uses.

Robots of a project are shown to its members from guest up, robots of the system to administrators only; both by
number of the project, never by its name (recorded from Harbor 2.15.2).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from checks.clients.harbor_api import Api, Operator, Reply, q, timestamp
from checks.clients.once import Once
from checks.facts import Fact, Robot, Unknown

T = TypeVar("T")

_DEFAULT_PREFIX = "robot$"
_Listed = tuple[Robot, ...]


def looks_like_robot(username: str) -> bool:
    """Could this be the name of a robot account, with its prefix or with what a shell left of it?"""
    return "$" in username or "+" in username or username.startswith("robot")


class Robots:
    """Looks robot accounts up, each list once; safe for many threads."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._numbers: Once[tuple[str, str], int | Unknown | None] = Once()
        self._lists: Once[tuple[str, str], _Listed | Unknown] = Once()
        self._prefixes: Once[str, str] = Once()

    def find(self, host: str, username: str, operator: Operator) -> Fact[Robot | None] | Unknown:
        """Return the robot that a login named `username` means, None inside a Fact where there is none.

        A robot of a project has `project+name` after the prefix, one of the system has no `+`. A robot whose name
        differs by its prefix only is found too: Harbor's prefix was changed, and its name tells.
        """
        prefix = self._prefix(host, operator)
        bare = username.removeprefix(prefix) if username.startswith(prefix) else username.partition("$")[2]
        if not bare:
            return Unknown(f"{username} does not begin with Harbor's prefix for robot accounts, {prefix}")
        project, plus, _ = bare.rpartition("+")
        listed = self._of_project(host, project, operator) if plus else self._of_system(host)
        if isinstance(listed, Unknown):
            return listed
        exact = next((robot for robot in listed if robot.name == username), None)
        ending = bare if plus else prefix + bare
        return fact(exact or next((robot for robot in listed if robot.name.endswith(ending)), None), host)

    def project_of(self, host: str, username: str, operator: Operator) -> str:
        """Return the project that a robot's name tells it is of; empty for a robot of the system."""
        prefix = self._prefix(host, operator)
        bare = username.removeprefix(prefix) if username.startswith(prefix) else username.partition("$")[2]
        return bare.rpartition("+")[0]

    def _of_project(self, host: str, project: str, operator: Operator) -> _Listed | Unknown:
        key = (host.lower(), project)
        number = self._numbers.get(key, lambda: self._number(host, project, operator))
        if not isinstance(number, int):
            return number or ()
        return self._lists.get(key, lambda: self._list(host, f"of {project}", Level="project", ProjectID=str(number)))

    def _of_system(self, host: str) -> _Listed | Unknown:
        return self._lists.get((host.lower(), ""), lambda: self._list(host, "of the system", Level="system"))

    def _list(self, host: str, whose: str, **conditions: str) -> _Listed | Unknown:
        found = self._api.listed(host, "/robots", q=q(**conditions))
        if not isinstance(found, Reply):
            return tuple(robot for one in found if (robot := _robot(one)) is not None)
        if found.status in (401, 403):
            return Unknown(f"{self._api.username} may not see the robot accounts {whose}")
        return Unknown(f"Harbor did not list the robot accounts {whose}: {found.why}")

    def _number(self, host: str, project: str, operator: Operator) -> int | Unknown | None:
        """The project's number; None: it does not exist; Unknown: it is not shown to this operator."""
        found = self._api.listed(host, "/projects", name=project)
        if isinstance(found, Reply):
            return Unknown(f"Harbor did not list its projects: {found.why}")
        for one in found:
            if one.get("name") == project and isinstance(one.get("project_id"), int):
                return int(one["project_id"])
        exists = project_exists(self._api, host, project)
        if isinstance(exists, Fact) and not exists.value:
            return None
        return Unknown(f"{operator.name} may not see the project {project}")

    def _prefix(self, host: str, operator: Operator) -> str:
        """What Harbor puts before robot names; its default where the operator may not read it."""

        def ask() -> str:
            reply = self._api.call(host, "GET", "/configurations") if operator.sysadmin else Reply(None)
            setting = reply.document.get("robot_name_prefix") if isinstance(reply.document, dict) else None
            value = setting.get("value") if isinstance(setting, dict) else None
            return value if isinstance(value, str) and value else _DEFAULT_PREFIX

        return self._prefixes.get(host.lower(), ask)

    def forget(self, host: str) -> None:
        """Look everything up again at `host`."""
        here = host.lower()
        self._prefixes.forget(lambda key: key == here)
        self._numbers.forget(lambda key: key[0] == here)
        self._lists.forget(lambda key: key[0] == here)


def project_exists(api: Api, host: str, project: str) -> Fact[bool] | Unknown:
    """`HEAD /projects?project_name=`: tells any caller whom Harbor knows, member or not."""
    reply = api.call(host, "HEAD", "/projects", project_name=project)
    if reply.status in (200, 404):
        return fact(reply.status == 200, host)
    return Unknown(f"Harbor did not tell whether the project {project} exists: {reply.why}")


def fact(value: T, host: str) -> Fact[T]:
    """Return `value` as learned now from Harbor's API at `host`."""
    return Fact(value, f"Harbor's API at {host}", datetime.now(UTC))


def moment(seconds: object) -> datetime | None:
    """Return Harbor's epoch seconds as a time, None for -1 (never)."""
    if not isinstance(seconds, int) or not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _robot(one: dict[str, Any]) -> Robot | None:
    number, name = one.get("id"), one.get("name")
    if not isinstance(number, int) or not isinstance(name, str):
        return None
    permissions = [p for p in _objects(one.get("permissions")) if p.get("kind") == "project"]
    return Robot(
        number,
        name,
        str(one.get("level", "")),
        one.get("disable") is True,
        moment(one.get("expires_at")),
        tuple(str(p.get("namespace", "")) for p in permissions),
        tuple(sorted({action for p in permissions for action in _repository_actions(p)})),
        timestamp(one.get("update_time")),
    )


def _repository_actions(permission: dict[str, Any]) -> Iterator[str]:
    for access in _objects(permission.get("access")):
        if access.get("resource") == "repository" and access.get("effect") != "deny":
            yield str(access.get("action", ""))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
