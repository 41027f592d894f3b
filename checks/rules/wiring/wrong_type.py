"""The pull secret has a type or key that the kubelet does not read.

What: only `kubernetes.io/dockerconfigjson` with the key `.dockerconfigjson`, or `kubernetes.io/dockercfg` with
`.dockercfg`, count. Anything else is skipped without a word (kubelet, pkg/credentialprovider/secrets).

Why it matters: the Secret is there and its content may be perfect; nothing anywhere says that it is ignored.
Typical: `kubectl create secret generic` without `--type`.

What to do: make it anew with the right type. The type cannot be changed in place.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    denied_without_login,
    kubelet_proof,
    open_to,
    secret_proof,
    secret_subject,
    sends_no_login,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire on the first Secret that the kubelet skips, where no other login is sent."""
    if not sends_no_login(evidence) or not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    for named in evidence.secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        if secret is not None and secret.ignored:
            return Finding(
                "HD104",
                secret_subject(evidence, secret.name),
                {"secret": str(secret_subject(evidence, secret.name)), "type": secret.type, "why": secret.ignored},
                (
                    secret_proof(evidence, secret.name, f"type {secret.type}, keys {', '.join(secret.keys) or 'none'}"),
                    kubelet_proof(evidence),
                ),
            )
    return None


RULE = Rule(
    code="HD104",
    stage=Stage.WIRING,
    title="Secret has the wrong type",
    cause="no_credentials",
    sentence="The kubelet skips Secret {secret} without a word: {why}.",
    examine=examine,
    order=53,
    plans=("mend_payload", "new_login", "advice"),
    manual=__doc__,
)
