"""The registry limits the rate of pulls.

What: the registry, or the registry behind a proxy cache, answered 429.

Why it matters: it heals by itself when the window has passed, and comes back with the next burst.

What to do: wait; pull with a login that has a higher limit; put a proxy cache between.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proves, registry_subject
from checks.rules.node.pull_qps import own_limit
from checks.rules.text_rule import text_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it of a registry: its own limit is HD703's."""
    proven = kubelet_proves(evidence, "rate_limited") and not own_limit(evidence)
    return text_finding(evidence, "HD604", registry_subject(evidence)) if proven else None


RULE = Rule(
    code="HD604",
    stage=Stage.POLICY,
    title="rate limited",
    cause="rate_limited",
    sentence="The registry answers that too many pulls were made, so {image} has to wait.",
    examine=examine,
    order=81,
    plans=("advice",),
    manual=__doc__,
)
