"""Harbor knows the image, but its storage has lost the manifest.

What: the artifact is in Harbor's database; the registry behind it answers MANIFEST_UNKNOWN (Harbor 2.15
recorded, answer G).

Why it matters: Harbor's pages show the image as if all were well.

What to do: push the image again; look at storage, garbage collection, and Redis shared between two Harbors.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.artifact_rule import artifact_proofs, missing
from checks.rules.base import Rule


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor passes on the storage's own 404."""
    image, manifest = evidence.image, missing(evidence)
    if image is None or manifest is None or manifest.in_database:
        return None
    return Finding(
        "HD506",
        Subject("image", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {"registry": image.registry, "image": evidence.pull.image},
        artifact_proofs(evidence),
    )


RULE = Rule(
    code="HD506",
    stage=Stage.ARTIFACT,
    title="storage lost the image",
    cause="not_found_tag",
    sentence="{registry} lists {image}, but its storage has lost the manifest.",
    examine=examine,
    order=89,
    plans=("advice",),
    manual=__doc__,
)
