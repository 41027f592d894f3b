"""The registry limits the rate of pulls.

What: the registry, or the registry behind a proxy cache, answered 429.

Why it matters: it heals by itself when the window has passed, and comes back with the next burst.

What to do: wait; pull with a login that has a higher limit; put a proxy cache between.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof, kubelet_proves
from checks.rules.node.pull_qps import own_limit


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it of a registry: its own limit is HD703's."""
    if not kubelet_proves(evidence, "rate_limited") or own_limit(evidence):
        return None
    pull = evidence.pull
    subject = Subject("registry", "", evidence.image.registry if evidence.image else evidence.reading.host)
    return Finding("HD604", subject, {"node": pull.node or "the node", "image": pull.image}, (kubelet_proof(evidence),))


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
