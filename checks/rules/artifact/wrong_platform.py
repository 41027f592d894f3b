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

INDEXES = frozenset(
    {
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
    }
)
_ALSO_RUNS = {"amd64": "386", "arm64": "arm"}
"""What a node runs besides its own architecture (containerd platforms, `platformVector`)."""


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the index offers other platforms than the node's, or the kubelet's text says so.

    A single image of another platform is pulled all the same, and fails only when it starts.
    """
    image, manifest = evidence.image, served(evidence)
    node = evidence.node.value if isinstance(evidence.node, Fact) else None
    offered = manifest.platforms if manifest and manifest.media_type in INDEXES else ()
    lacking = bool(offered) and node is not None and not any(fits(p, node) for p in offered)
    proven = kubelet_proves(evidence, "platform_mismatch")
    if image is None or not (proven or (lacking and open_to(evidence, "platform_mismatch"))):
        return None
    return Finding(
        "HD504",
        Subject("image", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {
            "image": evidence.pull.image,
            "offered": ", ".join(map(str, offered)) if lacking else "other platforms",
            "node": str(node) if node else "the node",
        },
        artifact_proofs(evidence),
    )


def fits(offered: Platform, node: Platform) -> bool:
    """Would this node run it? Only the system and architecture are known of a node, so variants do not decide."""
    runs = (node.architecture, _ALSO_RUNS.get(node.architecture))
    return offered.os == node.os and offered.architecture in runs


RULE = Rule(
    code="HD504",
    stage=Stage.ARTIFACT,
    title="wrong platform",
    cause="platform_mismatch",
    sentence="{image} is built for {offered}, not for {node}.",
    examine=examine,
    order=93,
    plans=("advice",),
    manual=__doc__,
)
