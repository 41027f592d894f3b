"""What Harbor keeps in its records about what is not there any more, what a project demands, and how its parts are.

Plain data, read from Harbor's API (`audit log`, `retentions`, `projects`, `health`).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Deletion:
    """One entry of Harbor's audit log by which something was deleted."""

    kind: str
    """`robot`, `member`, `project`, `repository`, `tag`, `artifact`."""
    resource: str
    """As the log names it: `shop/web:1.4.2`, `robot$shop+pull`."""
    by: str
    at: datetime

    @property
    def by_harbor(self) -> bool:
        """Did a job of Harbor itself do it: retention, or a replication that passes deletions on?"""
        return self.by == "harbor-jobservice"


@dataclass(frozen=True, slots=True)
class Removal:
    """What the audit log tells of something that is not there."""

    deletion: Deletion | None = None
    """The newest entry about that very thing; None: the log, as far as it goes back, has none."""
    unnamed: tuple[Deletion, ...] = ()
    """For a tag: images of its repository deleted by digest, newest first; the log does not name their tags."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a Harbor project demands of an image before it is served (its `metadata` and `cve_allowlist`)."""

    severity: str = ""
    """Images with vulnerabilities from this severity on are held back; empty: none are."""
    cosign: bool = False
    notation: bool = False
    own_allowlist: bool = False
    """The project has an allowlist of its own instead of the system's (`reuse_sys_cve_allowlist` is false)."""
    allowlist: tuple[str, ...] = ()
    """CVEs on the project's own allowlist."""
    allowlist_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """A project's tag retention policy and its runs, dry ones left out (`GET /api/v2.0/retentions/{id}`)."""

    rules: int
    """Its rules that are switched on: what none of them keeps is removed."""
    runs: tuple[tuple[datetime, datetime | None], ...] = ()
    """Begin and end of each, newest first."""
    hidden: str = ""
    """Why the runs could not be read; empty: they could."""

    def ran_at(self, moment: datetime) -> bool:
        """Was a run under way then? One without an end is taken for one of a day at most."""
        return any(begin <= moment <= (end or begin + timedelta(days=1)) for begin, end in self.runs)


@dataclass(frozen=True, slots=True)
class Component:
    """One part of Harbor as its own health check sees it (`GET /api/v2.0/health`)."""

    name: str
    healthy: bool
    error: str = ""
