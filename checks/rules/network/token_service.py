"""The token service does not work.

What: the registry sends clients to a token service that fails, answers something that is no token, or cannot be
reached. On Harbor: a proxy that routes `/v2/` but not `/service/`, or a wrong external URL.

Why it matters: it looks like a login that is refused, but no login was judged.

What to do: open the token address shown in the evidence; it must answer JSON.
"""

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a failing token service."""
    return examine_network(evidence, "HD216", "token_service_failure", ())


RULE = Rule(
    code="HD216",
    stage=Stage.NETWORK,
    title="token service fails",
    cause="token_service_failure",
    sentence="The token service that {registry} sends clients to does not work{here}.",
    examine=examine,
    order=36,
    plans=("advice",),
    manual=__doc__,
)
