"""Finds a robot account in Harbor by the name that a login uses.

Robots of a project are shown to its members from guest up, robots of the system to administrators only; both by
number of the project, never by its name (recorded from Harbor 2.15.2).
"""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, q, timestamp
from checks.clients.harbor_names import fact, homes, project_number, told_prefix
from checks.clients.harbor_objects import objects
from checks.clients.once import Once
from checks.facts import Fact, Robot, Unknown

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
        self._prefixes: Once[str, str | None] = Once()

    def find(self, host: str, username: str, operator: Operator) -> Fact[Robot | None] | Unknown:
        """Return the robot that a login named `username` means, None inside a Fact where there is none.

        A robot of a project has `project+name` after the prefix, one of the system has no `+`. A robot whose name
        differs by its prefix only is found too: Harbor's prefix was changed, and its name tells.
        """
        prefix = self._prefix(host, operator)
        found = homes(self._api, host, username, prefix)
        if isinstance(found, Reply):
            return Unknown(f"Harbor did not list its projects: {found.why}")
        if not found or (found == ("",) and not _own(username, prefix)):
            return Unknown(_nameless(username, prefix))
        listed = self._listed(host, found)
        if isinstance(listed, Unknown):
            return listed
        exact = next((robot for robot in listed if robot.name == username), None)
        return fact(exact or _renamed(listed, found, username, prefix), host)

    def _listed(self, host: str, projects: tuple[str, ...]) -> _Listed | Unknown:
        every: list[Robot] = []
        for project in projects:
            found = self._of_project(host, project) if project else self._of_system(host)
            if isinstance(found, Unknown):
                return found
            every += found
        return tuple(every)

    def project_of(self, host: str, username: str, operator: Operator) -> str:
        """Return the project that a robot's name tells it is of; empty for a robot of the system, or where unclear."""
        found = homes(self._api, host, username, self._prefix(host, operator))
        return found[0] if isinstance(found, tuple) and len(found) == 1 else ""

    def _of_project(self, host: str, project: str) -> _Listed | Unknown:
        key = (host.lower(), project)
        number = self._numbers.get(key, lambda: self._number(host, project))
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

    def _number(self, host: str, project: str) -> int | Unknown | None:
        """The project's number; None: it does not exist; Unknown: it is not shown to this operator."""
        found = project_number(self._api, host, project)
        return Unknown(f"Harbor did not list its projects: {found.why}") if isinstance(found, Reply) else found

    def _prefix(self, host: str, operator: Operator) -> str | None:
        """What Harbor puts before robot names; None where the operator may not read it."""
        if not operator.sysadmin:
            return None
        return self._prefixes.get(host.lower(), lambda: told_prefix(self._api, host))

    def forget(self, host: str) -> None:
        """Look everything up again at `host`."""
        here = host.lower()
        self._prefixes.forget(lambda key: key == here)
        self._numbers.forget(lambda key: key[0] == here)
        self._lists.forget(lambda key: key[0] == here)


def moment(seconds: object) -> datetime | None:
    """Return Harbor's epoch seconds as a time, None for -1 (never)."""
    if not isinstance(seconds, int) or not 0 < seconds < 253_402_300_800:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _robot(one: dict[str, Any]) -> Robot | None:
    number, name = one.get("id"), one.get("name")
    if not isinstance(number, int) or not isinstance(name, str):
        return None
    permissions = [p for p in objects(one.get("permissions")) if p.get("kind") == "project"]
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
    for access in objects(permission.get("access")):
        if access.get("resource") == "repository" and access.get("effect") != "deny":
            yield str(access.get("action", ""))


def _own(username: str, prefix: str | None) -> str:
    """A name without Harbor's prefix, or without one that ends with `$`; empty where it has neither."""
    known = prefix is not None and username.startswith(prefix)
    return username.removeprefix(prefix or "") if known else username.partition("$")[2]


def _renamed(listed: _Listed, projects: tuple[str, ...], username: str, prefix: str | None) -> Robot | None:
    """The robot whose name differs by its prefix only; where it may be of several projects only its full name tells."""
    if len(projects) != 1 or (not projects[0] and prefix is None):
        return None
    own = f"{projects[0]}+{username.rpartition('+')[2]}" if projects[0] else f"{prefix}{_own(username, prefix)}"
    return next((robot for robot in listed if robot.name.endswith(own)), None)


def _nameless(username: str, prefix: str | None) -> str:
    if prefix is None:
        return f"only administrators are told Harbor's prefix for robot accounts, so {username} may be one or not"
    return f"{username} does not begin with Harbor's prefix for robot accounts, {prefix}"
