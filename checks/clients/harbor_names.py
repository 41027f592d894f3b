"""Where a robot account is by its name: Harbor's prefix, the project in the name, and the number of that project.

The one place for these, for looking and for repairing alike. A name is `<prefix><project>+<own>` or, of the system,
`<prefix><own>`; neither a project's name nor a robot's own holds a `+` or a `$` (Harbor 2.15 recorded). The prefix is
a free text which only system administrators are told (`GET /configurations`), so it is never guessed from the name.
"""

from datetime import UTC, datetime
from typing import TypeVar

from checks.clients.harbor_api import Api, Reply
from checks.facts import Fact, Unknown

T = TypeVar("T")

DEFAULT_PREFIX = "robot$"


def told_prefix(api: Api, host: str) -> str | None:
    """Return the prefix as `GET /configurations` tells it; None where it does not."""
    reply = api.call(host, "GET", "/configurations")
    setting = reply.document.get("robot_name_prefix") if isinstance(reply.document, dict) else None
    value = setting.get("value") if isinstance(setting, dict) else None
    return value if isinstance(value, str) and value else None


def homes(api: Api, host: str, name: str, prefix: str | None) -> tuple[str, ...] | Reply:
    """Return the projects that a robot of this name may be of, an empty text for the system, or why none was listed.

    Where neither the prefix nor a `$` parts the name, those that the operator sees and whose names end it. No project:
    none that the operator sees.
    """
    head, plus, _ = name.rpartition("+")
    if not plus:
        return ("",)
    if prefix and head.startswith(prefix):
        return (head.removeprefix(prefix),)
    if "$" in head:
        return (head.rpartition("$")[2],)
    found = api.listed(host, "/projects")
    if isinstance(found, Reply):
        return found
    names = (str(one.get("name") or "") for one in found)
    return tuple(sorted((project for project in names if project and head.endswith(project)), key=len, reverse=True))


def project_number(api: Api, host: str, project: str) -> int | Reply | Unknown | None:
    """Return a project's number; None: it does not exist; a reply: projects were not listed; Unknown: it is hidden."""
    found = api.listed(host, "/projects", name=project)
    if isinstance(found, Reply):
        return found
    for one in found:
        if one.get("name") == project and isinstance(one.get("project_id"), int):
            return int(one["project_id"])
    exists = project_exists(api, host, project)
    if isinstance(exists, Fact) and not exists.value:
        return None
    return Unknown(f"{api.username} may not see the project {project}")


def project_exists(api: Api, host: str, project: str) -> Fact[bool] | Unknown:
    """`HEAD /projects?project_name=`: tells any caller whom Harbor knows, member or not."""
    reply = api.call(host, "HEAD", "/projects", project_name=project)
    if reply.status in (200, 404):
        return fact(reply.status == 200, host)
    return Unknown(f"Harbor did not tell whether the project {project} exists: {reply.why}")


def fact(value: T, host: str) -> Fact[T]:
    """Return `value` as learned now from Harbor's API at `host`."""
    return Fact(value, f"Harbor's API at {host}", datetime.now(UTC))
