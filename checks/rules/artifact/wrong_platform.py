"""The image is not built for the node's platform.

What: the index offers other platforms than the node's.

Why it matters: the runtime's text ends in `not found`, as if the tag were missing.

What to do: build the image for the node's platform too, or put the pod on nodes that match (nodeSelector
kubernetes.io/arch).
"""

from checks.facts import Fact, Platform
from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.artifact_rule import artifact_proofs
from checks.rules.base import Rule, kubelet_proves, open_to, served


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the offered platforms are known and the node's is not among them."""
    image, manifest = evidence.image, served(evidence)
    node = evidence.node.value if isinstance(evidence.node, Fact) else None
    offered = manifest.platforms if manifest else ()
    lacking = bool(offered) and node is not None and not any(fits(p, node) for p in offered)
    proven = kubelet_proves(evidence, "platform_mismatch")
    if image is None or not (proven or (lacking and open_to(evidence, "platform_mismatch"))):
        return None
    return Finding(
        "HD504",
        Subject("image", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {
            "image": evidence.pull.image,
            "offered": ", ".join(map(str, offered)) or "other platforms",
            "node": str(node) if node else "the node",
        },
        artifact_proofs(evidence),
    )


def fits(offered: Platform, node: Platform) -> bool:
    """Would this node run it: same system and architecture, and the variant where the node names one."""
    same = (offered.os, offered.architecture) == (node.os, node.architecture)
    return same and (not offered.variant or not node.variant or offered.variant == node.variant)


RULE = Rule(
    code="HD504",
    stage=Stage.ARTIFACT,
    title="not built for the node",
    cause="platform_mismatch",
    sentence="{image} is built for {offered}, not for {node}.",
    examine=examine,
    order=93,
    plans=("advice",),
    manual=__doc__,
)
