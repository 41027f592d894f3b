"""The registry cuts the connection.

What: the connection was made and then closed or reset before an answer came.

Why it matters: usually a load balancer, a firewall or a crashing registry.

What to do: look at what stands between the nodes and the registry.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a reset or cut connection."""
    return examine_network(evidence, "HD206", "connection_reset", (Break.RESET,))


RULE = Rule(
    code="HD206",
    stage=Stage.NETWORK,
    title="connection is cut",
    cause="connection_reset",
    sentence="The connection from the node to {registry} is cut before an answer{here}{way}.",
    examine=examine,
    order=35,
    plans=("advice",),
    manual=__doc__,
)
