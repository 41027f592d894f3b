"""The registry speaks plain HTTP where HTTPS is asked.

What: the runtime opened TLS and got an unencrypted answer.

Why it matters: no login was ever sent; no Secret can mend it.

What to do: serve HTTPS on that port, or tell every node's runtime that this registry is plain HTTP
(hosts.toml), knowing that logins then travel in the clear.
"""

from checks.facts import Break
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.network_rule import examine_network


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet reports plain HTTP on an HTTPS port."""
    return examine_network(evidence, "HD214", "http_vs_https", (Break.PLAIN_HTTP,))


RULE = Rule(
    code="HD214",
    stage=Stage.TLS,
    title="plain HTTP, not HTTPS",
    cause="http_vs_https",
    sentence="{registry} speaks plain HTTP where the node asks for HTTPS{here}{way}.",
    examine=examine,
    order=39,
    plans=("advice",),
    manual=__doc__,
)
