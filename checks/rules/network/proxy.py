"""A proxy stands in the way.

What: the node's container runtime is told to use an HTTP proxy, which refuses or fails to connect to the
registry.

Why it matters: the text looks like the registry's own refusal, but the registry was never asked.

What to do: add the registry to NO_PROXY of the container runtime, or allow it at the proxy.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text names a proxy."""
    return examine_network(evidence, "HD204", "proxy", (Break.PROXY,))


RULE = Rule(
    code="HD204",
    stage=Stage.NETWORK,
    title="proxy in the way",
    cause="proxy",
    sentence="The node's HTTP proxy does not let it reach {registry}{here}{way}.",
    examine=examine,
    order=33,
    plans=("advice",),
    manual=__doc__,
)
