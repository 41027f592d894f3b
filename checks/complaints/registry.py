"""The registry's own words: error code and message (distribution spec, `errors[].code` and `.message`).

Harbor's messages: src/server/middleware/{v2auth,vulnerable,contenttrust}, src/lib/errors; its own codes print as
`unknown`, because clients know only the spec's. The same denial stands for several faults (facts: no login, a
wrong one, no right, no such project), so most denials stay open.
"""

from checks.complaints import places
from checks.complaints.text import Chain, Found, compiled
from checks.complaints.verdict import Verdict, likely, proven

_HUB_DENIED = ("no_credentials", "not_found_repository", "bad_credentials", "no_permission")
_DENIED_OPEN = ("no_credentials", "bad_credentials", "no_permission", "not_found_repository")

_MESSAGES: tuple[tuple[Verdict, tuple[str, ...]], ...] = (
    (
        likely("no_credentials", "bad_credentials", "no_permission", "not_found_project"),
        ("unauthorized to access repository{any}", "authorize header needed to send {any}"),
    ),
    (proven("not_found_project"), ("project {ref} not found{any}", "Project {ref} not found or deleted{any}")),
    (
        likely("not_found_project", "invalid_image_name"),
        ("bad request: invalid repository name{any}", "invalid repository name{any}"),
    ),
    (proven("not_found_tag"), ("artifact {ref} not found{any}",)),
    (likely("not_found_repository", "not_found_tag"), ("repository {ref} not found{any}",)),
    (
        proven("policy_vulnerability"),
        (
            "current image with{any} cannot be pulled due to configured policy {any}",
            "The severity of vulnerability of the image{any}",
            "{any}download blocking policy{any}",
        ),
    ),
    (proven("policy_signature"), ("The image is not signed {any}",)),
    (
        proven("quota"),
        (
            "adding {any} of storage resource, which when updated to current usage of {any}",
            "Not enough quota available to process the request{any}",
        ),
    ),
    (
        proven("bad_credentials"),
        (
            "incorrect username or password{any}",
            "invalid username/password{any}",
            "HTTP Basic: Access denied{any}",
            "Invalid username or password{any}",
            "Bad credentials{any}",
            "unauthenticated: User cannot be authenticated with the token provided{any}",
            "Your authorization token has expired{any}",
            "personal access token is expired{any}",
            "Could not find robot with {any}",
            "Invalid robot {any}",
        ),
    ),
    (
        likely("policy_other", "no_permission"),
        (
            "{any} not allowed by policy{any}",
            "{any} blocked by policy{any}",
            "{any} prohibited by policy{any}",
            "client with IP {any} is not allowed access{any}",
        ),
    ),
    (
        likely("no_permission", "not_found_repository", "no_credentials"),
        ("Permission {ref} denied on {any}", "User{any} is not authorized to perform{any}", "permission_denied{any}"),
    ),
    (
        likely("no_permission", "not_found_repository", "bad_credentials", "no_credentials"),
        (
            "access forbidden{any}",
            "The client does not have permission for manifest{any}",
            "Unable to access the repository{any}",
        ),
    ),
    (
        likely("no_credentials", "bad_credentials", "no_permission", "not_found_repository"),
        (
            "requested access to the resource is denied{any}",
            "authentication required{any}",
            "Authentication is required{any}",
            "Unauthenticated request{any}",
        ),
    ),
    (proven("registry_5xx"), ("internal server error{any}", "Internal Server Error{any}")),
    (likely("bad_credentials", "no_permission", "no_credentials", "not_found_repository"), ("denied",)),
)
_CODES: dict[str, Verdict | None] = {
    "unauthorized": likely(*_DENIED_OPEN),
    "denied": likely("no_permission", "no_credentials", "bad_credentials", "not_found_repository"),
    "unknown": None,
    "manifest unknown": proven("not_found_tag"),
    "name unknown": proven("not_found_repository"),
    "name invalid": likely("invalid_image_name", "not_found_project"),
    "blob unknown": proven("corrupt_layer"),
    "manifest invalid": likely("unsupported_format", "corrupt_layer"),
    "unsupported": proven("unsupported_format"),
    "toomanyrequests": proven("rate_limited"),
    "unavailable": proven("registry_5xx"),
}
_SETTLED = frozenset({"manifest unknown", "name unknown", "blob unknown", "toomanyrequests"})
_UNCODED: tuple[tuple[Verdict, tuple[str, ...]], ...] = (
    (proven("rate_limited"), ("too many requests to registry{any}", "too many requests")),
    (
        proven("not_found_tag"),
        ("manifest for {ref} not found", "Tag {word} not found in repository {any}", "(Tag {word} not found in {any}"),
    ),
    (
        likely("no_credentials", "bad_credentials", "secret_missing"),
        ("(Authentication is required.){any}",),
    ),
    (
        likely("not_found_repository", "no_credentials", "no_permission"),
        ("image {ref} not found", "image {ref} not found)"),
    ),
)
_CONTAINERD_DENIAL = "pull access denied, repository does not exist or may require authorization"
_DOCKER_DENIAL = "pull access denied for {any}, repository does not exist or may require {any}"


def judge(chain: Chain) -> Verdict | None:
    """What the registry's code and message say."""
    if chain.has(_CONTAINERD_DENIAL):
        return _denied_to_containerd(chain)
    if denial := chain.find(_DOCKER_DENIAL):
        return _denied_to_docker(chain, denial)
    if chain.has("no basic auth credentials"):
        return proven("no_credentials")
    if chain.has("invalid_token"):
        return likely("token_service_failure", "bad_credentials")
    if chain.has("does not exist or no pull access{any}"):
        return likely("not_found_repository", "no_credentials", "no_permission", "bad_credentials")
    if verdict := _by_code(chain, 0):
        return verdict
    for verdict, templates in (*_UNCODED, *_MESSAGES[:-1]):
        if chain.has(*templates):
            return verdict
    return None


def _by_code(chain: Chain, start: int) -> Verdict | None:
    """The first error code behind `start` with what it says; `unknown` may wrap another registry's code."""
    for index in range(start, len(chain.links)):
        code = chain.links[index].lower().replace("_", " ")
        if code in _CODES and (verdict := _coded(chain, code, index)):
            return verdict
    return None


def _coded(chain: Chain, code: str, index: int) -> Verdict | None:
    if code in _SETTLED:
        return _CODES[code]
    message = chain.after(index)
    for verdict, templates in _MESSAGES:
        if any(compiled(t).fullmatch(message) for t in templates):
            return verdict
    return _CODES[code]


def _denied_to_containerd(chain: Chain) -> Verdict:
    """containerd's ErrInvalidAuthorization (authorizer.go): the reason stands behind it."""
    if chain.has("no basic auth credentials"):
        return likely("no_credentials", "secret_missing", "bad_credentials")
    if chain.has("invalid_token"):
        return likely("token_service_failure", "bad_credentials")
    if chain.has("insufficient_scope") and places.pulled(chain).startswith("docker.io/library/"):
        return _official()
    return likely(*_HUB_DENIED)


def _official() -> Verdict:
    """Docker Hub's official images are open to all: a denial means, mostly, that there is none of this name."""
    return likely("short_name", "not_found_repository", "no_credentials")


def _denied_to_docker(chain: Chain, denial: Found) -> Verdict:
    """Docker's own guess, unless the registry's words behind it say more."""
    said = _by_code(chain, denial.index + 1)
    if said and said.confidence == "proven":
        return said
    if "/" in denial.group():
        return likely(*_HUB_DENIED)
    return likely("not_found_repository", "short_name", "no_credentials", "bad_credentials")
