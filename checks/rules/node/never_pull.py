"""The pod forbids pulling, and the image is not on the node.

What: imagePullPolicy is Never. Since kubelet 1.35 (KubeletEnsureSecretPulledImages) the same is said of an
image that is there, but whose login this pod did not prove.

Why it matters: no registry is ever asked.

What to do: load the image onto the node, or set the policy to IfNotPresent.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet says so; whether the image is not there or may not be used, it does not tell."""
    if evidence.reading.cause != "never_pull":
        return None
    pull = evidence.pull
    subject = Subject("image", pull.namespace, pull.image)
    return Finding("HD702", subject, {"node": pull.node or "the node", "image": pull.image}, (kubelet_proof(evidence),))


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
