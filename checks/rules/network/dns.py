"""The registry's name does not resolve.

What: the node's resolver knows no address for the registry host in the image reference, or did not answer.

Why it matters: no login was ever sent; Secrets are beside the point.

What to do: correct the host in the image name, or the DNS entry and the resolver that the nodes use.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a failed lookup."""
    return examine_network(evidence, "HD201", "dns", (Break.DNS,))


RULE = Rule(
    code="HD201",
    stage=Stage.NETWORK,
    title="name does not resolve",
    cause="dns",
    sentence="The name {registry} does not resolve on the node{here}{way}.",
    examine=examine,
    order=30,
    plans=("advice",),
    manual=__doc__,
)
