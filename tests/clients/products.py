"""Pretend registries that behave at their door as the named products do. The challenge texts are data: `Product`.

`source` tells where each shape is from. None of them was recorded for this project: they are what the products'
documentation or source shows, or what others wrote down of them.
"""

import base64
import json
import re
import secrets
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit

from checks.credentials import Password
from checks.demo.distribution import Distribution
from checks.demo.harbor import storage
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import Request, RequestLog, Response, answer, problem, text

CERTIFICATES = Path(__file__).with_name("certificates")
GOOD, STALE = "Right-1-Password", "Wrong-2-Password"
PRIVATE, PUBLIC = "team/group/app", "open/group/app"
_PATH = re.compile(rf"/v2/(?P<name>{storage.NAME})/(?:manifests/(?P<reference>[\w.:-]+)|blobs/(?P<digest>sha256:\w+)"
                   r"|(?P<tags>tags/list))")  # fmt: skip


def refusal(status: int, code: str, message: str) -> Response:
    """An error body in the shape of the distribution spec."""
    return problem(status, code, message)


@dataclass(frozen=True)
class Product:
    """One product's door."""

    name: str
    image: str
    """Host of the image reference."""
    challenges: tuple[str, ...]
    """The `WWW-Authenticate` lines of `GET /v2/`."""
    source: str
    user: str = "ann"
    door: str = ""
    """Host that is asked, where it is not the image's."""
    key: str = ""
    """Key of the Secret's entry, where it is not the image's host."""
    anonymous: bool = True
    """Public repositories are served to nobody."""
    body: Response = field(default_factory=lambda: refusal(401, "UNAUTHORIZED", "authentication required"))
    """The 401 of the registry itself, without its challenge."""
    wrong: Response = field(default_factory=lambda: refusal(401, "UNAUTHORIZED", "authentication required"))
    """What a wrong login gets, at the token service or at `/v2/`."""
    private: Response | None = None
    """What nobody gets who asks the token service for a private repository; None: a token without rights."""
    posts: bool = False
    """Tokens by OAuth2 POST too."""
    gets: bool = True
    claims: bool = False
    """Tokens are JWTs that say whom they are for."""
    nobody: str = ""
    """The `sub` of nobody's token."""
    unscoped: Response | None = None
    """What a request without a scope gets; None: a token as any other."""
    field: str = "token"
    """Under which name a token comes."""

    @property
    def host(self) -> str:
        return self.door or self.image

    @property
    def realm(self) -> str:
        """Address of the token service; empty where there is none."""
        bearer = next((line for line in self.challenges if "earer realm" in line), "")
        found = re.search(r'earer realm="([^"]+)"', bearer)
        return found[1] if found else ""


