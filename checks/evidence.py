"""Pull → Evidence: gathers what is to be known about one failing pull, each thing asked once for all pulls.

Kubernetes objects are read by name and kept until `forget`; registries are asked through the prober, which shares
its answers itself. Whatever cannot be known becomes an `Unknown` with the reason, never an absence.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

from checks import complaint
from checks.clients.once import Once
from checks.credentials import Login, PullSecret
from checks.dockerconfig import read_secret
from checks.errors import ClusterError, DoctorError, Forbidden, NotFound
from checks.facts import Fact, HarborView, Knows, Manifest, Nearby, Ping, Platform, ProjectView, Trial, Unknown, Variant
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer
from checks.model import (
    Evidence,
    KeyringAnswer,
    NamedSecret,
    ObjectRef,
    Pull,
    Reading,
    ServiceAccountView,
)
from checks.scan import events_complaint
from checks.variants import changed_logins

T = TypeVar("T")
Body = dict[str, Any]


class ClusterReads(Protocol):
    """What is read of the cluster."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return an object, or None where it does not exist."""

    def secret_names(self, namespace: str) -> tuple[str, ...]:
        """Return the names of the pull Secrets of a namespace."""

    def events(self, pod_uid: str, namespace: str) -> Any:
        """Return the events of a pod."""


class RegistryReads(Protocol):
    """What is asked of registries."""

    def ping(self, host: str) -> Ping:
        """Ask `/v2/` without a login."""

    def trial(self, image: ImageRef, login: Login | None, platform: Platform | None) -> Trial:
        """Find out what a login is worth for an image."""

    def tags(self, image: ImageRef, login: Login | None) -> Fact[tuple[str, ...]] | Unknown:
        """List the tags of the image's repository."""


