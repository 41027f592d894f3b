"""The token service does not work.

What: the registry sends clients to a token service that fails, answers something that is no token, or cannot be
reached. On Harbor: a proxy that routes `/v2/` but not `/service/`, or a wrong external URL.

Why it matters: it looks like a login that is refused, but no login was judged.

What to do: open the token address shown in the evidence; it must answer JSON.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, from_here, kubelet_proof, registry_subject, token_trial, trial_proofs
from checks.rules.health_rule import health_proofs, ill

_UNREACHABLE = frozenset(
    {
        "dns",
        "connection_refused",
        "connection_reset",
        "timeout",
        "http_vs_https",
        "tls_unknown_ca",
        "tls_expired",
        "tls_hostname",
    }
)
"""Why a token service cannot be reached: of any of them it is the token service that does not work."""


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a token service that fails or cannot be reached."""
    reading = evidence.reading
    if reading.cause != "token_service_failure" or not set(reading.alternatives) <= _UNREACHABLE:
        return None
    subject = registry_subject(evidence)
    return Finding(
        "HD216",
        subject,
        {"registry": subject.name, "here": from_here(evidence, ", though it answers from here"), "ill": ill(evidence)},
        (kubelet_proof(evidence), *trial_proofs(token_trial(evidence)), *health_proofs(evidence)),
    )


RULE = Rule(
    code="HD216",
    stage=Stage.NETWORK,
    title="token service fails",
    cause="token_service_failure",
    sentence="The token service that {registry} sends clients to does not work{here}{ill}.",
    examine=examine,
    order=36,
    plans=("advice",),
    manual=__doc__,
)
