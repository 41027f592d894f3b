"""The registry fails with a server error.

What: the registry, or the gateway in front of it, answers 5xx.

Why it matters: nothing about the login or the image is wrong as far as anybody can tell.

What to do: look at the registry's health (`/api/v2.0/health` on Harbor) and storage; wait where it heals by
itself.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a 5xx answer."""
    return examine_network(evidence, "HD205", "registry_5xx", ())


RULE = Rule(
    code="HD205",
    stage=Stage.NETWORK,
    title="registry fails (5xx)",
    cause="registry_5xx",
    sentence="{registry} answers with a server error{here}.",
    examine=examine,
    order=34,
    plans=("advice",),
    manual=__doc__,
)
