"""A pull secret cannot be decoded.

What: one entry of one named Secret does not decode, for example `auth` that is not base64 or holds no colon.
The kubelet then builds no keyring at all: every pull of the pod fails, whatever host the bad entry is about
(kubelet, pkg/credentialprovider MakeDockerKeyring).

Why it matters: the API server accepted the Secret; it only checks that the payload is a JSON object. Since
kubelet 1.33 the waiting reason is the bare decoding error.

What to do: mend or remove the entry. The next attempt picks it up; no pod need be replaced.
"""

from checks.credentials import shown_key
from checks.facts import Fact, Unknown
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proof, open_to, secret_proof, secret_subject


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the keyring could not be built."""
    keyring = evidence.keyring
    if isinstance(keyring, Unknown) or keyring.error is None:
        return None
    if not open_to(evidence, "secret_malformed", "bad_credentials", "no_credentials"):
        return None
    error = keyring.error
    return Finding(
        "HD105",
        secret_subject(evidence, error.secret),
        {
            "secret": str(secret_subject(evidence, error.secret)),
            "text": error.text,
            "key": _key(evidence, error.secret),
        },
        (secret_proof(evidence, error.secret, f"the kubelet's decoder: {error.text}"), kubelet_proof(evidence)),
    )


def _key(evidence: Evidence, name: str) -> str:
    for named in evidence.secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        if named.name == name and secret is not None and secret.fault is not None and secret.fault.key:
            return f" (entry {shown_key(secret.fault.key)})"
    return ""


RULE = Rule(
    code="HD105",
    stage=Stage.WIRING,
    title="Secret unreadable",
    cause="secret_malformed",
    sentence="The kubelet cannot decode Secret {secret}{key}: {text}; one such entry fails the whole pull.",
    examine=examine,
    order=45,
    plans=("mend_payload", "new_login", "advice"),
    manual=__doc__,
)
