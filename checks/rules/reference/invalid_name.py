"""The image reference is invalid.

What: the kubelet cannot parse the reference, so it asks no registry at all. Typical: a capital letter in the
repository, a template that was never filled in (`$(IMAGE)`, `{{ .Values.image }}`), a blank, a tag with a
slash.

Why it matters: no Secret, login or network can help; the pod stays in InvalidImageName until its template
changes.

What to do: correct the reference on the workload's template.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the reference does not parse."""
    if not evidence.image_error:
        return None
    return Finding(
        "HD001",
        Subject("image", evidence.pull.namespace, evidence.pull.image),
        {"image": evidence.pull.image, "error": evidence.image_error},
        (kubelet_proof(evidence),),
    )


RULE = Rule(
    code="HD001",
    stage=Stage.REFERENCE,
    title="image name invalid",
    cause="invalid_image_name",
    sentence="The kubelet cannot read the image name {image}: {error}.",
    examine=examine,
    order=10,
    plans=("advice",),
    manual=__doc__,
)
