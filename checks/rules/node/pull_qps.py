"""The node pulls too many images at once.

What: the kubelet's own limit (`registryPullQPS`, `registryBurst` in its configuration) held the pull back; no
registry was asked. Source: kubernetes pkg/kubelet/images/puller.go, `pull QPS exceeded`.

Why it matters: it looks like a registry's limit, and heals by itself at one of the next attempts.

What to do: wait; raise the limit where many pods start at once on this node.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proves
from checks.rules.text_rule import node_subject, text_finding


def own_limit(evidence: Evidence) -> bool:
    """Is it the kubelet's own limit that the text tells of?"""
    return "pull QPS exceeded" in evidence.reading.detail


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it."""
    proven = kubelet_proves(evidence, "rate_limited") and own_limit(evidence)
    return text_finding(evidence, "HD703", node_subject(evidence)) if proven else None


RULE = Rule(
    code="HD703",
    stage=Stage.NODE,
    title="node pulls too much",
    cause="rate_limited",
    sentence="The kubelet of {node} was asked for too many pulls at once, so {image} has to wait.",
    examine=examine,
    order=24,
    plans=("advice",),
    manual=__doc__,
)
