"""The node's disk is full.

What: the runtime cannot write the image's layers.

Why it matters: neither Secret nor registry can help; other pods of the node will follow.

What to do: free space on the node, or let the kubelet's image garbage collection run with lower thresholds.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proves
from checks.rules.text_rule import node_subject, text_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it."""
    return text_finding(evidence, "HD701", node_subject(evidence)) if kubelet_proves(evidence, "disk_full") else None


RULE = Rule(
    code="HD701",
    stage=Stage.NODE,
    title="node disk full",
    cause="disk_full",
    sentence="The disk of {node} is full, so the image cannot be unpacked.",
    examine=examine,
    order=20,
    plans=("advice",),
    manual=__doc__,
)
