"""What Harbor's API tells about a login and a project, and the few writes that repairs need.

"May not see" is never told as "is not there": Harbor answers 403 for both to most callers (rights by role as
recorded from Harbor 2.15.2). Only the operator's own login is used.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, segment
from checks.clients.harbor_project import project_view
from checks.clients.harbor_robots import Robots, fact, looks_like_robot, moment, project_exists
from checks.clients.once import Once
from checks.clients.session import Web
from checks.credentials import Login, Origin, OriginKind, Password
from checks.errors import Refused, RegistryError
from checks.facts import Fact, HarborView, ProjectView, Unknown
from checks.settings import Settings

LIMITED_GUEST = 5
"""The least role that may pull."""


@dataclass(frozen=True, slots=True)
class Minted:
    """A new robot account with the only copy of its secret."""

    id: int
    login: Login
    expires_at: datetime | None


class Harbor:
    """Looks things up in Harbor, each once; safe for many threads."""

    def __init__(self, settings: Settings, web: Web | None = None) -> None:
        self._read_only = settings.read_only
        self._web = web or Web(settings)
        self._api = Api(self._web, settings.harbor_login)
        self._views: Once[tuple[str, str, str], HarborView] = Once()
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
        exists = project_exists(self._api, host, project)
        if looks_like_robot(username):
            robot = self._robots.find(host, username, operator)
            return HarborView(robot, exists, Unknown("robot accounts are not members of projects"))
        no_robot = Unknown(f"{username} is not the name of a robot account")
        return HarborView(no_robot, exists, self._member(host, project, username, exists))

    def _member(self, host: str, project: str, username: str, exists: Fact[bool] | Unknown) -> Fact[bool] | Unknown:
        if isinstance(exists, Fact) and not exists.value:
            return Unknown(f"the project {project} does not exist")
        found = self._api.listed(host, f"/projects/{segment(project)}/members")
        if isinstance(found, Reply):
            return Unknown(f"{self._api.username} may not see the members of {project}: {found.why}")
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
        self._projects.forget(lambda key: key[0] == here)
        self._views.forget(lambda key: key[0] == here)
        self._robots.forget(host)

    def close(self) -> None:
        """Close all connections."""
        self._web.close()

    def create_robot(self, host: str, project: str, name: str, days: int, description: str) -> Minted:
        """Make a robot that may pull from `project` and nothing else; `days` ≥ 1, or -1 for one that never ends.

        Its secret is in the answer and nowhere else, ever. Raises RegistryError and Refused (read-only).
        """
        body = {
            "name": name,
            "level": "project",
            "duration": days,
            "description": description,
            "permissions": [
                {
                    "kind": "project",
                    "namespace": project,
                    "access": [{"resource": "repository", "action": "pull"}],
                }
            ],
        }
        made = self._write(host, "POST", "/robots", body).document
        number, full, secret = (made.get(key) if isinstance(made, dict) else None for key in ("id", "name", "secret"))
        if not isinstance(number, int) or not isinstance(full, str) or not isinstance(secret, str):
            raise RegistryError(f"Harbor at {host} made a robot account and did not tell its secret")
        origin = Origin(OriginKind.OPERATOR, f"robot account made at {host}", host)
        return Minted(number, Login(full, Password(secret), origin), moment(made.get("expires_at")))

    def delete_robot(self, host: str, number: int) -> None:
        """Delete a robot; one that is gone already is no error. Raises RegistryError and Refused."""
        self._write(host, "DELETE", f"/robots/{number}", accepted=(404,))

    def add_member(self, host: str, project: str, username: str, role: int = LIMITED_GUEST) -> int:
        """Make a user a member and return the membership's number (for `remove_member`), 0 if it was one already.

        Raises RegistryError and Refused.
        """
        path = f"/projects/{segment(project)}/members"
        body = {"role_id": role, "member_user": {"username": username}}
        reply = self._write(host, "POST", path, body, accepted=(409,))
        number = reply.location.rpartition("/")[2]
        return int(number) if reply.ok and number.isdigit() else 0

    def remove_member(self, host: str, project: str, number: int) -> None:
        """End a membership; one that is gone already is no error. Raises RegistryError and Refused."""
        self._write(host, "DELETE", f"/projects/{segment(project)}/members/{number}", accepted=(404,))

    def _write(self, host: str, method: str, path: str, json: Any = None, accepted: tuple[int, ...] = ()) -> Reply:
        if self._read_only:
            raise Refused("nothing is written, because this run is read-only")
        operator = self._api.operator(host)
        if isinstance(operator, Unknown):
            raise RegistryError(f"{operator.why}, so nothing was changed there")
        reply = self._api.call(host, method, path, json)
        self.forget(host)
        if not reply.ok and reply.status not in accepted:
            raise RegistryError(f"Harbor at {host} refused the change: {reply.why}")
        return reply
