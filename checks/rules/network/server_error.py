"""The registry fails with a server error.

What: the registry, or the gateway in front of it, answers 5xx.

Why it matters: nothing about the login or the image is wrong as far as anybody can tell.

What to do: look at the part that Harbor's own health check (`/api/v2.0/health`) finds ill, and at the storage; wait
where it heals by itself.
"""

from dataclasses import replace

from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, registry_subject
from checks.rules.health_rule import health_proofs, ill
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports a 5xx answer."""
    found = examine_network(evidence, "HD205", "registry_5xx", ())
    if found is None or found.subject != registry_subject(evidence):
        return None if found is None else replace(found, params={**found.params, "ill": ""})
    proofs = (*found.proofs, *health_proofs(evidence))
    return replace(found, params={**found.params, "ill": ill(evidence)}, proofs=proofs)


RULE = Rule(
    code="HD205",
    stage=Stage.NETWORK,
    title="registry fails (5xx)",
    cause="registry_5xx",
    sentence="{registry} answers with a server error{here}{ill}.",
    examine=examine,
    order=34,
    plans=("advice",),
    manual=__doc__,
)
