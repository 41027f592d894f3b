"""Tries what a kubelet would try, with each login once: the one door to registries for the rest of the domain.

Requests for one verdict on Harbor: one ping per registry, one login test per (login, registry), one token per
(login, project), one HEAD per (login, repository, reference), and a GET where that is refused or a platform is
asked for. All of it is shared: concurrent callers wait for one request.
"""

from dataclasses import replace

from checks.clients.admission import Admission, Pass, no_way, obstacle, refusal
from checks.clients.gate import Verdict
from checks.clients.harbor_system import auth_mode, health
from checks.clients.once import Once
from checks.clients.platforms import offered
from checks.clients.registry import Access, ManifestReply, Registry, challenged
from checks.clients.session import Web
from checks.credentials import Login
from checks.facts import Exchange, Fact, Knows, Ping, Platform, Trial, Unknown
from checks.image import ImageRef
from checks.records import Component
from checks.settings import Settings

_Key = tuple[str, Login | None, str, str]
_Offer = tuple[tuple[Platform, ...], tuple[Exchange, ...]]


class Prober:
    """Pings registries and tries logins; remembers all answers of this run. Safe for many threads."""

    def __init__(self, settings: Settings, web: Web | None = None) -> None:
        self._web = web or Web(settings)
        self._registry = Registry(self._web)
        self._admission = Admission(self._registry)
        self._pings: Once[str, Ping] = Once()
        self._bare: Once[tuple[str, str, str], ManifestReply] = Once()
        self._manifests: Once[_Key, ManifestReply] = Once()
        self._offers: Once[_Key, _Offer] = Once()
        self._tags: Once[_Key, Fact[tuple[str, ...]] | Unknown] = Once()
        self._modes: Once[str, Fact[str] | Unknown] = Once()
        self._health: Once[str, Fact[tuple[Component, ...]] | Unknown] = Once()

    def ping(self, host: str) -> Ping:
        """Return what `GET /v2/` without a login tells about this registry."""
        return self._pings.get(host.lower(), lambda: self._registry.ping(host))

    def trial(self, image: ImageRef, login: Login | None, platform: Platform | None = None) -> Trial:
        """Return what `login` (None: nobody) is worth for `image`.

        With `platform` the platforms that the image offers are read too, by GET: Harbor counts that as a pull, and
        a proxy project stores the image. Never raises for what a registry does.
        """
        ping = self._way(image)
        tried = self._tried(ping, image, login, platform)
        if ping.scheme == self.ping(image.registry).scheme:
            return tried
        before = self._without(ping, image).exchanges
        return replace(tried, exchanges=tuple(dict.fromkeys((*before, *tried.exchanges))))

    def _tried(self, ping: Ping, image: ImageRef, login: Login | None, platform: Platform | None) -> Trial:
        if why := obstacle(ping):
            return Trial(login, Knows.UNKNOWN, why)
        verdict = self._admission.verdict(ping, login)
        if verdict.knows in (Knows.REFUSED, Knows.LOCKED):
            return self._refused(ping, image, login, verdict, platform)
        if not verdict.admitted:
            return Trial(login, verdict.knows, verdict.why, exchanges=verdict.exchanges)
        return self._admitted(ping, image, login, verdict, platform)

    def _way(self, image: ImageRef) -> Ping:
        """Return the ping, with the challenge of the image itself where only `/v2/` is open to all.

        Artifactory with anonymous access does that. Clients ask without a login first and do as the refusal says.
        """
        ping = self.ping(image.registry)
        if ping.scheme or obstacle(ping):
            return ping
        return challenged(ping, self._without(ping, image).challenge)

    def _without(self, ping: Ping, image: ImageRef) -> ManifestReply:
        """Return the answer to the manifest request with neither login nor token."""
        key = (image.registry.lower(), image.repository, image.reference)
        return self._bare.get(key, lambda: self._registry.manifest(image, Access(), ping.harbor))

    def _refused(
        self, ping: Ping, image: ImageRef, login: Login | None, verdict: Verdict, platform: Platform | None
    ) -> Trial:
        """Harbor serves a refused login as nobody; other registries end the pull there."""
        if not ping.harbor:
            said = refusal(verdict.exchanges[-1])
            return Trial(login, verdict.knows, manifest=said, exchanges=verdict.exchanges)
        nobody = self.trial(image, None, platform)
        return replace(
            nobody, login=login, knows=verdict.knows, why="", exchanges=(*verdict.exchanges, *nobody.exchanges)
        )

    def _admitted(
        self, ping: Ping, image: ImageRef, login: Login | None, verdict: Verdict, platform: Platform | None
    ) -> Trial:
        held = self._admission.entry(ping, image, login, verdict)
        knows, why = held.knows or verdict.knows, held.why or verdict.why
        trial = Trial(
            login,
            knows,
            why,
            held.subject,
            held.actions,
            manifest=held.denied,
            exchanges=(*verdict.exchanges, *held.exchanges),
        )
        return trial if held.access is None else self._shown(trial, ping, image, held.access, platform)

    def _shown(self, trial: Trial, ping: Ping, image: ImageRef, access: Access, platform: Platform | None) -> Trial:
        """Add the registry's answer to the manifest request."""
        reply = self._reply(ping, image, trial.login, access)
        exchanges = (*trial.exchanges, *reply.exchanges)
        if reply.manifest is None:
            return replace(trial, why=reply.why, exchanges=exchanges)
        if reply.manifest.status == 401 and trial.login is not None and not ping.scheme:
            return replace(trial, why=no_way(ping), manifest=reply.manifest, exchanges=exchanges)
        if platform is None or reply.manifest.status != 200:
            return replace(trial, manifest=reply.manifest, exchanges=exchanges)
        exact = reply.manifest.digest or image.reference
        key = (image.registry.lower(), trial.login, image.repository, exact)
        offer = self._offers.get(key, lambda: offered(self._registry, image, exact, access))
        manifest = replace(reply.manifest, platforms=offer[0])
        return replace(trial, manifest=manifest, exchanges=(*exchanges, *offer[1]))

    def _reply(self, ping: Ping, image: ImageRef, login: Login | None, access: Access) -> ManifestReply:
        if access == Access():
            return self._without(ping, image)
        key = (image.registry.lower(), login, image.repository, image.reference)
        return self._manifests.get(key, lambda: self._registry.manifest(image, access, ping.harbor))

    def tags(self, image: ImageRef, login: Login | None) -> Fact[tuple[str, ...]] | Unknown:
        """Return all tags of the image's repository as `login` (None: nobody) may list them."""
        ping = self._way(image)
        if why := obstacle(ping):
            return Unknown(why)
        verdict = self._admission.verdict(ping, login)
        who = login if verdict.admitted else None
        held = self._admission.entry(ping, image, who, self._admission.verdict(ping, who))
        if held.access is None:
            return Unknown(held.why or f"{image.registry} gave no right to list the tags of {image.repository}")
        return self._listed(image, who, held)

    def _listed(self, image: ImageRef, login: Login | None, held: Pass) -> Fact[tuple[str, ...]] | Unknown:
        access = held.access or Access()
        key = (image.registry.lower(), login, image.repository, "")
        return self._tags.get(key, lambda: self._registry.tags(image, access))

    def auth_mode(self, host: str) -> Fact[str] | Unknown:
        """Return how the Harbor at this host signs people in; it tells anybody."""
        return self._modes.get(host.lower(), lambda: auth_mode(self._web, host))

    def health(self, host: str) -> Fact[tuple[Component, ...]] | Unknown:
        """Return how the parts of the Harbor at this host are by its own check; it tells anybody."""
        return self._health.get(host.lower(), lambda: health(self._web, host))

    def forget(self, login: Login | None, host: str, refusals: bool = False) -> None:
        """Look again next time: at `host` forget the ping, and all that rests on `login` (None: on any or none).

        A refusal is kept, so that looking again and again locks nobody out, unless `refusals` says that the other
        side has changed (a changed password is another login, and needs nothing).
        """
        here = host.lower()
        self._pings.forget(lambda key: key == here)
        self._modes.forget(lambda key: key == here)
        self._health.forget(lambda key: key == here)
        self._bare.forget(lambda key: key[0] == here)
        self._admission.forget(host, login, refusals)
        for kept in (self._manifests, self._offers, self._tags):
            kept.forget(lambda key: key[0] == here and (login is None or key[1] == login))

    def close(self) -> None:
        """Close all connections."""
        self._web.close()
