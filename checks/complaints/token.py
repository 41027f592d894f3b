"""The token service: where the registry sends a client for a bearer token, and what it answered.

Sources: containerd core/remotes/docker/auth/fetch.go (`oauth` when a login was sent, `anonymous` when none was),
authorizer.go; containers/image docker_client.go; distribution spec, token authentication.
"""

from urllib.parse import urlsplit

from checks.complaints import places, status, transport
from checks.complaints.text import Chain
from checks.complaints.verdict import UNKNOWN, Verdict, likely, proven

_ANONYMOUS = ("failed to fetch anonymous token",)
_WITH_LOGIN = ("failed to fetch oauth token",)
_TOKEN = (
    *_ANONYMOUS,
    *_WITH_LOGIN,
    "failed to authorize",
    "unable to retrieve auth token",
    "Requesting bearer token",
    "requesting bearer token",
)
_REJECTED = ("invalid username/password",)
_NO_TOKEN = (
    "authorization server did not include a token in the response",
    "unable to decode token response",
    "no realm specified for token auth challenge",
    "missing realm in bearer auth challenge",
    "decoding bearer token {any}",
    "unsupported protocol scheme {name}",
    "invalid token auth challenge realm{any}",
)


def judge(chain: Chain) -> Verdict | None:
    """A verdict if the chain failed at the token service, else None."""
    request = transport.last_request(chain)
    if not chain.has(*_TOKEN, *_NO_TOKEN) and not (request and _asks_for_token(request[0])):
        return None
    if chain.has(*_REJECTED):
        return proven("bad_credentials")
    if chain.has(*_NO_TOKEN):
        return proven("token_service_failure")
    number = status.number(chain)
    if number:
        return _answered(number, anonymous=chain.has(*_ANONYMOUS))
    return _unreached(chain)


def _answered(number: int, anonymous: bool) -> Verdict:
    if number in (401, 403):
        if anonymous:
            return likely("no_credentials", "token_service_failure", "secret_missing", "no_permission")
        return likely("bad_credentials", "token_service_failure", "no_permission")
    if number == 429:
        return likely("rate_limited", "token_service_failure")
    return proven("proxy") if number == 407 else proven("token_service_failure")


def _unreached(chain: Chain) -> Verdict | None:
    """The network's error, told as the token service's where that lives on another host than the registry."""
    verdict = transport.judge(chain)
    if verdict is None:  # in the service's own words, which nobody here knows
        return likely("token_service_failure", "bad_credentials") if chain.has(*_TOKEN) else None
    if verdict.cause == "proxy":
        return verdict
    if UNKNOWN in (verdict.cause, *verdict.alternatives):
        named = (cause for cause in (verdict.cause, *verdict.alternatives) if cause != UNKNOWN)
        return likely("token_service_failure", *named)
    if places.same_site(places.host(chain), _registry_host(chain)):
        return likely(verdict.cause, "token_service_failure", *verdict.alternatives)
    return likely("token_service_failure", verdict.cause, *verdict.alternatives)


def _registry_host(chain: Chain) -> str:
    asked = chain.find("Get {name}", "Head {name}")
    return places.registry(places.pulled(chain)) or (places.netloc(asked.group()) if asked else "")


def _asks_for_token(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    registry_api = parts.path.startswith(("/v2/", "/v1/"))
    return not registry_api and ("service=" in parts.query or "scope=" in parts.query)
