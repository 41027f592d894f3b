"""The project blocks the image for its vulnerabilities.

What: the scan found vulnerabilities at or above the severity that the project forbids.

Why it matters: the kubelet reports 412 Precondition Failed and drops the registry's explanation; asking again
with GET shows it.

What to do: mend the image, or let the project's administrator put the CVE on the allowlist, or prolong the allowlist
where it has ended.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.policy_rule import blocked

_WORDS = (
    "vulnerabilities cannot be pulled",
    "vulnerability cannot be pulled",
    "severity of vulnerability of the image",
)
"""Of Harbor 2.x, and of 1.x (src/server/middleware/vulnerable)."""


def examine(evidence: Evidence) -> Finding | None:
    """Fire on Harbor's 412 that says so."""
    return blocked(evidence, "HD601", _WORDS)


RULE = Rule(
    code="HD601",
    stage=Stage.POLICY,
    title="blocked: vulnerable",
    cause="policy_vulnerability",
    sentence="Project {project} on {registry} blocks {image} for its vulnerabilities{severity}{ended}.",
    examine=examine,
    order=82,
    plans=("advice",),
    manual=__doc__,
)
