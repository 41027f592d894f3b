"""A policy of the node or of the registry forbids the pull.

What: the container runtime blocks the registry or the image (registries.conf, policy.json, an image verifier of
containerd), or the registry answers 451 or refuses by a rule of its own, such as an address that may not pull.

Why it matters: login, right and image may all be in order; whoever made the policy decides.

What to do: read the kubelet's words in the evidence, and ask who runs the node or the registry.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof, kubelet_proves, manifests, passes

_ON_NODE = ("is blocked in", "is rejected by policy", "blocked pull of", "prohibited by policy")


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it, or holds it likeliest and what else it allows is ruled out."""
    reading = evidence.reading
    if reading.cause != "policy_other":
        return None
    by_policy = set(reading.alternatives) <= {"policy_signature"} or passes(evidence)
    if not (kubelet_proves(evidence, "policy_other") or by_policy or _refused_by_law(evidence)):
        return None
    pull = evidence.pull
    node = any(words in reading.detail for words in _ON_NODE)
    who = "The container runtime of the node" if node else _registry(evidence)
    return Finding(
        "HD605",
        Subject("image", pull.namespace, pull.image),
        {"who": who, "image": pull.image},
        (kubelet_proof(evidence),),
    )


def _refused_by_law(evidence: Evidence) -> bool:
    """451 Unavailable For Legal Reasons is no matter of rights (RFC 7725)."""
    return "451 Unavailable" in evidence.reading.detail or any(m.status == 451 for m in manifests(evidence))


def _registry(evidence: Evidence) -> str:
    return evidence.image.registry if evidence.image else evidence.reading.host or "The registry"


RULE = Rule(
    code="HD605",
    stage=Stage.POLICY,
    title="forbidden by a policy",
    cause="policy_other",
    sentence="{who} forbids the pull of {image} by a policy of its own.",
    examine=examine,
    order=85,
    plans=("advice",),
    manual=__doc__,
)
