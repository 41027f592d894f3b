"""What Harbor's API tells about a login and a project.

"May not see" is never told as "is not there": Harbor answers 403 for both to most callers (rights by role as
recorded from Harbor 2.15.2). Only the operator's own login is used.
"""

from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, segment
from checks.clients.harbor_audit import AuditLog
from checks.clients.harbor_names import fact, project_exists
from checks.clients.harbor_project import project_view
from checks.clients.harbor_retention import retention
from checks.clients.harbor_robots import Robots, looks_like_robot
from checks.clients.harbor_writes import HarborWrites
from checks.clients.once import Once
from checks.clients.session import Web
from checks.facts import Fact, HarborView, ProjectView, Unknown
from checks.records import Removal, Retention
from checks.settings import Settings
from checks.writegate import WriteGate


class Harbor:
    """Looks things up in Harbor, each once; safe for many threads."""

    def __init__(self, settings: Settings, web: Web | None = None, gate: WriteGate | None = None) -> None:
        self._web = web or Web(settings, gate)
        self._api = Api(self._web, settings.harbor_login)
        self._views: Once[tuple[str, str, str], HarborView] = Once()
        self._exists: Once[tuple[str, str], Fact[bool] | Unknown] = Once()
        self._members: Once[tuple[str, str], list[dict[str, Any]] | Reply] = Once()
        self._projects: Once[tuple[str, str], Fact[ProjectView | None] | Unknown] = Once()
        self._robots = Robots(self._api)
        self._log = AuditLog(self._api)
        self._retentions: Once[tuple[str, int], Fact[Retention | None] | Unknown] = Once()

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

    @property
    def writes(self) -> HarborWrites:
        """What repairs write at Harbor, and ask of it before: a new one for each plan and each write."""
        return HarborWrites(self._api)

    def operator(self, host: str) -> Operator | Unknown:
        """Return whom Harbor at `host` takes the operator's login for, or why it cannot be used there."""
        return self._api.operator(host)

    def removal(self, host: str, project: str, kind: str, name: str) -> Fact[Removal] | Unknown:
        """Return what the audit log of a project (empty: of the whole Harbor) tells of who deleted `name`.

        `kind`: `robot`, `member`, `project`, `repository`, `tag` or `artifact`.
        """
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            return operator
        return self._log.removal(host, project, kind, name, operator)

    def robot_removal(self, host: str, username: str) -> Fact[Removal] | Unknown:
        """Return what the audit log tells of who deleted a robot.

        A project takes its robots with it, and its log: then the deletion of the project is what there is to tell.
        """
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            return operator
        project = self._robots.project_of(host, username, operator)
        exists = self._exists.get((host.lower(), project), lambda: project_exists(self._api, host, project))
        if project and isinstance(exists, Fact) and not exists.value:
            return self.removal(host, "", "project", project)
        return self.removal(host, project, "robot", username)

    def retention(self, host: str, number: int) -> Fact[Retention | None] | Unknown:
        """Return a project's tag retention by its number."""
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            return operator
        return self._retentions.get((host.lower(), number), lambda: retention(self._api, host, number))

    def forget(self, host: str) -> None:
        """Look everything up again at `host`; the operator's login is tested again only where nothing was decided."""
        here = host.lower()
        self._api.forget(host)
        for kept in (self._exists, self._members, self._projects):
            kept.forget(lambda key: key[0] == here)
        self._views.forget(lambda key: key[0] == here)
        self._retentions.forget(lambda key: key[0] == here)
        self._robots.forget(host)
        self._log.forget(host)

    def close(self) -> None:
        """Close all connections."""
        self._web.close()
