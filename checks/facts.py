"""What was learned, from where and when, or why it could not be: the values that evidence is made of.

Everything here is plain data without secrets, except `Login`, which hides its own.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeAlias, TypeVar

from checks.credentials import Login
from checks.records import Policy, Removal

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fact(Generic[T]):
    """A value that was read, with its source in words and the time of reading (UTC)."""

    value: T
    source: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Beginning(Fact[T]):
    """The first part of a list that goes on: what is not in it may be there all the same."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """Why a value could not be known, as the end of a sentence: `no right to read Secrets in finance`."""

    why: str


@dataclass(frozen=True, slots=True)
class RegistryMessage:
    """One element of a registry's error body (distribution spec, "Error Codes")."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Exchange:
    """One HTTP request and its answer, as evidence. Holds no secret."""

    at: datetime
    method: str
    url: str
    user: str | None
    """The user name that was sent, `(token)` where a bearer token was, or None."""
    status: int | None
    """HTTP status, or None where no answer came."""
    seconds: float
    headers: tuple[tuple[str, str], ...] = ()
    """The headers that decide: Www-Authenticate, Docker-Distribution-Api-Version, Location, ..."""
    errors: tuple[RegistryMessage, ...] = ()
    claims: tuple[tuple[str, str], ...] = ()
    """For a token answer: `sub` and the actions granted."""
    form: tuple[tuple[str, str], ...] = ()
    """The fields that were posted, without the one that is secret."""
    failure: str = ""
    """Where no answer came: why, in words."""
    clock: datetime | None = None
    """What the server's own clock said (its `Date` header), where the answer came from no cache."""

    @property
    def ahead(self) -> timedelta | None:
        """How far the server's clock is ahead of ours, as exactly as the request took time; None where not told."""
        return None if self.clock is None else self.clock - self.at - timedelta(seconds=self.seconds)


class Break(StrEnum):
    """Why no HTTP answer came from a registry."""

    DNS = "dns"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"
    RESET = "reset"
    PROXY = "proxy"
    TLS_UNKNOWN_CA = "tls_unknown_ca"
    TLS_EXPIRED = "tls_expired"
    TLS_HOSTNAME = "tls_hostname"
    TLS_OTHER = "tls_other"
    PLAIN_HTTP = "plain_http"
    """The registry speaks plain HTTP where HTTPS was asked."""
    FORBIDDEN_ADDRESS = "forbidden_address"
    """We do not ask loopback, link-local or metadata addresses."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """One certificate as the server sent it."""

    subject: str
    issuer: str
    names: tuple[str, ...]
    not_before: datetime | None
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class Ping:
    """What `GET /v2/` without a login told about a registry."""

    host: str
    """Registry host[:port] as in the image reference."""
    exchange: Exchange
    broken: Break | None = None
    detail: str = ""
    """With `broken`: the reason in words."""
    harbor: bool = False
    """True if the answer carries Harbor's fingerprint (service="harbor-registry")."""
    scheme: str = ""
    """`bearer`, `basic`, or empty where no login is asked for."""
    realm: str = ""
    service: str = ""
    addresses: tuple[str, ...] = ()
    """What the name leads to here; empty where a proxy looks it up."""
    certificates: tuple[Certificate, ...] = ()
    """As the server sent them, leaf first."""
    leaf_only: bool = False
    """The certificates are the leaf alone because no more can be read here."""
    proxy: str = ""
    """The proxy that our own requests go through, without its login; empty: none."""
    placed: bool = False
    """The address was given by the user (`--resolve`): it says nothing about DNS."""


