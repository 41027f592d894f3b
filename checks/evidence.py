"""Pull → Evidence: gathers what is to be known about one failing pull, each thing asked once for all pulls.

Kubernetes objects are read by name and kept until `forget`; registries are asked through the prober, which shares
its answers itself. Whatever cannot be known becomes an `Unknown` with the reason, never an absence.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from checks import complaint
from checks.answers import KeyringAnswer, Reading
from checks.clients.once import Once
from checks.credentials import PullSecret
from checks.dockerconfig import read_secret
from checks.errors import ClusterError, DoctorError, Forbidden, NotFound
from checks.facts import NOT_LOOKED, Fact, Ping, Platform, Trial, Unknown
from checks.followup import FollowUp, HarborReads, RegistryReads, needless, tried
from checks.history import ClusterReads as PastReads
from checks.history import Histories
from checks.image import ImageNameError, ImageRef, parse
from checks.inquiry import Inquiry
from checks.keyring import answer
from checks.model import (
    Evidence,
    NamedSecret,
    ObjectRef,
    Pull,
    ServiceAccountView,
)
from checks.scan import events_complaint

T = TypeVar("T")
Body = dict[str, Any]


class ClusterReads(PastReads, Protocol):
    """What is read of the cluster."""

    @property
    def ahead(self) -> timedelta | None:
        """How far the API server's clock is ahead of ours."""

    def secret_names(self, namespace: str) -> tuple[str, ...]:
        """Return the names of the pull Secrets of a namespace."""

    def events(self, pod_uid: str, namespace: str) -> Any:
        """Return the events of a pod."""


