"""The runtime does not support the image's format.

What: the manifest or a layer has a media type that this runtime cannot use, such as Docker schema 1 on
containerd 2.

Why it matters: the image was found and may be pulled; the node cannot use it.

What to do: build and push the image anew with a current builder, or use a newer runtime.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, kubelet_proves
from checks.rules.text_rule import image_subject, text_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet's text proves it."""
    proven = kubelet_proves(evidence, "unsupported_format")
    return text_finding(evidence, "HD705", image_subject(evidence)) if proven else None


RULE = Rule(
    code="HD705",
    stage=Stage.NODE,
    title="format not supported",
    cause="unsupported_format",
    sentence="The container runtime does not support the format of {image}.",
    examine=examine,
    order=23,
    plans=("advice",),
    manual=__doc__,
)
