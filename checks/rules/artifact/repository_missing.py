"""The repository does not exist.

What: the login may pull from the project, and the registry has no repository of that name in it.

Why it matters: the kubelet's `not found` is the same for a missing tag.

What to do: correct the repository in the image name, or push the image.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules import ran_before
from checks.rules.artifact_rule import artifact_proofs, behind_proxy, missing, proxy_hedge
from checks.rules.base import Rule
from checks.rules.removal_rule import removal_proofs, removed


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the registry says that the repository is not there."""
    image, manifest = evidence.image, missing(evidence)
    if image is None or manifest is None:
        return None
    if behind_proxy(evidence, manifest):
        return None
    said = manifest.message.startswith("repository ") and "not found" in manifest.message
    if not said and manifest.code != "NAME_UNKNOWN":
        return None
    return Finding(
        "HD502",
        Subject("repository", "", image.name),
        {
            "registry": image.registry,
            "repository": image.repository,
            "gone": removed(evidence),
            "unless": proxy_hedge(evidence),
            **ran_before.params(evidence),
        },
        (*artifact_proofs(evidence), *removal_proofs(evidence), *ran_before.proofs(evidence)),
    )


RULE = Rule(
    code="HD502",
    stage=Stage.ARTIFACT,
    title="repository missing",
    cause="not_found_repository",
    sentence="{registry} has no repository {repository}{gone}{unless}{before}.",
    examine=examine,
    order=90,
    plans=("correct_image", "advice"),
    manual=__doc__,
)
