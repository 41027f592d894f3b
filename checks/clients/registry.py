"""Speaks distribution v2 with a registry: is it there, give me a token, show me this manifest, which tags are there.

One method, one question; nothing is remembered here and no decision is made whether a login may be sent: that is
`prober`'s. Specification: distribution spec v2, OCI distribution spec 1.1; Harbor's ways as recorded from 2.15.2.
"""

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from urllib.parse import quote

from checks.clients import challenge, handshake, tokenservice
from checks.clients.breaks import Broken
from checks.clients.chain import Sent
from checks.clients.challenge import Challenge
from checks.clients.exchange import TOKEN_USER, document, errors, exchange
from checks.clients.netaddr import split_host
from checks.clients.session import Answer, Web
from checks.clients.tokenservice import TokenReply
from checks.clients.trust import DOCKER_HUB
from checks.clients.urls import host_of, join, same_origin, without_query
from checks.credentials import Login
from checks.facts import Beginning, Exchange, Fact, Manifest, Ping, Unknown
from checks.image import ImageRef

HARBOR_SERVICE = "harbor-registry"
ACCEPT = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
"""All four: a registry that is not asked for the kind it holds answers 404."""

_REDIRECTS = frozenset({301, 302, 307, 308})
_DIGEST = re.compile(r"[a-z0-9]+(?:[+._-][a-z0-9]+)*:[0-9a-fA-F]{32,128}")
_LOST = "MANIFEST_UNKNOWN"
"""What the storage says of a manifest it does not hold; Harbor itself says NOT_FOUND."""
_MOST_REDIRECTS = 3
_MOST_TAG_PAGES = 20
_TAG_PAGE = 1000


@dataclass(frozen=True, slots=True)
class Access:
    """What a request is sent with: a token, a login (Basic), or nothing."""

    login: Login | None = None
    token: str = field(default="", repr=False)

    @property
    def user(self) -> str | None:
        """What the evidence says was sent."""
        return TOKEN_USER if self.token else self.login.username if self.login else None


@dataclass(frozen=True, slots=True)
class ManifestReply:
    """The answer to a manifest request; `manifest` is None where no answer came, and `why` says it."""

    manifest: Manifest | None
    exchanges: tuple[Exchange, ...]
    why: str = ""
    challenge: Challenge | None = None
    """With a 401: how the registry wants this image to be asked for."""


def base_url(host: str) -> str:
    """Return where the registry of an image reference is asked."""
    return "https://" + ("registry-1.docker.io" if host.lower() == DOCKER_HUB else host)


class Registry:
    """Asks registries over `web`; safe for many threads."""

    def __init__(self, web: Web) -> None:
        self._web = web

    def ping(self, host: str) -> Ping:
        """Ask `GET /v2/` without a login."""
        answer = self._web.ask("GET", base_url(host) + "/v2/")
        if answer.broken is None:
            return challenged(self._way(Ping(host, exchange(answer, None))), _challenge(answer))
        broken, sent = Broken(answer.broken, answer.failure), Sent()
        if not self._web.proxy(answer.url):
            name, port = split_host(host_of(answer.url))
            broken, sent = handshake.look(broken, name, port, self._web.dialer, self._web.timeout)
        asked = exchange(replace(answer, failure=broken.sentence), None)
        return self._way(Ping(host, asked, broken.kind, broken.sentence), sent)

    def _way(self, ping: Ping, sent: Sent | None = None) -> Ping:
        """Add how it was reached; `sent`: the certificates, where the connection did not come about."""
        name, port = split_host(host_of(ping.exchange.url))
        dialer, proxy = self._web.dialer, self._web.proxy(ping.exchange.url)
        chain = dialer.chain(name, port) if sent is None else sent
        return replace(
            ping,
            addresses=() if proxy else dialer.seen(name, port),
            certificates=chain.read(),
            leaf_only=not chain.whole,
            proxy=proxy,
            placed=dialer.chosen(name, port) is not None,
        )

    def login(self, host: str, login: Login) -> Exchange:
        """Ask `GET /v2/` with Basic: does the registry know this login?"""
        return exchange(self._web.ask("GET", base_url(host) + "/v2/", login=login), login.username)

    def token(self, ping: Ping, login: Login | None, repository: str = "") -> TokenReply:
        """Ask the realm for a token to pull `repository`; with none, `scope` is really absent: a test of the login."""
        return tokenservice.ask(self._web, ping, login, repository)

    def manifest(self, image: ImageRef, access: Access, harbor: bool) -> ManifestReply:
        """Ask HEAD for the manifest; where its refusal leaves a question, GET once for code and message.

        Harbor counts no pull for a refused one.
        """
        url = _path(image, "manifests", image.reference)
        head, seen = self._follow("HEAD", url, access)
        if head.status is None:
            return ManifestReply(None, seen, head.failure)
        if not _has_more_to_say(head, harbor):
            return ManifestReply(_manifest(head, head, harbor), seen, challenge=_challenge(head))
        full, more = self._follow("GET", url, access)
        shown = _manifest(full if full.status else head, head, harbor)
        return ManifestReply(shown, (*seen, *more), challenge=_challenge(head))

    def read(self, image: ImageRef, kind: str, reference: str, access: Access) -> tuple[Answer, tuple[Exchange, ...]]:
        """GET a manifest (`manifests`) or blob (`blobs`). A blob's redirect to a storage is followed without login."""
        answer, seen = self._follow("GET", _path(image, kind, reference), access)
        target = join(answer.url, answer.headers.get("Location", ""))
        if kind != "blobs" or answer.status not in _REDIRECTS or not target.startswith("https://"):
            return answer, seen
        stored = self._web.ask("GET", target)
        shown = exchange(stored, None)
        return stored, (*seen, replace(shown, url=without_query(shown.url)))

    def tags(self, image: ImageRef, access: Access) -> Fact[tuple[str, ...]] | Unknown:
        """List the repository's tags, as the access may see them; a Beginning where the list was not read to its end.

        A next page that is at another origin is not asked for. A full page without a next one may be all or not:
        a registry may leave the `Link` out (OCI distribution spec 1.1, "Listing Tags").
        """
        url, found, more = _path(image, "tags", "list") + f"?n={_TAG_PAGE}", list[str](), True
        for _ in range(_MOST_TAG_PAGES):
            answer = self._web.ask("GET", url, login=access.login, token=access.token)
            read = document(answer.body) if answer.status == 200 else None
            if not isinstance(read, dict):
                return Unknown(f"{image.registry} did not list the tags ({answer.status or answer.failure})")
            tags = read.get("tags")
            page = [tag for tag in (tags if isinstance(tags, list) else ()) if isinstance(tag, str)]
            found += page
            more, following = _goes_on(answer, len(page)), _next_page(answer)
            if not page or not following:
                break
            url = following
        kind = Beginning if more else Fact
        return kind(tuple(dict.fromkeys(found)), f"tag list of {image.name}", datetime.now(UTC))

    def _follow(self, method: str, url: str, access: Access) -> tuple[Answer, tuple[Exchange, ...]]:
        """Ask with `ACCEPT`; follow redirects within the same origin (Harbor's to `library/`), and no others."""
        seen: list[Exchange] = []
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._web.ask(
                method, url, login=access.login, token=access.token, headers={"Accept": ACCEPT + ", */*"}
            )
            seen.append(exchange(answer, access.user))
            target = join(url, answer.headers.get("Location", ""))
            if answer.status not in _REDIRECTS or target == url or not same_origin(target, url):
                break
            url = target
        return answer, tuple(seen)


