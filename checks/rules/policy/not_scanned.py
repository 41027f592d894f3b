"""The project blocks the image because no scan has finished.

What: the project forbids vulnerable images, and this one was never scanned, or its scan is waiting, running or
failed.

Why it matters: the kubelet reports 412 Precondition Failed and drops the registry's explanation; asking again
with GET shows it.

What to do: scan the image in Harbor (for an index, the index itself), then let the pod try again.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.policy_rule import blocked


def examine(evidence: Evidence) -> Finding | None:
    """Fire on Harbor's 412 that says so."""
    return blocked(evidence, "HD602", ("without vulnerability scanning", "status of vulnerability scanning"))


RULE = Rule(
    code="HD602",
    stage=Stage.POLICY,
    title="blocked: not scanned",
    cause="policy_vulnerability",
    sentence="Project {project} on {registry} blocks {image} because it has no finished vulnerability scan{needs}.",
    examine=examine,
    order=83,
    plans=("advice",),
    manual=__doc__,
)
