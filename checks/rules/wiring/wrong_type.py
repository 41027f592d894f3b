"""The pull secret has a type or key that the kubelet does not read.

What: only `kubernetes.io/dockerconfigjson` with the key `.dockerconfigjson`, or `kubernetes.io/dockercfg` with
`.dockercfg`, count. Anything else is skipped without a word (kubelet, pkg/credentialprovider/secrets). So are
logins that do not stand under `auths`, as in the legacy shape under the newer key.

Why it matters: the Secret is there and its content may be perfect; nothing anywhere says that it is ignored.
Typical: `kubectl create secret generic` without `--type`.

What to do: make it anew with the right type. The type cannot be changed in place.
"""

from checks.credentials import PullSecret
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
    """Fire on the first Secret that the kubelet skips though it holds a login, where no other login is sent."""
    if not sends_no_login(evidence) or not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    secret = _skipped(evidence)
    if secret is None:
        return None
    subject = secret_subject(evidence, secret.name)
    why = secret.ignored or "its logins do not stand under `auths`, where the kubelet looks"
    return Finding(
        "HD104",
        subject,
        {"secret": str(subject), "type": secret.type, "why": why},
        (
            secret_proof(evidence, secret.name, f"type {secret.type}, keys {', '.join(secret.keys) or 'none'}"),
            kubelet_proof(evidence),
        ),
    )


def _skipped(evidence: Evidence) -> PullSecret | None:
    """The Secret that was meant: one with a login in it; any other only where no Secret holds an entry."""
    there = [n.found.value for n in evidence.secrets if isinstance(n.found, Fact) and n.found.value is not None]
    skipped = [s for s in there if s.ignored or (s.hints and not s.entries and not s.fault)]
    meant = next((s for s in skipped if s.hints), None)
    return meant or (None if any(s.entries for s in there) else next(iter(skipped), None))


RULE = Rule(
    code="HD104",
    stage=Stage.WIRING,
    title="wrong Secret type",
    cause="no_credentials",
    sentence="The kubelet skips Secret {secret} without a word: {why}.",
    examine=examine,
    order=53,
    plans=("mend_payload", "new_login", "advice"),
    manual=__doc__,
)
