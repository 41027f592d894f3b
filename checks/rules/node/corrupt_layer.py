"""A layer arrives damaged.

What: the digest or size of a downloaded layer is not what the manifest says.

Why it matters: the registry's storage, a proxy or a cache on the way has changed it; the login is fine.

What to do: pull the image elsewhere to see whether the registry's copy is damaged; push it again if so.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proves
from checks.rules.text_rule import image_subject, text_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it."""
    proven = kubelet_proves(evidence, "corrupt_layer")
    return text_finding(evidence, "HD704", image_subject(evidence)) if proven else None


RULE = Rule(
    code="HD704",
    stage=Stage.NODE,
    title="layer arrives damaged",
    cause="corrupt_layer",
    sentence="A layer of {image} arrives damaged: its digest or size is not what the manifest says.",
    examine=examine,
    order=22,
    plans=("advice",),
    manual=__doc__,
)
