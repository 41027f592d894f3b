"""The last questions about a pull: who took away what is not there, may retention have done it, and is Harbor well.

Each is asked only where such a verdict is at hand. The operator's own login is needed for all but Harbor's health.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple, Protocol, TypeVar

from checks.answers import Reading
from checks.errors import DoctorError
from checks.facts import NOT_LOOKED, Fact, HarborView, Knows, Manifest, Ping, ProjectView, Trial, Unknown
from checks.image import ImageRef
from checks.model import Evidence
from checks.records import Component, Removal, Retention

T = TypeVar("T")

_ILL = ("registry_5xx", "token_service_failure")
"""Cause words of the kubelet's texts by which Harbor itself may be ill."""


class HealthReads(Protocol):
    """What Harbor tells anybody of itself."""

    def health(self, host: str) -> Fact[tuple[Component, ...]] | Unknown:
        """Return how Harbor's parts are by its own check."""


class HarborRecords(Protocol):
    """What Harbor's API keeps of what is gone."""

    def removal(self, host: str, project: str, kind: str, name: str) -> Fact[Removal] | Unknown:
        """Return what the audit log of a project (empty: of the whole Harbor) tells of who deleted `name`."""

    def robot_removal(self, host: str, username: str) -> Fact[Removal] | Unknown:
        """Return what the audit log tells of who deleted a robot, or the project that it was of."""

    def retention(self, host: str, number: int) -> Fact[Retention | None] | Unknown:
        """Return a project's tag retention by its number."""


class _Missing(NamedTuple):
    """What is not there, and whose audit log would tell: an empty project means the log of the whole Harbor."""

    project: str
    kind: str
    name: str


class Inquiry:
    """Asks them; `harbor` is None without an operator's login."""

    def __init__(self, registry: HealthReads, harbor: HarborRecords | None) -> None:
        self._registry = registry
        self._harbor = harbor

    def pursue(self, evidence: Evidence) -> Evidence:
        """Return the evidence with what is to be learned beyond it; never raises for what cannot be asked."""
        image, ping, project = evidence.image, evidence.ping, evidence.project
        trials = (*evidence.trials, evidence.anonymous)
        return replace(
            evidence,
            harbor=self.accounts(image, evidence.harbor, evidence.trials),
            removed=self.removed(image, ping, project, trials),
            retention=self.retention(image, ping, project, trials),
            health=self.health(image, ping, evidence.reading, trials),
        )

    def accounts(
        self, image: ImageRef | None, views: Mapping[str, HarborView], trials: tuple[Trial, ...]
    ) -> dict[str, HarborView]:
        """Add to each view who deleted the robot that is not there, or took the user out of the project."""
        knows = {trial.login.username: trial.knows for trial in trials if trial.login is not None}
        return {user: self._account(image, user, view, knows.get(user)) for user, view in views.items()}

    def _account(self, image: ImageRef | None, user: str, view: HarborView, knows: Knows | None) -> HarborView:
        harbor = self._harbor
        if harbor is None or image is None or image.project is None:
            return view
        host, project = image.registry, image.project
        if knows in (Knows.REFUSED, Knows.LOCKED) and isinstance(view.robot, Fact) and view.robot.value is None:
            return replace(view, gone=_asked(lambda: harbor.robot_removal(host, user)))
        if knows is Knows.ACCEPTED and isinstance(view.member, Fact) and not view.member.value:
            return replace(view, gone=_asked(lambda: harbor.removal(host, project, "member", user)))
        return view

    def removed(
        self,
        image: ImageRef | None,
        ping: Fact[Ping] | Unknown,
        project: Fact[ProjectView | None] | Unknown,
        trials: tuple[Trial, ...],
    ) -> Fact[Removal] | Unknown:
        """Who deleted the project, repository or tag; in a proxy cache nothing was ever there to be deleted."""
        missing = _missing(image, trials) if is_harbor(ping) and not _is_proxy(project) else None
        harbor = self._harbor
        if image is None or missing is None or harbor is None:
            return NOT_LOOKED
        host = image.registry
        return _asked(lambda: harbor.removal(host, *missing))

    def retention(
        self,
        image: ImageRef | None,
        ping: Fact[Ping] | Unknown,
        project: Fact[ProjectView | None] | Unknown,
        trials: tuple[Trial, ...],
    ) -> Fact[Retention | None] | Unknown:
        """The retention policy of a project in which a tag or digest is missing."""
        missing = _missing(image, trials) if is_harbor(ping) and not _is_proxy(project) else None
        harbor = self._harbor
        if image is None or missing is None or missing.kind not in ("tag", "artifact") or harbor is None:
            return NOT_LOOKED
        if isinstance(project, Unknown):
            return project
        if project.value is None or project.value.policy is None:
            return Unknown(f"the settings of project {image.project} were not shown")
        number, host = project.value.retention_id, image.registry
        if not number:
            return Fact(None, project.source, project.at)
        return _asked(lambda: harbor.retention(host, number))

    def health(
        self, image: ImageRef | None, ping: Fact[Ping] | Unknown, reading: Reading, trials: tuple[Trial, ...]
    ) -> Fact[tuple[Component, ...]] | Unknown:
        """How Harbor's parts are, where the kubelet or we got a server error of it."""
        if image is None or not is_harbor(ping):
            return NOT_LOOKED
        statuses = [exchange.status or 0 for trial in trials for exchange in trial.exchanges]
        if reading.cause not in _ILL and max(statuses, default=0) < 500:
            return NOT_LOOKED
        host = image.registry
        return _asked(lambda: self._registry.health(host))


def is_harbor(ping: Fact[Ping] | Unknown) -> bool:
    """Did the registry show Harbor's fingerprint?"""
    return isinstance(ping, Fact) and ping.value.harbor


def _is_proxy(project: Fact[ProjectView | None] | Unknown) -> bool:
    return isinstance(project, Fact) and project.value is not None and project.value.proxy


def _asked(ask: Callable[[], T]) -> T | Unknown:
    try:
        return ask()
    except DoctorError as error:
        return Unknown(str(error))
    except Exception as error:
        # What is asked besides must not cost the verdict.
        return Unknown(f"looking it up failed inside: {type(error).__name__}")


def _missing(image: ImageRef | None, trials: tuple[Trial, ...]) -> _Missing | None:
    """What Harbor says is not there, in its own words (Harbor 2.15 recorded, answers B, C and D)."""
    if image is None or image.project is None:
        return None
    manifests = [trial.manifest for trial in trials if trial.manifest is not None]
    if any(_no_project(image.project, manifest) for manifest in manifests):
        return _Missing("", "project", image.project)
    said = next((m.message for m in manifests if m.status == 404 and m.in_database), "")
    if said.startswith("repository "):
        return _Missing(image.project, "repository", image.repository)
    if not said.startswith("artifact "):
        return None
    if image.digest:
        return _Missing(image.project, "artifact", f"{image.repository}@{image.digest}")
    return _Missing(image.project, "tag", f"{image.repository}:{image.tag}")


def _no_project(project: str, manifest: Manifest) -> bool:
    return manifest.status == 401 and (manifest.empty_challenge or f"project {project} not found" in manifest.message)
