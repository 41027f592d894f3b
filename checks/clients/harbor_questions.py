"""What a repair asks of Harbor before it writes there: whom it takes the operator for, rights, names, what is there.

Nothing but names and numbers is remembered, and that for one plan or write only: a repair rests on what is so now.
"""

from datetime import datetime
from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, q, segment
from checks.clients.harbor_failures import failure
from checks.clients.harbor_names import DEFAULT_PREFIX, project_number, told_prefix
from checks.errors import Forbidden, Refused
from checks.facts import Unknown

_SAMPLE = 10
"""Repositories of a project that are looked into for an image."""


class Questions:
    """Reads of Harbor's API with the operator's login."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._numbers: dict[tuple[str, str], int] = {}
        self._prefixes: dict[tuple[str, str], str] = {}
        self._told: dict[str, str | None] = {}

    @property
    def user(self) -> str:
        """The operator's user name."""
        return self._api.username

    @property
    def key(self) -> str:
        """The host that the operator's login is for, or a pattern of hosts."""
        return self._api.key

    def meant_for(self, host: str) -> bool:
        """Was the operator's login given for this host? Asks nothing."""
        return self._api.meant_for(host)

    def now(self, host: str) -> datetime:
        """Return what time it is for Harbor, by its last answer; by our clock where it told none. Asks nothing."""
        return self._api.now(host)

    def operator(self, host: str) -> Operator:
        """Return whom Harbor takes the operator's login for; raises Refused where it cannot be used at this host."""
        found = self._api.operator(host)
        if isinstance(found, Unknown):
            raise Refused(found.why)
        return found

    def number(self, host: str, project: str) -> int | None:
        """Return a project's number, None where it does not exist; raises Forbidden where it is not shown."""
        known = self._numbers.get((host, project))
        found = self._number(host, project) if known is None else known
        if found is not None:
            self._numbers[host, project] = found
        return found

    def _number(self, host: str, project: str) -> int | None:
        found = project_number(self._api, host, project)
        if isinstance(found, Reply):
            raise failure(found, host, self._api.username, "list projects")
        if isinstance(found, Unknown):
            raise Forbidden(f"{found.why} at Harbor {host}")
        return found

    def may(self, host: str, project: str, resource: str, action: str) -> bool | None:
        """Ask for one right on a project (empty: on the whole system); None where Harbor does not tell.

        `GET /users/current/permissions` wants the project's number; it answers `[]` without any right.
        """
        operator = self.operator(host)
        if operator.sysadmin:
            return True
        if not project:
            return None if operator.robot else False
        number = self.number(host, project)
        if number is None:
            return None
        scope = f"/project/{number}"
        reply = self._api.call(host, "GET", "/users/current/permissions", scope=scope, relative="true")
        if not reply.ok or not isinstance(reply.document, list):
            return None
        held = {(one.get("resource"), one.get("action")) for one in reply.document if isinstance(one, dict)}
        return (resource, action) in held

    def robots(self, host: str, project: str, name: str = "") -> tuple[dict[str, Any], ...]:
        """Return the robots of a project (empty: of the system) whose names hold `name`; none where it is missing."""
        conditions = {"Level": "system"}
        if project:
            number = self.number(host, project)
            if number is None:
                return ()
            conditions = {"Level": "project", "ProjectID": str(number)}
        if name:
            conditions["name"] = f"~{name}"
        found = self._api.listed(host, "/robots", q=q(**conditions))
        if isinstance(found, Reply):
            whose = f"of {project}" if project else "of the system"
            raise failure(found, host, self._api.username, f"see the robot accounts {whose}")
        return tuple(found)

    def prefix(self, host: str, project: str) -> str:
        """Return what Harbor puts before robot names: told to administrators, else read off a robot that is there."""
        if (host, project) not in self._prefixes:
            self._prefixes[host, project] = self._prefix(host, project)
        return self._prefixes[host, project]

    def told(self, host: str) -> str | None:
        """Return Harbor's prefix as it tells it to system administrators; None to all others."""
        if not self.operator(host).sysadmin:
            return None
        if host not in self._told:
            self._told[host] = told_prefix(self._api, host)
        return self._told[host]

    def _prefix(self, host: str, project: str) -> str:
        if self.operator(host).sysadmin:
            return self.told(host) or DEFAULT_PREFIX
        if project:
            names = (str(one.get("name", "")) for one in self._seen(host, project))
            found = (head for name in names for head, plus, _ in [name.partition(f"{project}+")] if plus and head)
            return next(found, DEFAULT_PREFIX)
        return DEFAULT_PREFIX

    def _seen(self, host: str, project: str) -> tuple[dict[str, Any], ...]:
        try:
            return self.robots(host, project)
        except Forbidden:
            return ()

    def sample(self, host: str, project: str) -> str | Unknown:
        """Return `repository@digest` of any artifact of a project; empty where it holds none or does not exist.

        Unknown where it is not shown; raises Forbidden where not even the project is.
        """
        if self.number(host, project) is None:
            return ""
        repositories = self._shown(host, f"/projects/{segment(project)}/repositories")
        if isinstance(repositories, Unknown):
            return repositories
        for held in repositories:
            full = str(held.get("name", ""))
            repository = segment(segment(full.partition("/")[2]))
            artifacts = self._shown(host, f"/projects/{segment(project)}/repositories/{repository}/artifacts")
            if isinstance(artifacts, Unknown):
                return artifacts
            if digest := next((one["digest"] for one in artifacts if one.get("digest")), ""):
                return f"{full}@{digest}"
        few = len(repositories) < _SAMPLE
        return "" if few else Unknown(f"the first {_SAMPLE} repositories hold no image, and no more were looked at")

    def _shown(self, host: str, path: str) -> list[dict[str, Any]] | Unknown:
        """The first page of a list; none where what it is of is not there."""
        reply = self._api.call(host, "GET", path, page="1", page_size=str(_SAMPLE))
        if reply.status == 404:
            return []
        if reply.status == 403:
            return Unknown(f"{self._api.username} may not list what it holds")
        if not reply.ok or not isinstance(reply.document, list):
            return Unknown(f"Harbor did not list what it holds: {reply.why or 'it answered with something else'}")
        return [one for one in reply.document if isinstance(one, dict)]
