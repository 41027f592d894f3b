"""The node's runtime demands a signature that the image does not have.

What: a signature policy of the node (policy.json and registries.d of CRI-O, Docker content trust, an image verifier)
found no signature, or none by a key that it trusts. Harbor's own signature policy is HD603.

Why it matters: the registry serves the image; other nodes, or a hand with another runtime, pull it without trouble.

What to do: sign the image with the key that the nodes trust, or mend the policy on the nodes.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof

_HARBOR = "The image is not signed"


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text leaves nothing but a policy of the node; Harbor's words are another rule's."""
    reading = evidence.reading
    if reading.cause != "policy_signature" or not set(reading.alternatives) <= {"policy_other"}:
        return None
    complaint = evidence.pull.complaint
    if _HARBOR in reading.detail or (complaint is not None and _HARBOR in complaint.message):
        return None
    pull = evidence.pull
    subject = Subject("image", pull.namespace, pull.image)
    return Finding("HD606", subject, {"image": pull.image}, (kubelet_proof(evidence),))


RULE = Rule(
    code="HD606",
    stage=Stage.POLICY,
    title="signature not trusted",
    cause="policy_signature",
    sentence="The node demands a signature that it trusts, and {image} has none.",
    examine=examine,
    order=86,
    plans=("advice",),
    manual=__doc__,
)