class Knows(StrEnum):
    """Does the registry know this login?"""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    LOCKED = "refused or locked"
    """A fast refusal, twice: Harbor's 1.5 s lock, a disabled robot, or a directory that answers at once."""
    NOT_ASKED = "not asked"
    NEEDLESS = "not needed"
    """Another trial's answer stands for this one too."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Platform:
    """An image's or a node's platform; `variant` may be empty."""

    os: str
    architecture: str
    variant: str = ""

    def __str__(self) -> str:
        return "/".join(part for part in (self.os, self.architecture, self.variant) if part)


@dataclass(frozen=True, slots=True)
class Manifest:
    """The registry's answer to a manifest request with one login (or with none)."""

    status: int
    code: str = ""
    """Registry error code of a 4xx/5xx, e.g. NOT_FOUND, UNAUTHORIZED, PROJECTPOLICYVIOLATION."""
    message: str = ""
    empty_challenge: bool = False
    """Www-Authenticate was there and empty: Harbor's sign of a missing project (or an upper-case path)."""
    in_database: bool = True
    """On 404: False where the storage lost the manifest (MANIFEST_UNKNOWN behind Harbor)."""
    digest: str = ""
    media_type: str = ""
    platforms: tuple[Platform, ...] = ()
    """What an index or image config offers; empty where it was not read."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What one login, or none, is worth for one image."""

    login: Login | None
    """None: asked without a login."""
    knows: Knows
    why: str = ""
    """With NOT_ASKED or UNKNOWN: the reason, as the end of a sentence."""
    subject: str = ""
    """The `sub` of the token: whom the registry took us for; empty for nobody."""
    actions: frozenset[str] | None = None
    """What the scoped token grants on the repository; None where not asked or not a token registry."""
    manifest: Manifest | None = None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def stands_for_all(self) -> bool:
        """Does Harbor's answer to this login tell what it would answer to nobody?

        To whom it knows it shows whatever it shows to nobody (Harbor 2.15 recorded, 1). Where the login has no right,
        that was not always so for a robot account of the system: one with rights on the system had none on public
        projects (goharbor/harbor, src/common/security/robot/context.go). Only robots of a project have a `+`.
        """
        if self.knows is not Knows.ACCEPTED or self.login is None or self.manifest is None:
            return False
        name = self.login.username
        return self.manifest.status not in (401, 403) or "$" not in name or "+" in name

    @property
    def pulls(self) -> bool | None:
        """True if the manifest was served, False if it was denied, None if it could not be asked."""
        return None if self.manifest is None else self.manifest.status == 200


@dataclass(frozen=True, slots=True)
class Variant:
    """A refused login changed in one way, and what the changed one is worth: the proof of what was wrong."""

    kind: str
    """`white_space`, `robot_dollar`, `robot_prefix`, `username_password`."""
    of: Login
    """The login as the Secret has it."""
    trial: Trial
    """The changed login, tried."""


@dataclass(frozen=True, slots=True)
class Robot:
    """A robot account as Harbor's API shows it (`GET /api/v2.0/robots`)."""

    id: int
    name: str
    """Full name with its prefix, as a login uses it."""
    level: str
    disabled: bool
    expires_at: datetime | None
    """None: never."""
    projects: tuple[str, ...]
    actions: tuple[str, ...]
    changed: datetime | None = None
    """When its entry was last changed; what it says has been so since then at the latest."""


@dataclass(frozen=True, slots=True)
class HarborView:
    """What Harbor's API tells about one login and one project, asked with a login the operator gave for it."""

    robot: "Fact[Robot | None] | Unknown"
    """None inside a Fact: the robot is not there, and we may see all that could be."""
    project_exists: "Fact[bool] | Unknown"
    member: "Fact[bool] | Unknown"
    """Is the (non-robot) user a member of the project?"""
    gone: "Fact[Removal] | Unknown" = Unknown("not looked up")
    """Who deleted the robot, or took the user out of the project; asked only where one of them is not there."""


@dataclass(frozen=True, slots=True)
class ProjectView:
    """A Harbor project as its API shows it (`GET /api/v2.0/projects/{name}` and its summary)."""

    proxy: bool
    """It is a proxy cache: what is missing here may merely not have come from its upstream."""
    upstream: str = ""
    """Address of the upstream registry."""
    healthy: bool | None = None
    """Whether Harbor's last check reached the upstream; None where it does not say."""
    policy: Policy | None = None
    """None where the project's settings were not shown."""
    retention_id: int = 0
    """Number of its retention policy; 0: none."""


Tags: TypeAlias = "Fact[tuple[str, ...]] | Unknown"

NOT_LOOKED = Unknown("not looked up")


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The image as it would be called at a registry that a pull secret of the pod names, and what its login gets."""

    image: str
    """The reference with the registry in front."""
    trial: Trial


@dataclass(frozen=True, slots=True)
class Nearby:
    """What exists near the image: asked only when something is missing."""

    tags: Tags = NOT_LOOKED
    """All tags of the repository (or a Beginning), as the login may list them; empty where it is not there."""
    elsewhere: "Fact[tuple[Elsewhere, ...]] | Unknown" = NOT_LOOKED
    """Where an image that names no registry is served after all; asked only where Docker Hub denies it."""
