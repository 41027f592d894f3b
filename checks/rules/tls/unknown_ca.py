"""The node does not trust the registry's certificate.

What: the certificate is signed by an authority that the node's container runtime does not know.

Why it matters: no login was ever sent; no Secret can mend it. What this machine trusts says nothing about the
node.

What to do: put the authority's certificate on every node: `/etc/containerd/certs.d/HOST/ca.crt` with a
hosts.toml, or the system's store, and restart the runtime.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules import certificates
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports an unknown authority."""
    more = certificates.authority(evidence)
    return examine_network(
        evidence, "HD211", "tls_unknown_ca", (Break.TLS_UNKNOWN_CA,), certificates.proofs(evidence), more=more
    )


RULE = Rule(
    code="HD211",
    stage=Stage.TLS,
    title="CA unknown on node",
    cause="tls_unknown_ca",
    sentence="The node does not know the authority that signed the certificate of {registry}{here}{way}{more}.",
    examine=examine,
    order=37,
    plans=("advice",),
    manual=__doc__,
)
