"""A pull as containerd 2.1 does it: HEAD, challenge, token, HEAD again, then manifests, config and layers.

Source: containerd core/remotes/docker/{resolver,authorizer,fetcher}.go and auth/fetch.go. Against Harbor: POST to the
token service answers 405 and GET follows where there is a user name; a refused login gets a token without rights, and
the second challenge is Basic.
"""

import base64
import json
import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from checks.credentials import Login
from checks.demo.kubelet import words
from checks.demo.kubelet.wire import NoAnswer, Reply, Wire
from checks.image import ImageRef

_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json, application/vnd.docker.distribution.manifest.list.v2+json, "
    "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, */*"
)
_PARAMETER = re.compile(r'([a-z_]+)="([^"]*)"')
_MOST_ANSWERS = 5


class PullError(Exception):
    """A pull failed; `str()` is the text that the kubelet reports."""


@dataclass(slots=True)
class _Pull:
    """One pull with one login: what it asks for and how it has been told to authorize."""

    image: ImageRef
    ref: str
    login: Login | None
    wire: Wire
    platform: str
    authorization: str = field(default="", repr=False)

    @property
    def base(self) -> str:
        return f"https://{self.image.registry}/v2/{self.image.repository}"


def pull(wire: Wire, image: ImageRef, login: Login | None, platform: str = "linux/amd64") -> int:
    """Pull an image with one login or anonymously and return its size in bytes; raises PullError."""
    work = _Pull(image, reference(image), login, wire, platform)
    digest = _resolve(work)
    return _fetch(work, digest)


def reference(image: ImageRef) -> str:
    """Return the normalised name as containerd writes it in messages."""
    tag = f":{image.tag}" if image.tag else ""
    return f"{image.name}{tag}{f'@{image.digest}' if image.digest else ''}"


def _resolve(work: _Pull) -> str:
    url = words.manifest_url(work.image.registry, work.image.repository, work.image.reference)
    for count in range(_MOST_ANSWERS):
        reply = _head(work, url)
        if reply.status == 200:
            return reply.headers.get("docker-content-digest") or work.image.reference
        if reply.status == 404:
            raise PullError(words.not_found(work.ref))
        if reply.status != 401 or not _authorize(work, reply, count):
            raise PullError(words.unresolved(work.ref, words.unexpected("HEAD", url, reply.line)))
    raise PullError(words.unresolved(work.ref, words.unexpected("HEAD", url, "401 Unauthorized")))


def _head(work: _Pull, url: str) -> Reply:
    headers = {"Accept": _MANIFESTS} | _authorization(work)
    try:
        return work.wire.ask("HEAD", url, headers)
    except NoAnswer as error:
        text = words.unresolved(work.ref, words.no_request("HEAD", url, str(error)))
        late = str(error) == words.ANSWER_TIMEOUT
        raise PullError(words.deadline(text) if late else text) from error


def _authorization(work: _Pull) -> dict[str, str]:
    return {"Authorization": work.authorization} if work.authorization else {}


def _authorize(work: _Pull, reply: Reply, count: int) -> bool:
    """Take up the challenge; False where there is none, or it was already tried."""
    scheme, _, rest = reply.headers.get("www-authenticate", "").partition(" ")
    parameters = dict(_PARAMETER.findall(rest))
    tried = work.authorization.partition(" ")[0].lower()
    if scheme.lower() == "bearer":
        if tried == "bearer":
            raise PullError(words.insufficient_scope(work.ref))
        work.authorization = f"Bearer {_token(work, parameters)}"
        return True
    if scheme.lower() != "basic" or tried == "basic" or count >= _MOST_ANSWERS:
        return False
    user, secret = _credentials(work.login)
    if not user or not secret:
        raise PullError(words.nothing_sent(work.ref))
    work.authorization = _basic(user, secret)
    return True


def _credentials(login: Login | None) -> tuple[str, str]:
    return (login.username, login.password.reveal()) if login and login.username else ("", "")


