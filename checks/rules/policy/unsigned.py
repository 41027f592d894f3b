"""The project demands a signature that the image lacks.

What: content trust is on: an image without a cosign or notation signature is not served, to anybody.

Why it matters: the kubelet reports 412 Precondition Failed and drops the registry's explanation; asking again
with GET shows it.

What to do: sign the image with the tool that the project demands.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.policy_rule import blocked


def examine(evidence: Evidence) -> Finding | None:
    """Fire on Harbor's 412 that says so."""
    return blocked(evidence, "HD603", ("is not signed",))


RULE = Rule(
    code="HD603",
    stage=Stage.POLICY,
    title="blocked: unsigned",
    cause="policy_signature",
    sentence="Project {project} on {registry} serves {signed}signed images only, and {image} is not signed.",
    examine=examine,
    order=84,
    plans=("advice",),
    manual=__doc__,
)
