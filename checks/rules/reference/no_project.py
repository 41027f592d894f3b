"""The reference names no Harbor project.

What: Harbor keeps every repository in a project, so `harbor.example.com/app` can never be pulled from it.
Harbor answers 400 `invalid repository name` (Harbor 2.15 recorded, 2.1).

Why it matters: it looks like a registry fault; no login can help.

What to do: write the project into the reference: `harbor.example.com/PROJECT/app`.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof, manifests, registry_subject


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a Harbor is asked for a repository with a single path segment."""
    image, ping = evidence.image, evidence.ping
    if image is None or image.project is not None or not isinstance(ping, Fact) or not ping.value.harbor:
        return None
    if not any(m.status == 400 for m in manifests(evidence)):
        return None
    return Finding(
        "HD003",
        Subject("image", evidence.pull.namespace, f"{image.registry}/{image.repository}"),
        {"image": evidence.pull.image, "registry": str(registry_subject(evidence))},
        (kubelet_proof(evidence),),
    )


RULE = Rule(
    code="HD003",
    stage=Stage.REFERENCE,
    title="no project in image",
    cause="invalid_image_name",
    sentence="The image {image} names no project, and Harbor {registry} keeps every repository in one.",
    examine=examine,
    order=11,
    plans=("advice",),
    manual=__doc__,
)