def _path(image: ImageRef, kind: str, last: str) -> str:
    return f"{base_url(image.registry)}/v2/{quote(image.repository)}/{kind}/{quote(last, safe=':')}"


def is_digest(text: str) -> bool:
    """Is this a digest, and so fit for an address (OCI image spec, "Digests")?"""
    return _DIGEST.fullmatch(text) is not None


def challenged(ping: Ping, way: Challenge | None) -> Ping:
    """Return the ping of a registry that wants to be asked the `way` it names; None: it wants no login."""
    if way is None:
        return ping
    service = way.params.get("service", "")
    return replace(ping, harbor=service == HARBOR_SERVICE, scheme=way.scheme, realm=way.realm, service=service)


def _challenge(answer: Answer) -> Challenge | None:
    """The challenge of a 401 that is answered here: Bearer before Basic."""
    offered = challenge.parse(answer.headers.get("WWW-Authenticate", "")) if answer.status == 401 else ()
    return next((one for scheme in ("bearer", "basic") for one in offered if one.scheme == scheme), None)


def _has_more_to_say(head: Answer, harbor: bool) -> bool:
    """Is it worth a GET to read the body? Not on 429 of a registry that would count it.

    Nor on Harbor's 401 with a challenge: its text is always `unauthorized to access repository`. Of a project that does
    not exist the challenge is empty (Harbor 2.15 recorded, 1.3).
    """
    status = head.status or 0
    if harbor and status == 401:
        return not head.headers.get("WWW-Authenticate", "").strip()
    return 400 <= status < 500 and (status != 429 or harbor)


def _manifest(answer: Answer, head: Answer, harbor: bool) -> Manifest:
    """Put one answer to a manifest request into words; `head` is the HEAD answer to the same question.

    Harbor lets a HEAD through to its storage only for what its database knows, and the storage's header tells. A
    reverse proxy may put that header on every answer, so the words of a body count before it.
    """
    status = answer.status or 0
    said = next(iter(errors(answer.body)), None) if status >= 400 else None
    digest = answer.headers.get("Docker-Content-Digest", "")
    lost = (said.code == _LOST if said else not answer.body) and "Docker-Distribution-Api-Version" in head.headers
    return Manifest(
        status,
        code=said.code if said else "",
        message=said.message if said else "",
        empty_challenge=not answer.headers.get("WWW-Authenticate", "-").strip(),
        in_database=not (harbor and status == 404 and lost),
        digest=digest if is_digest(digest) else "",
        media_type=answer.headers.get("Content-Type", "").partition(";")[0].strip()[:100] if status == 200 else "",
    )


def _goes_on(answer: Answer, size: int) -> bool:
    """May there be more after this page of a tag list?"""
    return "Link" in answer.headers or size == _TAG_PAGE


def _next_page(answer: Answer) -> str:
    """The address in `Link: <...>; rel="next"` (RFC 8288), if it is of the same origin; else an empty string."""
    found = re.match(r"\s*<([^>]+)>", answer.headers.get("Link", ""))
    target = join(answer.url, found.group(1)) if found else ""
    return target if target != answer.url and same_origin(target, answer.url) else ""
