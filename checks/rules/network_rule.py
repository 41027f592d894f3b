"""What the network and TLS rules share: the kubelet's word decides, what we measured stands beside it.

The node is where the pull fails, so the kubelet's text is the verdict; this machine's own try strengthens it,
or shows that only the node is cut off.
"""

from checks.facts import Break, Fact
from checks.model import Evidence, Finding, Proof
from checks.rules.base import kubelet_proof, kubelet_proves, registry_subject


def examine_network(evidence: Evidence, code: str, cause: str, breaks: tuple[Break, ...]) -> Finding | None:
    """Fire where the kubelet's text proves `cause`; say whether this machine saw the same (`breaks`)."""
    if not kubelet_proves(evidence, cause):
        return None
    subject = registry_subject(evidence)
    return Finding(
        code,
        subject,
        {"registry": subject.name, "here": _here(evidence, breaks)},
        (kubelet_proof(evidence), *_measured(evidence)),
    )


def _here(evidence: Evidence, breaks: tuple[Break, ...]) -> str:
    if not isinstance(evidence.ping, Fact):
        return ""
    ping = evidence.ping.value
    if ping.broken is None:
        status = ping.exchange.status or 0
        return f", and answers {status} from here too" if status >= 500 else ", though it answers from here"
    if ping.broken in breaks:
        return ", and the same is seen from here"
    return "" if ping.broken is Break.FORBIDDEN_ADDRESS else f"; from here: {ping.detail}"


def _measured(evidence: Evidence) -> tuple[Proof, ...]:
    if not isinstance(evidence.ping, Fact):
        return (Proof("registry", f"not asked from here: {evidence.ping.why}"),)
    ping = evidence.ping.value
    text = ping.detail or f"GET {ping.exchange.url} → {ping.exchange.status}"
    lines = [Proof("registry", text, evidence.ping.at)]
    for number, certificate in enumerate(ping.certificates):
        until = f"{certificate.not_after:%Y-%m-%d}" if certificate.not_after else "unknown"
        names = ", ".join(certificate.names) or "no names"
        text = f"certificate {number}: {certificate.subject}, for {names}, until {until}, by {certificate.issuer}"
        lines.append(Proof("registry", text, evidence.ping.at))
    return tuple(lines)