PRODUCTS = (
    Product(
        "Docker Hub", "docker.io", ('Bearer realm="https://auth.docker.io/token",service="registry.docker.io"',),
        "distribution spec, Token Authentication; docs.docker.com, Usage and limits", door="registry-1.docker.io",
        key="https://index.docker.io/v1/", wrong=answer(401, {"details": "incorrect username or password"}),
        claims=True, posts=True,
    ),
    Product(
        "GHCR", "ghcr.io",
        ('Bearer realm="https://ghcr.io/token",service="ghcr.io",scope="repository:user/image:pull"',),
        "challenge as quoted in renovatebot/renovate, lib/modules/datasource/docker; denied: docker login says so",
        wrong=refusal(403, "DENIED", "denied"), private=refusal(401, "UNAUTHORIZED", "authentication required"),
    ),
    Product(
        "GitLab", "registry.gitlab.com", ('Bearer realm="https://gitlab.com/jwt/auth",service="container_registry"',),
        "docs.gitlab.com, Container registry authentication flow",
        wrong=refusal(401, "UNAUTHORIZED", "HTTP Basic: Access denied"),
        private=refusal(403, "DENIED", "access forbidden"),
    ),
    Product(
        "Quay", "quay.io", ('Bearer realm="https://quay.io/v2/auth",service="quay.io"',),
        "quay/quay, endpoints/v2/__init__.py, v2auth.py, util/security/registry_jwt.py",
        user="acme+robot", body=Response(401, b"true", (("Content-Type", "text/html; charset=utf-8"),)),
        wrong=refusal(401, "UNAUTHORIZED", "Could not find robot with specified username"),
        claims=True, nobody="(anonymous)",
    ),
    Product(
        "Nexus", "nexus.demo.test", ('BASIC realm="Sonatype Nexus Repository Manager"',),
        "sonatype/nexus-public, issue 921 (forceBasicAuth)", anonymous=False, wrong=Response(401),
    ),
    Product(
        "Nexus with its Docker Bearer Token Realm", "bearer.nexus.demo.test",
        ('Bearer realm="https://bearer.nexus.demo.test/v2/token",service="https://bearer.nexus.demo.test/v2/token"',),
        "help.sonatype.com, Docker Authentication", wrong=Response(401),
    ),
    Product(
        "Artifactory", "artifactory.demo.test",
        ('Basic realm="Artifactory Realm"',
         'Bearer realm="https://artifactory.demo.test/v2/token",service="artifactory.demo.test"'),
        "both schemes as in containerd/containerd, issue 2148, and coursier's log of a challenge",
        wrong=answer(401, {"errors": [{"status": 401, "message": "Bad Credentials"}]}),
    ),
    Product(
        "ECR", "123456789012.dkr.ecr.eu-west-2.amazonaws.com",
        ('Basic realm="https://123456789012.dkr.ecr.eu-west-2.amazonaws.com/",service="ecr.amazonaws.com"',),
        "NVIDIA/enroot, issue 59; docs.aws.amazon.com, GetAuthorizationToken", user="AWS", anonymous=False,
        body=text(401, "Not Authorized\n"), wrong=text(401, "Not Authorized\n"),
    ),
    Product(
        "ECR with a token that has run out", "123456789012.dkr.ecr.eu-west-2.amazonaws.com",
        ('Basic realm="https://123456789012.dkr.ecr.eu-west-2.amazonaws.com/",service="ecr.amazonaws.com"',),
        "docs.aws.amazon.com, Troubleshooting Amazon ECR errors; status by its code DENIED", user="AWS",
        anonymous=False, body=text(401, "Not Authorized\n"),
        wrong=refusal(403, "DENIED", "Your authorization token has expired. Reauthenticate and try again."),
    ),
    Product(
        "ECR with another region's token", "123456789012.dkr.ecr.eu-west-2.amazonaws.com",
        ('Basic realm="https://123456789012.dkr.ecr.eu-west-2.amazonaws.com/",service="ecr.amazonaws.com"',),
        "aws/aws-cli, issue 5317", user="AWS", anonymous=False, body=text(401, "Not Authorized\n"),
        wrong=text(400, "Bad Request"),
    ),
    Product(
        "Artifact Registry", "us-docker.pkg.dev", ('Bearer realm="https://us-docker.pkg.dev/v2/token"',),
        "nicholas-fedor/watchtower, pull request 1895: a realm and no service; cloud.google.com, JSON key",
        user="_json_key", wrong=refusal(401, "UNAUTHORIZED", "authentication failed"),
        private=refusal(403, "DENIED", 'Permission "artifactregistry.repositories.downloadArtifacts" denied'),
    ),
    Product(
        "ACR", "contoso.azurecr.io",
        ('Bearer realm="https://contoso.azurecr.io/oauth2/token",service="contoso.azurecr.io"',),
        "Azure/acr, docs/AAD-OAuth.md and Token-BasicAuth.md", claims=True, posts=True, field="access_token",
        private=refusal(401, "UNAUTHORIZED", "authentication required"),
    ),
    Product(
        "distribution with htpasswd", "htpasswd.demo.test", ('Basic realm="Registry Realm"',),
        "distribution, registry/auth/htpasswd; the same answers as a true one in tests/live", anonymous=False,
    ),
    Product(
        "distribution with a token service", "token.demo.test",
        ('Bearer realm="https://token.demo.test/auth",service="Docker registry"',),
        "distribution spec, Token Authentication; cesanta/docker_auth",
        wrong=text(401, "Auth failed.\n"), claims=True,
    ),
    Product(
        "a token service that is asked by POST only", "posts.demo.test",
        ('Bearer realm="https://posts.demo.test/token",service="posts.demo.test"',),
        "distribution spec, OAuth2 token authentication; RFC 6749, 5.2", anonymous=False, posts=True, gets=False,
        field="access_token", wrong=answer(400, {"error": "invalid_grant"}),
    ),
)  # fmt: skip