class Gatherer:
    """Gathers evidence; safe to use from several threads."""

    def __init__(
        self,
        cluster: ClusterReads,
        registry: RegistryReads,
        harbor: HarborReads | None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._cluster = cluster
        self._registry = registry
        self._more = FollowUp(registry, harbor)
        self._inquiry = Inquiry(registry, harbor)
        self._clock = clock
        self._past = Histories(cluster, clock)
        self._objects: Once[ObjectRef, Fact[Body | None] | Unknown] = Once()
        self._secrets: Once[ObjectRef, Fact[PullSecret | None] | Unknown] = Once()
        self._names: Once[str, Fact[tuple[str, ...]] | Unknown] = Once()

    def use_harbor(self, harbor: HarborReads) -> None:
        """Ask Harbor's API through this client from now on."""
        self._more = FollowUp(self._registry, harbor)
        self._inquiry = Inquiry(self._registry, harbor)

    def forget(self, namespaces: frozenset[str]) -> None:
        """Read the objects of these namespaces anew when next asked."""
        self._objects.forget(lambda ref: ref.namespace in namespaces or not ref.namespace)
        self._secrets.forget(lambda ref: ref.namespace in namespaces)
        self._names.forget(lambda name: name in namespaces)
        self._past.forget(lambda ref: ref.namespace in namespaces)

    def forget_all(self) -> None:
        """Read every object anew when next asked."""
        self._objects.forget(lambda _: True)
        self._secrets.forget(lambda _: True)
        self._names.forget(lambda _: True)
        self._past.forget(lambda _: True)

    def gather(self, pull: Pull) -> Evidence:
        """Return everything learned about one pull; never raises for what cannot be known."""
        pull, events = self._with_events(pull)
        reading = self._read(pull)
        image, error = _reference(pull.image)
        secrets = tuple(self._named(pull.namespace, name) for name in pull.pull_secrets)
        keyring = _keyring(image, secrets)
        node = self._node(pull.node)
        platform = node.value if isinstance(node, Fact) and _about_platform(reading) else None
        trials = self._trials(image, keyring, platform)
        ping = self._ping(image)
        anonymous = needless(ping, trials) or tried(self._registry, image, None, platform)
        views = self._more.views(image, ping, trials, anonymous)
        found = Evidence(
            pull=pull,
            gathered=self._clock(),
            image=image,
            image_error=error,
            reading=reading,
            secrets=secrets,
            keyring=keyring,
            service_account=self._account(pull.namespace, pull.service_account),
            ping=ping,
            trials=trials,
            anonymous=anonymous,
            node=node,
            secret_names=self._secret_names(pull.namespace, secrets),
            variants=self._more.variants(image, secrets, trials, views, platform),
            harbor=views,
            nearby=self._more.nearby(image, secrets, (*trials, anonymous)),
            project=self._more.project(image, ping, (*trials, anonymous)),
            events=events,
            auth_mode=self._more.auth_mode(image, ping, trials),
        )
        return self._inquiry.pursue(self._with_past(found))

    def _with_past(self, found: Evidence) -> Evidence:
        """Add what the workload ran before, where its image is not there, and the API server's time."""
        missing = _missing((*found.trials, found.anonymous))
        earlier = self._past.earlier(found.pull) if missing else NOT_LOOKED
        return replace(found, earlier=earlier, cluster_ahead=self._ahead())

    def secret(self, namespace: str, name: str) -> Fact[PullSecret | None] | Unknown:
        """Return a Secret as the kubelet reads it, None inside a Fact where it does not exist."""
        ref = ObjectRef("Secret", namespace, name)
        return self._secrets.get(ref, lambda: self._secret(ref))

    def _secret(self, ref: ObjectRef) -> Fact[PullSecret | None] | Unknown:
        found = self._object(ref)
        if isinstance(found, Unknown):
            return found
        return Fact(read_secret(found.value) if found.value is not None else None, found.source, found.at)

    def _read(self, pull: Pull) -> Reading:
        if pull.complaint is None:
            return Reading("unknown_ambiguous", confidence="none")
        return complaint.read(pull.complaint.message, pull.complaint.reason)

    def _with_events(self, pull: Pull) -> tuple[Pull, Unknown | None]:
        """Kubelets before 1.32 keep the cause in events only."""
        if pull.complaint is None or self._read(pull).confidence != "none":
            return pull, None
        try:
            found = events_complaint(self._cluster.events(pull.pod_uid, pull.namespace), pull)
        except Forbidden:
            return pull, Unknown(f"no right to read events in {pull.namespace}")
        except ClusterError as error:
            return pull, Unknown(str(error))
        return (replace(pull, complaint=found) if found is not None else pull), None

    def _object(self, ref: ObjectRef) -> Fact[Body | None] | Unknown:
        return self._objects.get(ref, lambda: self._fresh(ref))

    def _fresh(self, ref: ObjectRef) -> Fact[Body | None] | Unknown:
        try:
            return Fact(self._cluster.read(ref), f"{ref}", self._clock())
        except Forbidden:
            where = f" in {ref.namespace}" if ref.namespace else ""
            return Unknown(f"no right to read {ref.kind}s{where}")
        except DoctorError as error:
            return Unknown(str(error))

    def _ahead(self) -> Fact[timedelta] | Unknown:
        told = self._cluster.ahead
        return Fact(told, "the API server's Date", self._clock()) if told is not None else Unknown("it told no time")

    def _named(self, namespace: str, name: str) -> NamedSecret:
        return NamedSecret(name, self.secret(namespace, name))

    def _account(self, namespace: str, name: str) -> Fact[ServiceAccountView | None] | Unknown:
        found = self._object(ObjectRef("ServiceAccount", namespace, name or "default"))
        if isinstance(found, Unknown):
            return found
        if found.value is None:
            return Fact(None, found.source, found.at)
        listed = found.value.get("imagePullSecrets") or ()
        names = tuple(item.get("name", "") for item in listed if item.get("name"))
        return Fact(ServiceAccountView(name, names), found.source, found.at)

    def _node(self, name: str) -> Fact[Platform] | Unknown:
        if not name:
            return Unknown("the pod is on no node yet")
        found = self._object(ObjectRef("Node", "", name))
        if isinstance(found, Unknown):
            return found
        info = ((found.value or {}).get("status") or {}).get("nodeInfo") or {}
        if not info.get("architecture"):
            return Unknown(f"node {name} does not tell its platform")
        return Fact(Platform(info.get("operatingSystem", "linux"), info["architecture"]), found.source, found.at)

    def _secret_names(self, namespace: str, secrets: tuple[NamedSecret, ...]) -> Fact[tuple[str, ...]] | Unknown:
        """Asked only where a name is missing."""
        if not any(isinstance(n.found, Fact) and n.found.value is None for n in secrets):
            return Unknown("not looked up")
        return self._names.get(namespace, lambda: self._list_names(namespace))

    def _list_names(self, namespace: str) -> Fact[tuple[str, ...]] | Unknown:
        try:
            return Fact(self._cluster.secret_names(namespace), f"Secrets in {namespace}", self._clock())
        except NotFound:
            return Unknown(f"namespace {namespace} does not exist")
        except ClusterError as error:
            return Unknown(str(error))

    def _ping(self, image: ImageRef | None) -> Fact[Ping] | Unknown:
        if image is None:
            return Unknown("the image name is invalid")
        try:
            ping = self._registry.ping(image.registry)
        except DoctorError as error:
            return Unknown(str(error))
        return Fact(ping, f"GET https://{image.registry}/v2/", ping.exchange.at)

    def _trials(
        self, image: ImageRef | None, keyring: KeyringAnswer | Unknown, platform: Platform | None
    ) -> tuple[Trial, ...]:
        if isinstance(keyring, Unknown):
            return ()
        return tuple(tried(self._registry, image, attempt.login, platform) for attempt in keyring.attempts)


def _missing(trials: tuple[Trial, ...]) -> bool:
    """Did the registry say that the image is not there?"""
    return any(trial.manifest is not None and trial.manifest.status == 404 for trial in trials)


def _about_platform(reading: Reading) -> bool:
    """Platforms are read by GET, which a registry counts as a pull: only where the kubelet's text allows for it."""
    return "platform_mismatch" in (reading.cause, *reading.alternatives)


def _reference(written: str) -> tuple[ImageRef | None, str]:
    try:
        return parse(written), ""
    except ImageNameError as error:
        return None, str(error)


def _keyring(image: ImageRef | None, secrets: tuple[NamedSecret, ...]) -> KeyringAnswer | Unknown:
    """The kubelet skips what it cannot fetch; what we cannot fetch, it perhaps can."""
    if image is None:
        return Unknown("the image name is invalid")
    for named in secrets:
        if isinstance(named.found, Unknown):
            return Unknown(f"Secret {named.name}: {named.found.why}")
    return answer(image, [n.found.value for n in secrets if isinstance(n.found, Fact) and n.found.value is not None])
