"""The tag does not exist.

What: the registry may be pulled from, but has no such tag or digest in the repository.

Why it matters: deployed before it was pushed, misspelt, or removed. Harbor's audit log names whoever deleted a tag; an
image that its tag retention removes stands there by its digest only.

What to do: correct the tag on the workload's template, or push the image.
"""

from checks.facts import Fact, Manifest, Nearby
from checks.model import Evidence, Finding, Stage, Subject
from checks.rules import ran_before
from checks.rules.artifact_rule import artifact_proofs, behind_proxy, missing, proxy_hedge
from checks.rules.base import Rule
from checks.rules.near import nearest
from checks.rules.removal_rule import removal_proofs, removed, retains


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the repository is known and the reference is not."""
    image, manifest = evidence.image, missing(evidence)
    if image is None or manifest is None or not manifest.in_database:
        return None
    if behind_proxy(evidence, manifest):
        return None
    tags = evidence.nearby.tags.value if isinstance(evidence.nearby.tags, Fact) else ()
    if not _says_so(manifest, evidence.nearby) or (image.tag in tags and not image.digest):
        return None
    near = nearest(image.tag, tags) if not image.digest else ()
    what = f"digest {image.digest[:19]}…" if image.digest else f"tag {image.tag}"
    return Finding(
        "HD503",
        Subject("tag", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {
            "registry": image.registry,
            "repository": image.repository,
            "unless": "" if manifest.message.startswith("resource ") else proxy_hedge(evidence),
            "what": what,
            "gone": removed(evidence),
            "retention": retains(evidence),
            "hint": f"; nearest: {', '.join(near)}" if near else "",
            "near": ", ".join(near),
            **ran_before.params(evidence),
        },
        (*artifact_proofs(evidence), *removal_proofs(evidence), *ran_before.proofs(evidence)),
    )


def _says_so(manifest: Manifest, nearby: Nearby) -> bool:
    """Harbor's words, its proxy's (`resource not found: repo ...`), the specification's code, or a tag list."""
    words = manifest.message.startswith(("artifact ", "resource not found: "))
    return words or manifest.code == "MANIFEST_UNKNOWN" or isinstance(nearby.tags, Fact)


RULE = Rule(
    code="HD503",
    stage=Stage.ARTIFACT,
    title="tag missing",
    cause="not_found_tag",
    sentence="{registry} has no {what} in {repository}{gone}{hint}{unless}{before}.",
    examine=examine,
    order=91,
    plans=("correct_image", "advice"),
    manual=__doc__,
)
