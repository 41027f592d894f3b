"""What Harbor's database and storage hold, and the one lock around it."""

import threading
import time
from collections.abc import Callable

from checks.demo.harbor.entities import Artifact, AuditEntry, Member, Project, Repository, Robot, Scan, User

ADMIN_PASSWORD = "Harbor12345"


class Tables:
    """The tables. Values are frozen and replaced whole, under `guard`; reading needs no lock for one value."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.clock = clock
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

    def note(self, operation: str, kind: str, resource: str, username: str, project_id: int) -> None:
        """Add a line to the audit log."""
        with self.guard:
            words = f"{operation} {kind}: {resource}"
            number = self.next_id("audit")
            self.audit.append(AuditEntry(number, self.clock(), operation, kind, resource, username, project_id, words))
