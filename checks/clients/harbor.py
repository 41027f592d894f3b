"""What Harbor's API tells about a login and a project.

"May not see" is never told as "is not there": Harbor answers 403 for both to most callers (rights by role as
recorded from Harbor 2.15.2). Only the operator's own login is used.
"""

from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, segment
from checks.clients.harbor_project import project_view
from checks.clients.harbor_robots import Robots, fact, looks_like_robot, project_exists
from checks.clients.once import Once
from checks.clients.session import Web
from checks.facts import Fact, HarborView, ProjectView, Unknown
from checks.settings import Settings


class Harbor:
    """Looks things up in Harbor, each once; safe for many threads."""

    def __init__(self, settings: Settings, web: Web | None = None) -> None:
        self._web = web or Web(settings)
        self._api = Api(self._web, settings.harbor_login)
        self._views: Once[tuple[str, str, str], HarborView] = Once()
        self._exists: Once[tuple[str, str], Fact[bool] | Unknown] = Once()
        self._members: Once[tuple[str, str], list[dict[str, Any]] | Reply] = Once()
        self._projects: Once[tuple[str, str], Fact[ProjectView | None] | Unknown] = Once()
        self._robots = Robots(self._api)

    def view(self, host: str, project: str, username: str) -> HarborView:
        """Return what the API tells about `username` and `project` at the registry `host`."""
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            return HarborView(operator, operator, operator)
        key = (host.lower(), project, username)
        return self._views.get(key, lambda: self._look(host, project, username, operator))

    def _look(self, host: str, project: str, username: str, operator: Operator) -> HarborView:
        key = (host.lower(), project)
        exists = self._exists.get(key, lambda: project_exists(self._api, host, project))
        if looks_like_robot(username):
            robot = self._robots.find(host, username, operator)
            return HarborView(robot, exists, Unknown("robot accounts are not members of projects"))
        no_robot = Unknown(f"{username} is not the name of a robot account")
        return HarborView(no_robot, exists, self._member(host, project, username, exists))

    def _member(self, host: str, project: str, username: str, exists: Fact[bool] | Unknown) -> Fact[bool] | Unknown:
        if isinstance(exists, Fact) and not exists.value:
            return Unknown(f"the project {project} does not exist")
        key = (host.lower(), project)
        found = self._members.get(key, lambda: self._api.listed(host, f"/projects/{segment(project)}/members"))
        if isinstance(found, Reply):
            return Unknown(f"Harbor showed {self._api.username} no members of {project}: {found.why}")
        if any(one.get("entity_name") == username and one.get("entity_type") == "u" for one in found):
            return fact(True, host)
        if any(one.get("entity_type") == "g" for one in found):
            return Unknown(f"{project} has groups as members, and who is in them is not shown")
        return fact(False, host)

    def project(self, host: str, project: str) -> Fact[ProjectView | None] | Unknown:
        """Return what the API shows of a project: whether it is a proxy cache, and how its upstream is."""
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            return operator
        return self._projects.get((host.lower(), project), lambda: project_view(self._api, host, project))

    def forget(self, host: str) -> None:
        """Look everything up again at `host`; the operator's login is not tested again."""
        here = host.lower()
        for kept in (self._exists, self._members, self._projects):
            kept.forget(lambda key: key[0] == here)
        self._views.forget(lambda key: key[0] == here)
        self._robots.forget(host)

    def close(self) -> None:
        """Close all connections."""
        self._web.close()
