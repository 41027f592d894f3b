"""Harbor's front door: nginx's own answers, cookies, CSRF, request ids, and the way to the three rooms behind it."""

import re
import secrets
import uuid
from dataclasses import dataclass, field, replace

from checks.demo.harbor.api import api
from checks.demo.harbor.security import Caller, identify
from checks.demo.harbor.service import token
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.tokens import Mint
from checks.demo.harbor.v2 import registry
from checks.demo.harbor.web import Request, Response, problem, text

_SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
_PORTAL = "<!doctype html><html><head><title>Harbor</title></head><body><harbor-app></harbor-app></body></html>\n"
_NO_PROJECT = re.compile(r"/v2/[a-z0-9._-]+/(manifests|blobs|tags)/.*")


@dataclass(frozen=True, slots=True)
class Front:
    """One address of a Harbor. Several fronts may share state and mint, as replicas behind two names do."""

    state: HarborState
    mint: Mint = field(default_factory=Mint)
    realm: str = ""
    """Token address in challenges; empty: scheme of this front and the Host header as sent (Harbor 2.14 and later)."""
    routes_tokens: bool = True
    """False: the proxy in front sends `/service/` to the portal, so a token request gets its HTML."""

    def __call__(self, request: Request) -> Response:
        """Answer one request."""
        if request.path == "/v2":
            host = request.header("Host").partition(":")[0]
            return Response(301, headers=(("Location", f"https://{host}:8443/v2/"),))
        response, caller = self._inside(request)
        response = replace(response, user=caller.name or caller.tried or None, refused=caller.refused)
        return _dressed(request, response)

    def _inside(self, request: Request) -> tuple[Response, Caller]:
        if request.method not in _SAFE and "sid" in request.cookies():
            return problem(403, "FORBIDDEN", "CSRF token not found in request"), Caller()
        if request.path.startswith("/service/token") and self.routes_tokens:
            caller = identify(self.state, self.mint, request)
            return token(self.state, self.mint, request, caller), caller
        if request.path.startswith("/v2/"):
            caller = identify(self.state, self.mint, request)
            return registry(self.state, request, caller, self._realm(request)), caller
        if request.path.startswith("/api/"):
            caller = identify(self.state, self.mint, request)
            return api(self.state, request, caller), caller
        return text(200, _PORTAL, "text/html"), Caller()

    def _realm(self, request: Request) -> str:
        scheme = "https" if request.secure else "http"
        return self.realm or f"{scheme}://{request.header('Host')}/service/token"


def _dressed(request: Request, response: Response) -> Response:
    headers = [*response.headers, ("X-Request-Id", request.header("X-Request-Id") or str(uuid.uuid4()))]
    if not (response.status == 400 and _NO_PROJECT.fullmatch(request.path)):
        secure = "; Secure" if request.secure and not request.path.startswith("/v2/") else ""
        headers.append(("Set-Cookie", f"sid={secrets.token_hex(16)}; Path=/; HttpOnly{secure}"))
    if "sid" in request.cookies():
        headers.append(("X-Harbor-Csrf-Token", secrets.token_urlsafe(48)))
        headers.append(("Set-Cookie", f"_gorilla_csrf={secrets.token_urlsafe(32)}; Path=/; HttpOnly; SameSite=Strict"))
    if request.secure and response.status < 400:
        headers.append(("Strict-Transport-Security", "max-age=31536000; includeSubdomains; preload"))
    return replace(response, headers=tuple(headers))
