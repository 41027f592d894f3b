"""The registry refuses connections.

What: the host answers, but nothing listens on the port.

Why it matters: no login was ever sent. Typical: the registry is down, or the port in the image name is wrong.

What to do: start the registry, or correct the port.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a refused connection."""
    return examine_network(evidence, "HD202", "connection_refused", (Break.REFUSED,))


RULE = Rule(
    code="HD202",
    stage=Stage.NETWORK,
    title="connection refused",
    cause="connection_refused",
    sentence="{registry} refuses the node's connections{here}{way}.",
    examine=examine,
    order=31,
    plans=("advice",),
    manual=__doc__,
)
