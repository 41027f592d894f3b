"""The node's runtime finds no registry for a short image name.

What: CRI-O and Podman do not take a name without a registry for Docker Hub's. They look it up in registries.conf:
aliases first, then `unqualified-search-registries`; with none, or with several in enforcing mode, they refuse
(containers/image, pkg/shortnames).

Why it matters: no registry is asked at all; no Secret or login can help.

What to do: write the registry in front of the image.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof, kubelet_proves


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it."""
    if not kubelet_proves(evidence, "short_name"):
        return None
    image = evidence.pull.image
    subject = Subject("image", evidence.pull.namespace, image)
    return Finding("HD004", subject, {"image": image}, (kubelet_proof(evidence),))


RULE = Rule(
    code="HD004",
    stage=Stage.REFERENCE,
    title="short name unresolved",
    cause="short_name",
    sentence="The image {image} names no registry, and the node's runtime does not settle on one for it.",
    examine=examine,
    order=13,
    plans=("advice",),
    manual=__doc__,
)
