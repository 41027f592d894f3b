"""Who deleted what in Harbor, and when: its audit log.

Since 2.13 entries go to tables of their own (`auditlog-exts`), which only a project's administrators may read; what an
earlier Harbor wrote is in the old ones (`logs`, `audit-logs`), which any member from guest up could read. The log of
all projects answers `[]` to whoever may not see it (recorded from Harbor 2.15.2 and 2.9.5). A log may be purged, so
what it does not name may still have been there.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from checks.clients.harbor_api import Api, Operator, Reply, q, segment, timestamp
from checks.clients.harbor_names import fact
from checks.clients.once import Once
from checks.facts import Fact, Unknown
from checks.records import Deletion, Removal

_LONGEST = 255
"""Letters of a user name in Harbor's database."""
_NOT_THERE = "was not found"
"""How Harbor ends the 404 for a path that it does not have: `path /api/v2.0/... was not found`."""


@dataclass(frozen=True, slots=True)
class _Log:
    """Deletions, newest first, and whether these are all that the log holds."""

    entries: tuple[Deletion, ...]
    complete: bool


class AuditLog:
    """Reads deletions: the newest of each project once, and one by one only what is not among them."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._newest: Once[tuple[str, str], _Log | Unknown] = Once()
        self._exact: Once[tuple[str, str, str], _Log | Unknown] = Once()

    def removal(self, host: str, project: str, kind: str, name: str, operator: Operator) -> Fact[Removal] | Unknown:
        """Return what the log of `project` (empty: of the whole Harbor) tells of the deletion of `name`.

        `kind`: `robot`, `member`, `project`, `repository`, `tag` or `artifact`, where the last two are named
        `project/repository:tag` and `project/repository@digest`.
        """
        key = (host.lower(), project)
        log = self._newest.get(key, lambda: self._read(host, project, operation="delete"))
        if isinstance(log, Unknown):
            return log
        found = next((one for one in log.entries if _is(one, kind, name)), None)
        if found is None and not log.complete:
            resource = f"~{name.partition('@')[2]}" if kind == "artifact" else name
            exact = self._exact.get(
                (*key, name), lambda: self._read(host, project, operation="delete", resource=resource)
            )
            if isinstance(exact, Unknown):
                return exact
            found = next((one for one in exact.entries if _is(one, kind, name)), None)
        if found is None and not project and not operator.sysadmin:
            return Unknown(f"{operator.name} may not see the audit log of the whole Harbor")
        unnamed = tuple(_by_digest(log, name)) if kind == "tag" and found is None else ()
        return fact(Removal(found, unnamed), host)

    def _read(self, host: str, project: str, **conditions: str) -> _Log | Unknown:
        """Read the new tables, then the old ones; a version that lacks one of them says 404."""
        entries: list[Deletion] = []
        complete = True
        missing: list[Reply] = []
        for path in _paths(project):
            told = self._api.newest(host, path, q=q(**conditions))
            if isinstance(told, Reply):
                if told.status != 404 or _NOT_THERE not in told.why:
                    return self._hidden(host, project, told)
                missing.append(told)
                continue
            read = [_deletion(one) for one in told[0]]
            if None in read:
                return Unknown(f"the audit log of Harbor at {host} has entries that cannot be read")
            entries += [one for one in read if one is not None]
            complete = complete and told[1]
        if len(missing) == len(_paths(project)):
            return self._hidden(host, project, missing[0])
        return _Log(tuple(sorted(entries, key=lambda one: one.at, reverse=True)), complete)

    def _hidden(self, host: str, project: str, told: Reply) -> Unknown:
        whose = f"of {project}" if project else f"of Harbor at {host}"
        if told.status in (401, 403):
            return Unknown(f"{self._api.username} may not read the audit log {whose}")
        return Unknown(f"Harbor did not show the audit log {whose}: {told.why or 'it answered with something else'}")

    def forget(self, host: str) -> None:
        """Read all logs at `host` anew."""
        here: Callable[[tuple[str, ...]], bool] = lambda key: key[0] == host.lower()  # noqa: E731
        self._newest.forget(here)
        self._exact.forget(here)


def _paths(project: str) -> tuple[str, str]:
    if not project:
        return "/auditlog-exts", "/audit-logs"
    base = f"/projects/{segment(project)}"
    return f"{base}/auditlog-exts", f"{base}/logs"


def _deletion(one: dict[str, Any]) -> Deletion | None:
    """One entry; None where it cannot be read."""
    at = timestamp(one.get("op_time"))
    if at is None or one.get("operation") != "delete":
        return None
    kind, resource, by = (str(one.get(key) or "") for key in ("resource_type", "resource", "username"))
    done = one.get("operation_result") is not False
    return Deletion(kind if done else f"failed {kind}", resource, by[:_LONGEST] or "somebody", at)


def _is(one: Deletion, kind: str, name: str) -> bool:
    """Up to 2.12 the digest of an image stands behind a colon (controller/event/topic.go)."""
    if one.kind != kind:
        return False
    return one.resource == name or (kind == "artifact" and one.resource == name.replace("@", ":", 1))


def _by_digest(log: _Log, tag: str) -> Iterator[Deletion]:
    """Images of the tag's repository that were deleted without their tags being named."""
    repository = tag.rpartition(":")[0]
    for one in log.entries:
        if one.kind == "artifact" and one.resource.startswith((f"{repository}@sha256:", f"{repository}:sha256:")):
            yield one
