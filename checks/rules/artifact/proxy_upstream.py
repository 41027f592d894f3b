"""The proxy cache could not get the image from its upstream.

What: the project is a proxy cache and does not hold the image. When its upstream refuses, fails or cannot be reached,
Harbor answers the same 404 as for an image that does not exist (Harbor 2.15 recorded, 2.5).

Why it matters: the image is there and the name is right; correcting the tag helps nobody.

What to do: look at the registry endpoint behind the project in Harbor (Administration, Registries): its login, its
rate limit, its health. Images that are in the cache still pull.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Stage, Subject
from checks.rules.artifact_rule import artifact_proofs, behind_proxy, missing
from checks.rules.base import Rule


def examine(evidence: Evidence) -> Finding | None:
    """Fire on a 404 of a project that Harbor's API shows as a proxy cache."""
    image, manifest = evidence.image, missing(evidence)
    if image is None or manifest is None or not behind_proxy(evidence, manifest):
        return None
    view = evidence.project.value if isinstance(evidence.project, Fact) else None
    if view is None or not isinstance(evidence.project, Fact):
        return None
    state = {True: "is said to be well", False: "is not well", None: "may not be well"}[view.healthy]
    upstream = view.upstream or "its upstream"
    return Finding(
        "HD505",
        Subject("project", "", f"{image.registry}/{image.project}"),
        {"registry": image.registry, "project": image.project or "", "image": evidence.pull.image,
         "upstream": upstream, "state": state},
        (Proof("harbor", f"project {image.project} is a proxy cache of {upstream}, which {state}", evidence.project.at),
         *artifact_proofs(evidence)),
    )  # fmt: skip


RULE = Rule(
    code="HD505",
    stage=Stage.ARTIFACT,
    title="proxy upstream fails",
    cause="unknown_ambiguous",
    sentence="Project {project} on {registry} is a proxy cache and has not got {image} from {upstream}, which {state}.",
    examine=examine,
    order=88,
    plans=("advice",),
    manual=__doc__,
)
