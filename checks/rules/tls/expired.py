"""The registry's certificate has expired.

What: the certificate is past its last day, or not valid yet, by the node's clock.

Why it matters: no login was ever sent. If the certificate is in order, the node's clock is not.

What to do: renew the certificate on the registry; nothing in the cluster need change.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules import certificates
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports an expired certificate."""
    more = certificates.which(evidence)
    return examine_network(
        evidence,
        "HD212",
        "tls_expired",
        (Break.TLS_EXPIRED,),
        certificates.proofs(evidence),
        more=more,
        state=certificates.state(evidence),
    )


RULE = Rule(
    code="HD212",
    stage=Stage.TLS,
    title="certificate expired",
    cause="tls_expired",
    sentence="The certificate of {registry} {state}{here}{way}{more}.",
    examine=examine,
    order=38,
    plans=("advice",),
    manual=__doc__,
)
