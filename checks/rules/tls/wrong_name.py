"""The registry's certificate is for another name.

What: the certificate does not list the host that the image names.

Why it matters: no login was ever sent. Typical: an alias, an address instead of a name, or a default
certificate of the ingress.

What to do: use a name that the certificate lists, or issue one that lists this name.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules import certificates
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a name mismatch."""
    more = certificates.names(evidence)
    return examine_network(
        evidence, "HD213", "tls_hostname", (Break.TLS_HOSTNAME,), certificates.proofs(evidence), more=more
    )


RULE = Rule(
    code="HD213",
    stage=Stage.TLS,
    title="certificate name wrong",
    cause="tls_hostname",
    sentence="The certificate of {registry} is for another name{here}{way}{more}.",
    examine=examine,
    order=39,
    plans=("advice",),
    manual=__doc__,
)
