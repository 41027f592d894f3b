"""The registry does not answer in time.

What: packets are dropped, a firewall stands between, or the registry accepts connections and then says nothing;
the kubelet gives up after minutes.

Why it matters: no login was judged. A pull that hangs holds up other pulls of the same node where pulls are
serial.

What to do: look at firewalls and routes from the nodes to the registry, and at the registry's own health.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a timeout."""
    return examine_network(evidence, "HD203", "timeout", (Break.TIMEOUT, Break.UNREACHABLE))


RULE = Rule(
    code="HD203",
    stage=Stage.NETWORK,
    title="registry times out",
    cause="timeout",
    sentence="{registry} did not answer the node in time{here}{way}.",
    examine=examine,
    order=32,
    plans=("advice",),
    manual=__doc__,
)
