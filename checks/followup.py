"""The second questions about a pull, asked only where the first answers leave something open.

What a refused login was meant to be, what Harbor's API knows of it, how Harbor signs people in, what is there instead
of what is missing, and where an image without a registry is served after all.
"""

from typing import Protocol

from checks.credentials import Entry, Login
from checks.elsewhere import candidates, names_no_registry
from checks.errors import DoctorError
from checks.facts import (
    NOT_LOOKED,
    Elsewhere,
    Fact,
    HarborView,
    Knows,
    Manifest,
    Nearby,
    Ping,
    Platform,
    ProjectView,
    Trial,
    Unknown,
    Variant,
)
from checks.image import ImageRef
from checks.inquiry import HarborRecords, HealthReads, is_harbor
from checks.model import NamedSecret
from checks.variants import changed_logins

_DENIALS = (401, 403)
_TELL = (404, 412)
"""Statuses of a manifest that a project's settings may explain."""
_REFUSED = (Knows.REFUSED, Knows.LOCKED)


class RegistryReads(HealthReads, Protocol):
    """What is asked of registries."""

    def ping(self, host: str) -> Ping:
        """Ask `/v2/` without a login."""

    def trial(self, image: ImageRef, login: Login | None, platform: Platform | None) -> Trial:
        """Find out what a login is worth for an image."""

    def tags(self, image: ImageRef, login: Login | None) -> Fact[tuple[str, ...]] | Unknown:
        """List the tags of the image's repository."""

    def auth_mode(self, host: str) -> Fact[str] | Unknown:
        """Ask Harbor, without a login, how it signs people in."""


class HarborReads(HarborRecords, Protocol):
    """What is asked of Harbor's API, with the operator's own login."""

    def view(self, host: str, project: str, username: str) -> HarborView:
        """Return what is known of a robot or user and a project."""

    def project(self, host: str, project: str) -> Fact[ProjectView | None] | Unknown:
        """Return what is shown of a project."""


def tried(registry: RegistryReads, image: ImageRef | None, login: Login | None, platform: Platform | None) -> Trial:
    """Try a login on an image; never raises for what cannot be asked."""
    if image is None:
        return Trial(login, Knows.NOT_ASKED, "the image name is invalid")
    if login is not None and not (login.username and login.password):
        return Trial(login, Knows.NOT_ASKED, "the entry holds no login")
    try:
        return registry.trial(image, login, platform)
    except DoctorError as error:
        return Trial(login, Knows.UNKNOWN, str(error))


def needless(ping: Fact[Ping] | Unknown, trials: tuple[Trial, ...]) -> Trial | None:
    """Return the trial without a login where it could tell nothing new, not asked; None where it is to be asked.

    Only Harbor is known to show a login that it knows whatever it shows to nobody.
    """
    if not is_harbor(ping) or not any(trial.stands_for_all for trial in trials):
        return None
    return Trial(None, Knows.NEEDLESS, "the answer to a login that Harbor knows stands for it")


