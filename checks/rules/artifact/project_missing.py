"""The project does not exist.

What: Harbor has no project of the name that the image reference begins with. Harbor says so to anybody, with an
empty challenge on the manifest request (Harbor 2.15 recorded, answer D), while the kubelet shows a plain 401.

Why it matters: it looks like a login fault, and no Secret can help.

What to do: correct the project in the image name on the workload's template.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, blamed, kubelet_proof, open_to, project_missing, trial_proofs
from checks.rules.removal_rule import removal_proofs, removed


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor says that the project is not there."""
    image = evidence.image
    if image is None or not project_missing(evidence):
        return None
    if not open_to(evidence, "not_found_project", "no_permission", "bad_credentials", "no_credentials"):
        return None
    trial = blamed(evidence) or evidence.anonymous
    return Finding(
        "HD501",
        Subject("project", "", f"{image.registry}/{image.project}"),
        {"registry": image.registry, "project": image.project or "", "gone": removed(evidence)},
        (kubelet_proof(evidence), *trial_proofs(trial), *removal_proofs(evidence)),
    )


RULE = Rule(
    code="HD501",
    stage=Stage.ARTIFACT,
    title="project missing",
    cause="not_found_project",
    sentence="{registry} has no project {project}{gone}.",
    examine=examine,
    order=40,
    plans=("correct_image", "advice"),
    manual=__doc__,
)