class HarborReads(Protocol):
    """What is asked of Harbor's API, with the operator's own login."""

    def view(self, host: str, project: str, username: str) -> HarborView:
        """Return what is known of a robot or user and a project."""

    def project(self, host: str, project: str) -> Fact[ProjectView | None] | Unknown:
        """Return what is shown of a project."""


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
        self._harbor = harbor
        self._clock = clock
        self._objects: Once[ObjectRef, Fact[Body | None] | Unknown] = Once()
        self._names: Once[str, Fact[tuple[str, ...]] | Unknown] = Once()

    def forget(self, namespaces: frozenset[str]) -> None:
        """Read the objects of these namespaces anew when next asked."""
        self._objects.forget(lambda ref: ref.namespace in namespaces or not ref.namespace)
        self._names.forget(lambda name: name in namespaces)

    def forget_all(self) -> None:
        """Read every object anew when next asked."""
        self._objects.forget(lambda _: True)
        self._names.forget(lambda _: True)

    def gather(self, pull: Pull) -> Evidence:
        """Return everything learned about one pull; never raises for what cannot be known."""
        pull = self._with_events(pull)
        reading = self._read(pull)
        image, error = _reference(pull.image)
        secrets = tuple(self._named(pull.namespace, name) for name in pull.pull_secrets)
        keyring = _keyring(image, secrets)
        node = self._node(pull.node)
        platform = node.value if isinstance(node, Fact) and _about_platform(reading) else None
        trials = self._trials(image, keyring, platform)
        anonymous = self._trial(image, None, platform)
        return Evidence(
            pull=pull,
            gathered=self._clock(),
            image=image,
            image_error=error,
            reading=reading,
            secrets=secrets,
            keyring=keyring,
            service_account=self._account(pull.namespace, pull.service_account),
            ping=self._ping(image),
            trials=trials,
            anonymous=anonymous,
            node=node,
            secret_names=self._secret_names(pull.namespace, secrets),
            variants=self._variants(image, trials, platform),
            harbor=self._views(image, trials, anonymous),
            nearby=self._nearby(image, (*trials, anonymous)),
            project=self._project(image, (*trials, anonymous)),
        )

    def secret(self, namespace: str, name: str) -> Fact[PullSecret | None] | Unknown:
        """Return a Secret as the kubelet reads it, None inside a Fact where it does not exist."""
        found = self._object(ObjectRef("Secret", namespace, name))
        if isinstance(found, Unknown):
            return found
        return Fact(read_secret(found.value) if found.value is not None else None, found.source, found.at)

    def _read(self, pull: Pull) -> Reading:
        if pull.complaint is None:
            return Reading("unknown_ambiguous", confidence="none")
        return complaint.read(pull.complaint.message, pull.complaint.reason)

    def _with_events(self, pull: Pull) -> Pull:
        """Kubelets before 1.32 keep the cause in events only."""
        if pull.complaint is None or self._read(pull).confidence != "none":
            return pull
        try:
            found = events_complaint(self._cluster.events(pull.pod_uid, pull.namespace), pull)
        except ClusterError:
            return pull
        return replace(pull, complaint=found) if found is not None else pull

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
        return tuple(self._trial(image, attempt.login, platform) for attempt in keyring.attempts)

    def _trial(self, image: ImageRef | None, login: Login | None, platform: Platform | None) -> Trial:
        if image is None:
            return Trial(login, Knows.NOT_ASKED, "the image name is invalid")
        if login is not None and not (login.username and login.password):
            return Trial(login, Knows.NOT_ASKED, "the entry holds no login")
        try:
            return self._registry.trial(image, login, platform)
        except DoctorError as error:
            return Trial(login, Knows.UNKNOWN, str(error))

    def _variants(
        self, image: ImageRef | None, trials: tuple[Trial, ...], platform: Platform | None
    ) -> tuple[Variant, ...]:
        """A refused login is tried once more without its visible fault: the proof of what was wrong with it."""
        if image is None or any(t.pulls for t in trials):
            return ()
        refused = [t for t in trials if t.login and t.knows in (Knows.REFUSED, Knows.LOCKED)]
        return tuple(
            Variant(kind, trial.login, self._trial(image, login, platform))
            for trial in refused
            if trial.login is not None
            for kind, login in changed_logins(trial.login, image)
        )

    def _views(self, image: ImageRef | None, trials: tuple[Trial, ...], anonymous: Trial) -> dict[str, HarborView]:
        """Harbor's own word on every login that does not pull, asked with the operator's login only."""
        if self._harbor is None or image is None or image.project is None or any(t.pulls for t in (*trials, anonymous)):
            return {}
        ping = self._ping(image)
        if isinstance(ping, Unknown) or not ping.value.harbor:
            return {}
        users = {t.login.username for t in trials if t.login and t.login.username}
        return {user: self._view(image.registry, image.project, user) for user in sorted(users)}

    def _view(self, host: str, project: str, user: str) -> HarborView:
        assert self._harbor is not None
        try:
            return self._harbor.view(host, project, user)
        except DoctorError as error:
            why = Unknown(str(error))
            return HarborView(why, why, why)

    def _project(
        self, image: ImageRef | None, trials: tuple[Trial, ...]
    ) -> Fact[ProjectView | None] | Unknown:
        """A proxy cache says `not found` for whatever its upstream does not give: asked where something is missing."""
        if image is None or image.project is None or not any(t.manifest and t.manifest.status == 404 for t in trials):
            return Unknown("not looked up")
        ping = self._ping(image)
        if isinstance(ping, Unknown) or not ping.value.harbor:
            return Unknown("not a Harbor")
        if self._harbor is None:
            return Unknown("no login for Harbor's API was given")
        try:
            return self._harbor.project(image.registry, image.project)
        except DoctorError as error:
            return Unknown(str(error))

    def _nearby(self, image: ImageRef | None, trials: tuple[Trial, ...]) -> Nearby:
        """The tags that do exist, asked by whoever got the 404."""
        for trial in trials:
            manifest = trial.manifest
            if image is None or manifest is None or manifest.status != 404 or not manifest.in_database:
                continue
            if not _says_repository(manifest):
                return Nearby(self._tags(image, trial.login))
        return Nearby()

    def _tags(self, image: ImageRef, login: Login | None) -> Fact[tuple[str, ...]] | Unknown:
        try:
            return self._registry.tags(image, login)
        except DoctorError as error:
            return Unknown(str(error))


def _about_platform(reading: Reading) -> bool:
    """Platforms are read by GET, which a registry counts as a pull: only where the kubelet's text allows for it."""
    return "platform_mismatch" in (reading.cause, *reading.alternatives)


def _says_repository(manifest: Manifest) -> bool:
    return manifest.message.startswith("repository ") or manifest.code == "NAME_UNKNOWN"


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
