"""HTTP status codes of the registry, by what was asked.

Sources: containerd core/remotes/docker/resolver.go, fetcher.go, core/remotes/errors (wording by version: see
the templates); Harbor answers 412 for its policies, 400 for a reference without project.
"""

import re

from checks.complaints import places
from checks.complaints.text import Chain
from checks.complaints.verdict import Verdict, likely, proven, unknown

_OLD = ("pulling from host {word} failed with status code [manifests {any}]",)
_INTRODUCES = (
    *_OLD,
    "pulling from host {word} failed with unexpected status code {any}",
    "unexpected status code [manifests {any}]",
    "unexpected status from {word} request to {name}",
    "unexpected status code {name}",
    "unexpected status",
    "unexpected status code",
    "unexpected http code",
    "received unexpected HTTP status",
    "{any} - received unexpected HTTP status",
    "login attempt to {name} failed with status",
    "StatusCode",
)
_HOLDS = (
    "Status {num} trying to pull repository {any}",
    "error parsing HTTP {num} response body",
    "{any}nvalid status code from registry {num} {any}",
    "{any}nvalid status code returned when fetching blob {num}{any}",
    "unexpected status code {num} {any}",
    "{any}invalid status code {num}{any}",
)
_NUMBER = re.compile(r"([1-5]\d\d)\b")
_NO_REPOSITORY = "Status {num} trying to pull repository {any}"
_NO_REGISTRY = ("pinging container registry {word}", "error pinging docker registry {word}")
_PAGE = ("error parsing HTTP {num} response body",)
_BLOB = ("Error fetching blob", "{any}fetching blob{any}", "Error reading blob {any}", "reading blob {any}")


def number(chain: Chain) -> int:
    """The HTTP status that the text names, 0 where it names none."""
    introduced = chain.find(*_INTRODUCES)
    if introduced and (match := _NUMBER.match(introduced.next)):
        return int(match.group(1))
    if found := chain.find(*_HOLDS):
        groups = (g for g in found.match.groups() if g and _NUMBER.fullmatch(g))
        return int(next(groups, "0"))
    return 0


def judge(chain: Chain) -> Verdict | None:
    """What the status says, where the registry gave no error code or message."""
    code = number(chain)
    if not code:
        return None
    if code == 401:
        return _unauthorized(chain)
    if code == 403:
        return _forbidden(chain)
    if code == 400:
        return _bad_request(chain)
    if code == 404:
        return _missing(chain)
    return proven("registry_5xx") if code >= 500 else _FIXED.get(code, unknown("proxy", "registry_5xx"))


_FIXED = {
    407: proven("proxy"),
    408: likely("timeout", "proxy", "registry_5xx"),
    410: unknown("not_found_tag", "not_found_repository", "registry_5xx"),
    412: likely("policy_vulnerability", "policy_signature", "policy_other"),
    429: proven("rate_limited"),
    451: likely("policy_other", "no_permission"),
}


def _blob(chain: Chain) -> bool:
    return "/blobs/" in places.address(chain) or chain.has(*_BLOB)


def _unauthorized(chain: Chain) -> Verdict:
    """Newer containerd says this only where a login was sent; before 1.6.25 also where none was."""
    old = chain.find(*_OLD)
    if _blob(chain):
        return unknown("bad_credentials", "no_credentials", "no_permission")
    if old is None:
        return likely("bad_credentials", "no_permission", "not_found_project", "no_credentials")
    mirrored = places.registry(places.pulled(chain)) not in ("", old.group(1))
    first = ("no_credentials", "bad_credentials") if mirrored else ("bad_credentials", "no_credentials")
    return likely(*first, "no_permission", "not_found_project", "secret_missing")


def _forbidden(chain: Chain) -> Verdict:
    """A web page as the body comes from something in front of the registry; a blob may lie in other storage."""
    if chain.has(*_PAGE):
        return unknown("no_permission", "proxy", "policy_other")
    if _blob(chain):
        return unknown("no_permission", "no_credentials", "registry_5xx")
    return likely("no_permission", "no_credentials", "bad_credentials", "policy_other")


def _bad_request(chain: Chain) -> Verdict:
    if _blob(chain):
        return unknown("proxy", "registry_5xx")
    if places.address(chain).startswith("http://"):
        return likely("http_vs_https", "not_found_project")
    path = places.path_of(places.pulled(chain))
    if path and "/" not in path:
        return likely("not_found_project", "http_vs_https", "invalid_image_name")
    return unknown("http_vs_https", "not_found_project", "proxy")


def _missing(chain: Chain) -> Verdict:
    if _blob(chain):
        return likely("corrupt_layer", "not_found_tag")
    if chain.has(*_NO_REGISTRY):
        return unknown("not_found_repository", "proxy")
    if chain.has(_NO_REPOSITORY):
        return likely("not_found_repository", "no_credentials")
    return likely("not_found_tag", "not_found_repository", "not_found_project")
