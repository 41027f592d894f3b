"""What Harbor's database and storage hold, and the one lock around it."""

import threading
import time
from collections.abc import Callable

from checks.demo.harbor.entities import (
    Artifact,
    AuditEntry,
    Member,
    Project,
    Repository,
    RetentionPolicy,
    RetentionRun,
    Robot,
    Scan,
    User,
)

ADMIN_PASSWORD = "Harbor12345"
VERSION = "v2.15.2-080b0220"
DAY = 86400


class Tables:
    """The tables. Values are frozen and replaced whole, under `guard`; reading needs no lock for one value."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
        self.version = VERSION
        self.guard = threading.RLock()
        self.users: dict[int, User] = {}
        self.projects: dict[str, Project] = {}
        self.members: dict[int, Member] = {}
        self.robots: dict[int, Robot] = {}
        self.repositories: dict[str, Repository] = {}
        self.artifacts: dict[str, Artifact] = {}
        self.blobs: dict[str, bytes] = {}
        self.upstream: dict[str, Repository] = {}
        """Of proxy cache projects: what their upstreams have."""
        self.scans: dict[str, Scan] = {}
        self.signatures: set[tuple[str, str, str]] = set()
        """Repository, digest, and `cosign` or `notation`."""
        self.audit: list[AuditEntry] = []
        self.retentions: dict[int, RetentionPolicy] = {}
        self.retention_runs: list[RetentionRun] = []
        self.immutable: dict[str, int] = {}
        """Project → how many rules keep its tags as they are."""
        self._last: dict[str, int] = {}

    def next_id(self, table: str) -> int:
        """Return the next number of a table; numbers are never used twice."""
        with self.guard:
            self._last[table] = self._last.get(table, 0) + 1
            return self._last[table]

    def project(self, name: str) -> Project:
        """Return a project; KeyError with its name if it does not exist."""
        return self.projects[name]

    def project_by_id(self, number: int) -> Project | None:
        """Return the project with this id, or None."""
        with self.guard:
            return next((p for p in self.projects.values() if p.id == number), None)

    def note(
        self,
        operation: str,
        kind: str,
        resource: str,
        username: str,
        project_id: int,
        *,
        words: str = "",
        days_ago: float = 0.0,
    ) -> None:
        """Add a line to the audit log; its description is `words`, or made of the rest."""
        with self.guard:
            said, when = words or f"{operation} {kind}: {resource}", self.clock() - days_ago * DAY
            number = self.next_id("audit")
            self.audit.append(AuditEntry(number, when, operation, kind, resource, username, project_id, said))

    def note_member(self, operation: str, project: Project, user: str, by: str, days_ago: float = 0.0) -> None:
        """Add a line about a member, which Harbor does since 2.16 (pkg/auditext/event/member)."""
        if since(self.version, 2, 16):
            where = "from" if operation == "delete" else "in"
            words = f"{operation} user member {user} {where} project {project.name}"
            self.note(operation, "member", user, by, project.id, words=words, days_ago=days_ago)


def since(version: str, major: int, minor: int) -> bool:
    """Is this version, such as `v2.15.2-080b0220`, that of `major.minor` or later?"""
    parts = version.removeprefix("v").split(".")
    return (int(parts[0]), int(parts[1])) >= (major, minor)
