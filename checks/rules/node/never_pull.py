"""The pod forbids pulling, and the image is not on the node.

What: imagePullPolicy is Never. Since kubelet 1.35 (KubeletEnsureSecretPulledImages) the same is said of an
image that is there, but whose login this pod did not prove.

Why it matters: no registry is ever asked.

What to do: load the image onto the node, or set the policy to IfNotPresent.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.text_rule import image_subject, text_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet says so; whether the image is not there or may not be used, it does not tell."""
    return text_finding(evidence, "HD702", image_subject(evidence)) if evidence.reading.cause == "never_pull" else None


RULE = Rule(
    code="HD702",
    stage=Stage.NODE,
    title="pulling is forbidden",
    cause="never_pull",
    sentence="The pod forbids pulling (imagePullPolicy Never) and {node} has no {image} that it may use.",
    examine=examine,
    order=21,
    plans=("advice",),
    manual=__doc__,
)
