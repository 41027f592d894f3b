"""Texts that the kubelet itself writes, before or instead of asking a runtime.

Sources: kubernetes pkg/kubelet/images/image_manager.go, pkg/kubelet/kubelet_pods.go (events),
pkg/credentialprovider/config.go (undecodable pull secrets; since 1.33 they are the waiting reason itself).
"""

from checks.complaints.text import Chain
from checks.complaints.verdict import Verdict, likely, proven, unknown

_MALFORMED = (
    "illegal base64 data at input byte {num}",
    "unable to parse auth field, must be formatted as base64(username{any}",
)
_DECODING = ("json", "invalid character {any}", "unexpected end of JSON input", "exceeded max depth")
_WRAPPERS = (
    "Failed to pull image {name}",
    "Back-off pulling image {name}",
    "Error",
    "ErrImagePull",
    "ImagePullBackOff",
    "(combined from similar events)",
)
_MISSING = (
    "Unable to retrieve some image pull secrets ({any}); attempting to pull the image may not succeed.{any}",
    "Unable to retrieve pull secret, the image pull may not succeed.{any}",
    "Unable to retrieve pull secret {any}",
)
_NAMED_MISSING = ("secret {name} not found{any}", "{any} secret {name} not found{any}", "{any}=secret {name} not found")
_BAD_NAME = (
    "Failed to apply default image tag {any}",
    "couldn't parse image {word} {any}",
    "invalid reference format{any}",
    "repository name {any}must be lowercase",
    "repository name must be canonical",
    "object required",
)
_NEVER = ("Container image {name} is not present with pull policy of Never",)
_OWN_LIMIT = ("pull QPS exceeded",)
_SILENT = {
    "ErrImageNeverPull": "never_pull",
    "InvalidImageName": "invalid_image_name",
    "SignatureValidationFailed": "policy_signature",
    "RegistryUnavailable": "connection_refused",
}


def judge(chain: Chain) -> Verdict | None:
    """What the kubelet's own words say. A Secret reported missing may yet have come in time for the pull."""
    if chain.has(*_MALFORMED) or _fails_at_decoding(chain):
        return proven("secret_malformed")
    if chain.has(*_NAMED_MISSING):
        return proven("secret_missing")
    if chain.has(*_MISSING):
        return likely("secret_missing", "no_credentials", "bad_credentials")
    if chain.has(*_NEVER):  # kubelets that check credentials say the same of an image that is present
        return likely("never_pull", "no_credentials")
    if chain.has(*_BAD_NAME):
        return proven("invalid_image_name")
    return proven("rate_limited") if chain.has(*_OWN_LIMIT) else None


def _fails_at_decoding(chain: Chain) -> bool:
    """Go's JSON errors with nothing before them: the kubelet decodes JSON on its own only in pull secrets."""
    for link in chain.links:
        bare = Chain((link,), chain.names)
        if not bare.has(*_WRAPPERS):
            return bare.has(*_DECODING)
    return False


def judge_reason(*reasons: str) -> Verdict:
    """What a waiting reason alone says, where the message says nothing; CRI-O writes it into the text too."""
    cause = next((_SILENT[r] for r in reasons if r in _SILENT), None)
    return likely(cause, "unknown_ambiguous") if cause else unknown()