def _basic(user: str, secret: str) -> str:
    joined = f"{user}:{secret}".encode("utf-8", "surrogateescape")
    return "Basic " + base64.b64encode(joined).decode()


def _token(work: _Pull, parameters: dict[str, str]) -> str:
    user, secret = _credentials(work.login)
    scope = parameters.get("scope") or f"repository:{work.image.repository}:pull"
    asked = {"scope": scope, "service": parameters.get("service", "")}
    kind = "oauth" if secret else "anonymous"
    try:
        reply, url = _ask_token(work, parameters.get("realm", ""), asked, user, secret)
    except NoAnswer as error:
        method, url = ("Post", parameters.get("realm", "")) if secret else ("Get", parameters.get("realm", ""))
        raise PullError(words.unresolved(work.ref, words.token_failed(kind, f'{method} "{url}": {error}'))) from error
    if reply.status >= 400:
        cause = words.unexpected("GET", url, reply.line)
        raise PullError(words.unresolved(work.ref, words.token_failed(kind, cause)))
    return _read_token(work, reply, kind)


def _ask_token(work: _Pull, realm: str, asked: dict[str, str], user: str, secret: str) -> tuple[Reply, str]:
    if secret:
        form = asked | {"grant_type": "password", "client_id": "containerd-client"}
        form |= {"username": user, "password": secret}
        headers = {"Content-Type": "application/x-www-form-urlencoded; charset=utf-8"}
        reply = work.wire.ask("POST", realm, headers, urlencode(form, errors="surrogateescape").encode())
        if reply.status not in (405, 404, 401):
            return reply, realm
    url = f"{realm}?{urlencode(asked, quote_via=quote)}"
    return work.wire.ask("GET", url, {"Authorization": _basic(user, secret)} if secret else {}), url


def _read_token(work: _Pull, reply: Reply, kind: str) -> str:
    try:
        body = json.loads(reply.body)
    except ValueError as error:
        first = reply.body.decode("utf-8", "replace")[:1] or " "
        cause = f"unable to decode token response: invalid character '{first}' looking for beginning of value"
        raise PullError(words.unresolved(work.ref, words.token_failed(kind, cause))) from error
    token = body.get("access_token") or body.get("token") or ""
    if not token:
        cause = "authorization server did not include a token in the response"
        raise PullError(words.unresolved(work.ref, words.token_failed(kind, cause)))
    return str(token)


def _fetch(work: _Pull, digest: str) -> int:
    manifest = json.loads(_get(work, f"{work.base}/manifests/{digest}", _MANIFESTS))
    if "manifests" in manifest:
        child = _for_platform(manifest["manifests"], work.platform)
        if child is None:
            raise PullError(words.no_platform(digest))
        manifest = json.loads(_get(work, f"{work.base}/manifests/{child}", _MANIFESTS))
    parts = [manifest["config"], *manifest.get("layers", ())]
    return sum(len(_get(work, f"{work.base}/blobs/{part['digest']}", "*/*")) for part in parts)


def _for_platform(manifests: list[dict[str, Any]], platform: str) -> str | None:
    system, _, architecture = platform.partition("/")
    for one in manifests:
        offered = one.get("platform") or {}
        if (offered.get("os"), offered.get("architecture")) == (system, architecture):
            return str(one["digest"])
    return None


def _get(work: _Pull, url: str, accept: str) -> bytes:
    try:
        reply = work.wire.ask("GET", url, {"Accept": accept} | _authorization(work))
    except NoAnswer as error:
        raise PullError(words.failed(work.ref, f'failed to copy: Get "{url}": {error}')) from error
    if reply.status == 404:
        raise PullError(words.content_gone(work.ref, url))
    if reply.status >= 300:
        cause = words.unexpected("GET", url, reply.line) + _server_words(reply)
        raise PullError(words.not_copied(work.ref, cause))
    return reply.body


def _server_words(reply: Reply) -> str:
    try:
        errors = json.loads(reply.body)["errors"]
        return "".join(f"\nunknown: {error['message']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        return ""
