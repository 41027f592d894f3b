"""The nouns: a pull that fails, what is wrong with it, and the problem that a person reads and mends."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from checks.answers import KeyringAnswer, Reading
from checks.credentials import PullSecret
from checks.earlier import Earlier
from checks.facts import (
    NOT_LOOKED,
    Fact,
    HarborView,
    Nearby,
    Ping,
    Platform,
    ProjectView,
    Trial,
    Unknown,
    Variant,
)
from checks.image import ImageRef
from checks.records import Component, Removal, Retention
from checks.stages import Passed as Passed
from checks.stages import Stage as Stage


class ContainerKind(StrEnum):
    """Which list of the pod the container stands in."""

    REGULAR = "container"
    INIT = "init container"
    SIDECAR = "sidecar"
    EPHEMERAL = "ephemeral container"
    VOLUME = "image volume"


@dataclass(frozen=True, slots=True)
class Complaint:
    """What the kubelet reported."""

    reason: str
    """`state.waiting.reason`: an open set."""
    message: str
    source: str
    """`status` or `event`."""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ObjectRef:
    """Names one Kubernetes object."""

    kind: str
    namespace: str
    name: str
    project: str | None = field(default=None, compare=False)
    """Of a robot account in Harbor: its project, empty for one of the system; None where only its name is known."""

    def __str__(self) -> str:
        return f"{self.kind} {self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who made the pod: its controller, and the workload above that where it is known."""

    kind: str
    name: str
    uid: str = ""


PullKey = tuple[str, str, str, str]
"""Cluster, pod UID, container, image: two clusters may well have a pod of the same UID."""


@dataclass(frozen=True, slots=True)
class Pull:
    """One container that must pull one image. With a complaint it is a failing pull."""

    cluster: str
    namespace: str
    pod: str
    pod_uid: str
    container: str
    kind: ContainerKind
    image: str
    """The reference as the pod spec has it (for an image volume: the volume's)."""
    pull_secrets: tuple[str, ...]
    """The pod's own list, in order, empty names left out."""
    service_account: str
    node: str
    """Empty while the pod is not scheduled."""
    phase: str
    pull_policy: str = ""
    owner: Owner | None = None
    created: datetime | None = None
    complaint: Complaint | None = None
    mirror: bool = False
    """A static pod's mirror: deleting it is pointless."""
    own_empty_list: bool = False
    """The pod's list holds only empty names: it counts as its own list, so admission copied nothing."""

    @property
    def key(self) -> PullKey:
        """Identity of a pull: it outlives changes of the pod's status."""
        return (self.cluster, self.pod_uid, self.container, self.image)


@dataclass(frozen=True, slots=True)
class NamedSecret:
    """A name in the pod's list and what stands behind it: a Secret, nothing (`Fact(None)`), or not known."""

    name: str
    found: Fact[PullSecret | None] | Unknown


