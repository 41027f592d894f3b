"""What a Harbor holds, as frozen values: a change replaces the value, so a reader never sees half of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from checks.credentials import Password

NEVER = -1
"""`duration` and `expires_at` of a robot that does not expire."""


class Role(IntEnum):
    """Project roles with Harbor's own numbers."""

    PROJECT_ADMIN = 1
    DEVELOPER = 2
    GUEST = 3
    MAINTAINER = 4
    LIMITED_GUEST = 5

    @property
    def label(self) -> str:
        """The name in Harbor's API."""
        return {1: "projectAdmin", 2: "developer", 3: "guest", 4: "maintainer", 5: "limitedGuest"}[self]


@dataclass(frozen=True, slots=True)
class User:
    """A person. In OIDC mode `cli_secret` is what docker logins use; `cli_alive` is False once it has died."""

    id: int
    name: str
    email: str
    password: Password
    admin: bool
    created: float
    cli_secret: Password | None = None
    cli_alive: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """A user's role in a project. `role` may be a number that is no role: Harbor's PUT takes any."""

    id: int
    project_id: int
    user_id: int
    role: int


@dataclass(frozen=True, slots=True)
class Access:
    """One right of a robot."""

    resource: str
    action: str
    effect: str = ""


@dataclass(frozen=True, slots=True)
class Grant:
    """One permission block of a robot: `kind` is `project` or `system`, `namespace` a project, `*` or `/`."""

    kind: str
    namespace: str
    access: tuple[Access, ...]


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot account. `name` is as stored: `project+name` or `name`, without the prefix."""

    id: int
    name: str
    level: str
    """`project` or `system`."""
    project_id: int
    """0 at system level."""
    secret: Password
    grants: tuple[Grant, ...]
    created: float
    updated: float
    duration: int = NEVER
    """Days from creation, or NEVER."""
    expires_at: int = NEVER
    """Seconds since 1970, or NEVER."""
    disabled: bool = False
    description: str = ""
    creator_type: str = "local"
    creator_ref: int = 1

    def expired(self, now: float) -> bool:
        """Is its time over at `now`?"""
        return self.expires_at != NEVER and self.expires_at <= now


class Reach(StrEnum):
    """What a proxy cache's upstream does when it is asked."""

    OK = "ok"
    REFUSES = "refuses"
    """401, 403 or 5xx, or the endpoint is marked unhealthy: Harbor falls back to what it has."""
    DOWN = "down"
    LIMITED = "limited"
    """429."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """The registry endpoint behind a proxy cache project."""

    id: int
    name: str
    url: str
    type: str = "docker-registry"
    reach: Reach = Reach.OK

    @property
    def healthy(self) -> bool:
        """What the periodic health check shows in the project's summary."""
        return self.reach in (Reach.OK, Reach.LIMITED)


@dataclass(frozen=True, slots=True)
class Project:
    """A project; `metadata` holds strings as Harbor's API does (`public`, `prevent_vul`, `severity`, ...)."""

    id: int
    name: str
    created: float
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowlist: frozenset[str] = frozenset()
    """CVE numbers that the vulnerability gate overlooks."""
    allowlist_until: int | None = None
    """Seconds since 1970 from which on the list counts no more; None: it does not end."""
    upstream: Upstream | None = None
    owner: str = "admin"
    """The user who made it."""

    @property
    def public(self) -> bool:
        """May anybody pull?"""
        return self.metadata.get("public") == "true"


@dataclass(frozen=True, slots=True)
class Artifact:
    """One manifest as bytes, with what the API tells about it."""

    digest: str
    media_type: str
    content: bytes = field(repr=False)
    blobs: tuple[str, ...] = ()
    """Digests of config and layers; the config is the first."""
    children: tuple[tuple[str, str], ...] = ()
    """Of an index: digest and platform, e.g. `linux/arm64/v8`."""
    platform: str = ""
    """Of an image: its config's platform."""


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository by its full name, project first."""

    id: int
    name: str
    project_id: int
    created: float
    tags: Mapping[str, str] = field(default_factory=dict)
    """Tag → digest."""
    artifacts: frozenset[str] = frozenset()
    """Digests that may be asked for here."""
    pushed: Mapping[str, float] = field(default_factory=dict)
    """Tag → when."""
    lost: frozenset[str] = frozenset()
    """Digests that the database knows and the storage does not have."""
    pull_count: int = 0


@dataclass(frozen=True, slots=True)
class Scan:
    """A vulnerability report of one digest."""

    status: str = "Success"
    """Success, Error, Pending or Running."""
    findings: tuple[tuple[str, str], ...] = ()
    """CVE number and severity: Low, Medium, High, Critical."""


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """A project's tag retention: what none of its rules keeps is removed when it runs."""

    id: int
    project_id: int
    keep: tuple[int, ...]
    """One rule each: the most recently pushed so many artifacts are kept."""


@dataclass(frozen=True, slots=True)
class RetentionRun:
    """One run of a retention policy."""

    id: int
    policy_id: int
    begun: float
    ended: float
    dry: bool


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One line of the audit log."""

    id: int
    time: float
    operation: str
    resource_type: str
    resource: str
    username: str
    project_id: int
    description: str