class Door(Distribution):
    """A product's registry and token service: one user, one private and one public image."""

    def __init__(self, product: Product) -> None:
        super().__init__()
        self.product = product
        self.forms: list[dict[str, str]] = []
        self._identity = secrets.token_urlsafe(12)
        self._tokens: dict[str, tuple[str, frozenset[str]]] = {}
        self.add_user(product.user, GOOD)
        for repository in (PRIVATE, PUBLIC):
            self.push_image(repository, "1.0")

    @property
    def identity(self) -> Password:
        """The user's identity token, good at the token service."""
        return Password(self._identity)

    def __call__(self, request: Request) -> Response:
        realm = urlsplit(self.product.realm)
        if realm.netloc and (request.header("Host").split(":")[0], request.path) == (realm.netloc, realm.path):
            return self._token(request)
        route = _PATH.fullmatch(request.path)
        name = route["name"] if route else ""
        if route is None and request.path != "/v2/":
            return text(404, "404 page not found\n")
        user = self._bearer(request, name) if realm.netloc else self._basic(request)
        return user if isinstance(user, Response) else replace(self._serve(request, route), user=user)

    def _basic(self, request: Request) -> str | Response:
        login = request.basic()
        if login is None:
            return self._challenged()
        return login[0] if self._good(login) else replace(self.product.wrong, user=login[0], refused=True)

    def _bearer(self, request: Request, name: str) -> str | Response:
        user, repositories = self._tokens.get(request.bearer(), (None, frozenset[str]()))
        return self._challenged() if user is None or (name and name not in repositories) else user

    def _challenged(self) -> Response:
        lines = (("WWW-Authenticate", line) for line in self.product.challenges)
        return replace(self.product.body, headers=(*self.product.body.headers, *lines))

    def _token(self, request: Request) -> Response:
        if not (self.product.gets if request.method == "GET" else self.product.posts):
            return Response(404)
        fields = dict(request.form() if request.method == "POST" else request.parameters())
        if request.method == "POST":
            self.forms.append(fields)
        if self.product.unscoped is not None and "scope" not in fields:
            return self.product.unscoped
        if fields.get("grant_type") == "refresh_token":
            good = secrets.compare_digest(fields.get("refresh_token", ""), self._identity)
            return self._mint(self.product.user, fields) if good else self._no("<token>")
        posted = (fields.get("username", ""), Password(fields.get("password", "")))
        login = request.basic() if request.method == "GET" else posted
        if login is not None:
            return self._mint(login[0], fields) if self._good(login) else self._no(login[0])
        return self._mint("", fields)

    def _no(self, user: str) -> Response:
        return replace(self.product.wrong, user=user, refused=True)

    def _mint(self, user: str, fields: dict[str, str]) -> Response:
        wanted = {scope.split(":")[1] for scope in fields.get("scope", "").split() if scope.count(":") == 2}
        may = frozenset(wanted if user else wanted & {PUBLIC} if self.product.anonymous else ())
        if not user and not may and self.product.private is not None:
            return self.product.private
        made = secrets.token_urlsafe(24)
        if self.product.claims:
            access = [{"type": "repository", "name": name, "actions": ["pull"]} for name in sorted(may)]
            part = json.dumps({"sub": user or self.product.nobody, "access": access, "jti": made}).encode()
            made = f"e30.{base64.urlsafe_b64encode(part).decode().rstrip('=')}.c2ln"
        self._tokens[made] = (user, may)
        return replace(answer(200, {self.product.field: made}), user=user or None)


@dataclass(frozen=True)
class Counter:
    """A product on a loopback port, and what was asked of it."""

    product: Product
    door: Door
    log: RequestLog
    resolve: dict[str, str]
    ca: Path = CERTIFICATES / "products-ca.pem"


@contextmanager
def serving(product: Product) -> Iterator[Counter]:
    """Serve one product, its token service's host included."""
    door, log = Door(product), RequestLog()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "products.pem")
    server = Server(product.host, door, log, context)
    server.start()
    hosts = {product.host, urlsplit(product.realm).netloc or product.host}
    try:
        yield Counter(product, door, log, dict.fromkeys(hosts, server.address))
    finally:
        server.stop()
    assert log.failures == ()