@dataclass(frozen=True, slots=True)
class ServiceAccountView:
    """A ServiceAccount's pull-secret list as it stands now."""

    name: str
    pull_secrets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything learned about one pull; judged by pure rules."""

    pull: Pull
    gathered: datetime
    image: ImageRef | None
    """None: the reference is invalid, see `image_error`."""
    image_error: str
    reading: Reading
    """The kubelet's text, read."""
    secrets: tuple[NamedSecret, ...]
    keyring: KeyringAnswer | Unknown
    service_account: Fact[ServiceAccountView | None] | Unknown
    ping: Fact[Ping] | Unknown
    trials: tuple[Trial, ...]
    """One for each attempt of the keyring, in order; empty where there is none."""
    anonymous: Trial
    """The same question without a login."""
    node: Fact[Platform] | Unknown
    secret_names: Fact[tuple[str, ...]] | Unknown
    """Names of the pull Secrets in the namespace, for the nearest name."""
    variants: tuple[Variant, ...] = ()
    harbor: dict[str, HarborView] = field(default_factory=dict)
    """By user name of the login; empty without an operator's login."""
    nearby: Nearby = field(default_factory=Nearby)
    events: Unknown | None = None
    """Why the events could not be read where the cause stands in events only (kubelets before 1.32)."""
    project: Fact[ProjectView | None] | Unknown = NOT_LOOKED
    """Asked of Harbor's API only where something is missing, or held back by a policy."""
    removed: Fact[Removal] | Unknown = NOT_LOOKED
    """Who deleted the project, repository or tag that is not there; asked only where one is not."""
    retention: Fact[Retention | None] | Unknown = NOT_LOOKED
    """The project's retention policy, None where it has none; asked only where a tag or repository is missing."""
    health: Fact[tuple[Component, ...]] | Unknown = NOT_LOOKED
    """Harbor's own health check; asked only where it answers 5xx or its token service fails."""
    auth_mode: Fact[str] | Unknown = NOT_LOOKED
    """How Harbor signs people in (`db_auth`, `oidc_auth`, ...): asked only where a person's login is refused."""

    earlier: Fact[tuple[Earlier, ...]] | Unknown = NOT_LOOKED
    """Other images that the workload's container had, newest first; asked only where the image is not there."""
    cluster_ahead: Fact[timedelta] | Unknown = NOT_LOOKED
    """How far the API server's clock is ahead of ours."""

    @property
    def works(self) -> Trial | None:
        """The first trial whose manifest is served, the anonymous one included."""
        return next((t for t in (*self.trials, self.anonymous) if t.pulls), None)


@dataclass(frozen=True, slots=True)
class Subject:
    """The thing to mend. Two pulls with the same code and subject are one problem."""

    kind: str
    """Secret, ServiceAccount, login, robot, project, repository, tag, registry, node, workload, image."""
    namespace: str
    """Empty where the subject is not of one namespace."""
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


@dataclass(frozen=True, slots=True)
class Proof:
    """One line of evidence that a finding cites."""

    source: str
    """`kubelet`, `secret`, `pod`, `registry`, `harbor`, `node`, `serviceaccount`, `event`."""
    text: str
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that fired. The sentence is rendered from the rule's template and `params`."""

    code: str
    subject: Subject
    params: dict[str, str] = field(default_factory=dict)
    proofs: tuple[Proof, ...] = ()

    def __hash__(self) -> int:
        return hash((self.code, self.subject))


@dataclass(frozen=True, slots=True)
class StageState:
    """One line of the path on screen."""

    stage: Stage
    passed: Passed
    text: str = ""


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A pull with all that was found: its cause, what stands behind it, and what could not be known."""

    evidence: Evidence
    cause: Finding
    behind: tuple[Finding, ...]
    """Other blocking findings: what would still fail after the cause is mended, in causal order."""
    unknowns: tuple[str, ...]
    crashed: tuple[str, ...]
    """Rules that failed on this evidence: `HD109: KeyError`."""
    path: tuple[StageState, ...]

    @property
    def pull(self) -> Pull:
        """The pull this is about."""
        return self.evidence.pull


@dataclass(frozen=True, slots=True)
class Problem:
    """One cause at one subject, with all the pulls it breaks: the row a person reads and mends."""

    cluster: str
    code: str
    subject: Subject
    stage: Stage
    title: str
    cause: str
    """The corpus's cause word."""
    sentence: str
    diagnoses: tuple[Diagnosis, ...]
    apart: str = ""
    """What tells it from another problem of the same code and subject: a registry, the subject's kind, the cluster."""

    @property
    def id(self) -> str:
        """`CODE:SUBJECT`, as `scan` prints it and `fix` takes it; `@` and more where that alone is not one problem."""
        return f"{self.code}:{self.subject}" + (f"@{self.apart}" if self.apart else "")

    @property
    def pulls(self) -> tuple[Pull, ...]:
        """All failing pulls of this problem."""
        return tuple(d.pull for d in self.diagnoses)

    @property
    def finding(self) -> Finding:
        """The finding of its first pull; all share code and subject."""
        return self.diagnoses[0].cause
