"""What the network and TLS rules share: the kubelet's word decides, what we measured stands beside it.

The node is where the pull fails, so the kubelet's text is the verdict; this machine's own try strengthens it,
or shows that only the node is cut off.
"""

from checks.complaints.places import same_site
from checks.facts import Break, Fact
from checks.model import Evidence, Finding, Proof, Subject
from checks.rules.base import kubelet_proof, kubelet_proves, registry_subject


def examine_network(evidence: Evidence, code: str, cause: str, breaks: tuple[Break, ...]) -> Finding | None:
    """Fire where the kubelet's text proves `cause`, or holds it likeliest and this machine saw the same (`breaks`)."""
    if not kubelet_proves(evidence, cause) and not (evidence.reading.cause == cause and _seen_here(evidence, breaks)):
        return None
    subject, ours = _at_fault(evidence)
    return Finding(
        code,
        subject,
        {"registry": subject.name, "here": _here(evidence, breaks) if ours else ""},
        (kubelet_proof(evidence), *(_measured(evidence) if ours else ())),
    )


def _at_fault(evidence: Evidence) -> tuple[Subject, bool]:
    """The host that the text is about, and whether that is the registry of the image.

    A mirror, a token service or a storage that the registry sends clients to may stand at another host; what was
    measured at the registry then says nothing about it.
    """
    asked, registry = evidence.reading.host, registry_subject(evidence)
    if not asked or same_site(_name(asked), _name(registry.name)):
        return registry, True
    return Subject("registry", "", asked), False


def _name(host: str) -> str:
    """The host without its port, in small letters; the brackets of an IPv6 address stay."""
    name, colon, port = host.lower().rpartition(":")
    return name if colon and port.isdigit() else host.lower()


def _seen_here(evidence: Evidence, breaks: tuple[Break, ...]) -> bool:
    return isinstance(evidence.ping, Fact) and evidence.ping.value.broken in breaks


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
