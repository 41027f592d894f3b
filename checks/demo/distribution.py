"""Two plain registries that are not Harbor, as distribution 2.8 answers: one asks for Basic, one for tokens.

`Distribution` challenges with Basic (htpasswd). `TokenDistribution` has a token service that, unlike Harbor's, refuses
bad logins with 401 at once. Both know users and images only, no projects. Its token service answers a GET, and where
it is told to an OAuth2 POST (distribution spec, "OAuth2 token authentication").
"""

import re
import secrets
from dataclasses import dataclass, field, replace

from checks.credentials import Password
from checks.demo.harbor import storage
from checks.demo.harbor.entities import Artifact
from checks.demo.harbor.images import build
from checks.demo.harbor.web import Request, Response, answer, problem, text

_ROUTE = re.compile(
    rf"/v2/(?P<name>{storage.NAME})/(?:manifests/(?P<reference>[A-Za-z0-9_][\w.:-]*)"
    r"|blobs/(?P<digest>sha256:[0-9a-f]{64})|(?P<tags>tags/list))"
)


@dataclass(slots=True)
class Distribution:
    """A registry behind Basic, every user may pull everything. Call it with a request to get the answer."""

    users: dict[str, Password] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)
    """Repository → tag → digest."""
    public: set[str] = field(default_factory=set)
    """Repositories that need no login (token registry only)."""
    limited: set[str] = field(default_factory=set)
    """Repositories whose pulls are over their rate limit: 429."""
    artifacts: dict[tuple[str, str], Artifact] = field(default_factory=dict)
    """Repository and digest → manifest."""
    blobs: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def add_user(self, name: str, password: str) -> None:
        """Add a user, or change the password."""
        self.users[name] = Password(password)

    def push_image(
        self, repository: str, tag: str, *, platforms: tuple[str, ...] = ("linux/amd64",), seed: str | None = None
    ) -> str:
        """Push a small true image and return its digest; `repository` may have any number of segments."""
        image = build(seed or f"{repository}:{tag}", platforms)
        self.tags.setdefault(repository, {})[tag] = image.top.digest
        self.artifacts.update({(repository, each.digest): each for each in image.artifacts})
        self.blobs.update({(repository, digest): content for digest, content in image.blobs.items()})
        return image.top.digest

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/v2":
            return Response(301, headers=(("Location", "/v2/"),))
        route = _ROUTE.fullmatch(request.path)
        if route is None and request.path != "/v2/":
            return text(404, "404 page not found\n")
        name = route["name"] if route else ""
        login = request.basic()
        user = login[0] if login else None
        if not self._good(login):
            return replace(self._refusal(name), user=user, refused=login is not None)
        return replace(self._serve(request, route), user=user)

    def _good(self, login: tuple[str, Password] | None) -> bool:
        return login is not None and self.users.get(login[0]) == login[1]

    def _refusal(self, name: str) -> Response:
        return self._unauthorized(name, 'Basic realm="Registry Realm"')

    def _unauthorized(self, name: str, challenge: str) -> Response:
        detail = [{"Type": "repository", "Class": "", "Name": name, "Action": "pull"}] if name else None
        headers = {**storage.API_VERSION, "Www-Authenticate": challenge}
        return problem(401, "UNAUTHORIZED", "authentication required", headers, detail)

    def _serve(self, request: Request, route: re.Match[str] | None) -> Response:
        if route is None:
            return answer(200, {}, storage.API_VERSION)
        name = route["name"]
        if name in self.limited:
            return _too_many()
        if request.method not in ("GET", "HEAD"):
            return problem(405, "UNSUPPORTED", "The operation is unsupported.", storage.API_VERSION)
        if route["tags"]:
            return self._tags(request, name)
        if route["digest"]:
            return storage.blob(request, route["digest"], self.blobs.get((name, route["digest"])))
        return self._manifest(request, name, str(route["reference"]))

    def _tags(self, request: Request, name: str) -> Response:
        if name not in self.tags:
            words = "repository name not known to registry"
            return problem(404, "NAME_UNKNOWN", words, storage.API_VERSION, {"name": name})
        body, headers = storage.tags_page(request, name, list(self.tags[name]))
        return answer(200, body, {**headers, **storage.API_VERSION})

    def _manifest(self, request: Request, name: str, reference: str) -> Response:
        by_digest = storage.DIGEST.fullmatch(reference) is not None
        digest = reference if by_digest else self.tags.get(name, {}).get(reference, "")
        artifact = self.artifacts.get((name, digest))
        if artifact is None:
            detail = {"Name": name, "Revision": reference} if by_digest else {"Tag": reference}
            return storage.unknown_manifest(detail)
        return storage.manifest(request, artifact)


