"""What the policy rules share: Harbor's 412 and its words."""

from checks.model import Evidence, Finding, Subject
from checks.rules.artifact_rule import artifact_proofs
from checks.rules.base import open_to, served


def blocked(evidence: Evidence, code: str, words: tuple[str, ...]) -> Finding | None:
    """Return a finding where a manifest is refused with 412 in one of these words."""
    image, manifest = evidence.image, served(evidence)
    if image is None or manifest is None or manifest.status != 412:
        return None
    if not any(word in manifest.message for word in words):
        return None
    if not open_to(evidence, "policy_vulnerability", "policy_signature", "policy_other"):
        return None
    return Finding(
        code,
        Subject("image", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {"project": image.project or "", "registry": image.registry, "image": evidence.pull.image},
        artifact_proofs(evidence),
    )