class FollowUp:
    """Asks them of registries and of Harbor's API; `harbor` is None without an operator's login."""

    def __init__(self, registry: RegistryReads, harbor: HarborReads | None) -> None:
        self._registry = registry
        self._harbor = harbor

    def views(
        self, image: ImageRef | None, ping: Fact[Ping] | Unknown, trials: tuple[Trial, ...], anonymous: Trial
    ) -> dict[str, HarborView]:
        """Harbor's own word on every login that does not pull."""
        if image is None or image.project is None or not is_harbor(ping):
            return {}
        if self._harbor is None or any(t.pulls for t in (*trials, anonymous)):
            return {}
        users = {t.login.username for t in trials if t.login and t.login.username}
        return {user: self._view(self._harbor, image.registry, image.project, user) for user in sorted(users)}

    def _view(self, harbor: HarborReads, host: str, project: str, user: str) -> HarborView:
        try:
            return harbor.view(host, project, user)
        except DoctorError as error:
            why = Unknown(str(error))
            return HarborView(why, why, why)

    def variants(
        self,
        image: ImageRef | None,
        secrets: tuple[NamedSecret, ...],
        trials: tuple[Trial, ...],
        views: dict[str, HarborView],
        platform: Platform | None,
    ) -> tuple[Variant, ...]:
        """A refused login is tried once more without its visible fault: the proof of what was wrong with it."""
        if image is None or any(t.pulls for t in trials):
            return ()
        refused = [t.login for t in trials if t.login and t.knows in _REFUSED]
        return tuple(
            Variant(kind, login, tried(self._registry, image, changed, platform))
            for login in refused
            for kind, changed in changed_logins(login, image, _entry(login, secrets), views.get(login.username))
        )

    def auth_mode(
        self, image: ImageRef | None, ping: Fact[Ping] | Unknown, trials: tuple[Trial, ...]
    ) -> Fact[str] | Unknown:
        """How Harbor signs people in, where it refuses the login of one."""
        people = (t for t in trials if t.knows in _REFUSED and t.login and "$" not in t.login.username)
        if image is None or not is_harbor(ping) or next(people, None) is None:
            return NOT_LOOKED
        try:
            return self._registry.auth_mode(image.registry)
        except DoctorError as error:
            return Unknown(str(error))

    def project(
        self, image: ImageRef | None, ping: Fact[Ping] | Unknown, trials: tuple[Trial, ...]
    ) -> Fact[ProjectView | None] | Unknown:
        """Asked where something is missing or held back.

        A proxy cache says `not found` for whatever its upstream does not give; what is held back is by the project's
        own settings.
        """
        if image is None or image.project is None or not any(t.manifest and t.manifest.status in _TELL for t in trials):
            return NOT_LOOKED
        if not is_harbor(ping):
            return ping if isinstance(ping, Unknown) else Unknown("not a Harbor")
        if self._harbor is None:
            return Unknown("no login for Harbor's API was given")
        try:
            return self._harbor.project(image.registry, image.project)
        except DoctorError as error:
            return Unknown(str(error))

    def nearby(self, image: ImageRef | None, secrets: tuple[NamedSecret, ...], trials: tuple[Trial, ...]) -> Nearby:
        """What is there instead: tags, asked by whoever got the 404, or the same path at another registry."""
        for trial in trials:
            manifest = trial.manifest
            if image is None or manifest is None or manifest.status != 404 or not manifest.in_database:
                continue
            if not _says_repository(manifest):
                return Nearby(self._tags(image, trial.login))
        return Nearby(elsewhere=self._elsewhere(image, secrets, trials))

    def _tags(self, image: ImageRef, login: Login | None) -> Fact[tuple[str, ...]] | Unknown:
        try:
            return self._registry.tags(image, login)
        except DoctorError as error:
            return Unknown(str(error))

    def _elsewhere(
        self, image: ImageRef | None, secrets: tuple[NamedSecret, ...], trials: tuple[Trial, ...]
    ) -> Fact[tuple[Elsewhere, ...]] | Unknown:
        """Each login is tried at the registry that its own key names."""
        if image is None or not names_no_registry(image):
            return NOT_LOOKED
        if any(t.manifest and t.manifest.status not in _DENIALS for t in trials):
            return NOT_LOOKED
        asked = [
            Elsewhere(other.written, tried(self._registry, other, login, None))
            for other, login in candidates(image, secrets)
        ]
        served = tuple(one for one in asked if one.trial.pulls)
        dark = next((one.trial.why for one in asked if one.trial.pulls is None), "")
        if not asked or (dark and not served):
            return Unknown(dark or "no pull secret names another registry")
        at = max((x.at for one in asked for x in one.trial.exchanges), default=None)
        return Fact(served, "the same path at the registries of the pull secrets", at) if at else NOT_LOOKED


def _entry(login: Login, secrets: tuple[NamedSecret, ...]) -> Entry | None:
    """The entry that a login stands in."""
    for named in secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        for entry in secret.entries if secret is not None else ():
            if entry.login == login and entry.login.origin == login.origin:
                return entry
    return None


def _says_repository(manifest: Manifest) -> bool:
    return manifest.message.startswith("repository ") or manifest.code == "NAME_UNKNOWN"