def _too_many() -> Response:
    words = "You have reached your pull rate limit."
    return problem(429, "TOOMANYREQUESTS", words, {**storage.API_VERSION, "Retry-After": "120"})


@dataclass(slots=True)
class TokenDistribution(Distribution):
    """The same registry behind a token service at `/token` that refuses bad logins with 401."""

    host: str = "token.demo.test"
    methods: tuple[str, ...] = ("GET",)
    """How tokens may be asked for: GET, POST; the rest is answered with 405."""
    identities: dict[str, str] = field(default_factory=dict, repr=False)
    """Identity token → user name."""
    granted: dict[str, tuple[str, frozenset[str]]] = field(default_factory=dict, repr=False)
    """Token → user name (empty: nobody) and repositories that it may pull."""

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/token":
            return self._token(request)
        route = _ROUTE.fullmatch(request.path)
        if route is None and request.path != "/v2/":
            return text(404, "404 page not found\n")
        user, repositories = self.granted.get(request.bearer(), (None, frozenset[str]()))
        name = route["name"] if route else ""
        if user is None or (name and name not in repositories):
            return replace(self._challenge(name, insufficient=user is not None), user=user or None)
        return replace(self._serve(request, route), user=user or None)

    def _challenge(self, name: str, insufficient: bool) -> Response:
        words = f'Bearer realm="https://{self.host}/token",service="{self.host}"'
        if name:
            words += f',scope="repository:{name}:pull"'
        return self._unauthorized(name, words + (',error="insufficient_scope"' if insufficient else ""))

    def _token(self, request: Request) -> Response:
        if request.method not in self.methods:
            return Response(405)
        fields = request.form() if request.method == "POST" else request.parameters()
        if request.method == "POST" and dict(fields).get("grant_type") == "refresh_token":
            user = self.identities.get(dict(fields).get("refresh_token", ""))
            refusal = replace(oauth_problem("invalid_grant"), user="<token>", refused=True)
            return self._grant(user, fields) if user else refusal
        login = request.basic() if request.method == "GET" else _password_grant(dict(fields))
        if request.method == "POST" and login is None:
            return oauth_problem("unsupported_grant_type")
        if login is not None and not self._good(login):
            return replace(answer(401, {"details": "incorrect username or password"}), user=login[0], refused=True)
        return self._grant(login[0] if login else None, fields)

    def _grant(self, user: str | None, fields: list[tuple[str, str]]) -> Response:
        scopes = [scope for key, value in fields if key == "scope" for scope in value.split()]
        wanted = {scope.split(":")[1] for scope in scopes if scope.count(":") == 2}
        token = secrets.token_urlsafe(24)
        self.granted[token] = (user or "", frozenset(wanted if user else wanted & self.public))
        return replace(answer(200, {"token": token, "access_token": token, "expires_in": 300}), user=user)


def oauth_problem(error: str) -> Response:
    """Return the refusal of an OAuth2 request (RFC 6749, 5.2)."""
    return answer(400, {"error": error})


def _password_grant(fields: dict[str, str]) -> tuple[str, Password] | None:
    if fields.get("grant_type") != "password":
        return None
    return fields.get("username", ""), Password(fields.get("password", ""))
