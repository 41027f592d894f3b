"""What the network and TLS rules share: the kubelet's word decides, what we measured stands beside it.

The node is where the pull fails, so the kubelet's text is the verdict; this machine's own try strengthens it,
or shows that only the node is cut off.
"""

from checks import vantage
from checks.facts import Break, Fact
from checks.model import Evidence, Finding, Proof, Subject
from checks.rules.base import kubelet_proof, kubelet_proves, registry_subject

_SEEN_BY_THE_NODE_ONLY = ("tls_expired", "tls_hostname", "http_vs_https")
"""What cannot be so where we got an answer: the node's clock, or what stands between it and the registry, differs."""


def examine_network(
    evidence: Evidence, code: str, cause: str, breaks: tuple[Break, ...], proofs: tuple[Proof, ...] = (), **params: str
) -> Finding | None:
    """Fire where the kubelet's text proves `cause`, or holds it likeliest and this machine saw the same (`breaks`).

    `proofs` and `params`: what the rule knows besides, for the evidence and for the sentence.
    """
    if not kubelet_proves(evidence, cause) and not (evidence.reading.cause == cause and _seen_here(evidence, breaks)):
        return None
    subject, ours = _at_fault(evidence)
    return Finding(
        code,
        subject,
        {
            "registry": subject.name,
            "here": _here(evidence, breaks, cause) if ours else "",
            "way": vantage.differences(evidence) if ours else "",
            **params,
        },
        (kubelet_proof(evidence), *(_measured(evidence) if ours else ()), *proofs),
    )


def _at_fault(evidence: Evidence) -> tuple[Subject, bool]:
    """The host that the text is about, and whether that is the registry of the image.

    A mirror, a token service or a storage that the registry sends clients to may stand at another host; what was
    measured at the registry then says nothing about it.
    """
    if vantage.at_registry(evidence):
        return registry_subject(evidence), True
    return Subject("registry", "", evidence.reading.host), False


def _seen_here(evidence: Evidence, breaks: tuple[Break, ...]) -> bool:
    return isinstance(evidence.ping, Fact) and evidence.ping.value.broken in breaks


def _here(evidence: Evidence, breaks: tuple[Break, ...], cause: str) -> str:
    if not isinstance(evidence.ping, Fact):
        return ""
    ping = evidence.ping.value
    if ping.broken is None:
        if cause in _SEEN_BY_THE_NODE_ONLY:
            return ", says the node; from here it is in order"
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
    return (
        Proof("registry", text, evidence.ping.at),
        *(Proof("registry", _beside(view), evidence.ping.at) for view in _compared(evidence)),
    )


def _compared(evidence: Evidence) -> tuple[vantage.View, ...]:
    """Address and proxy, where both are known or one of the two goes through a proxy."""
    return tuple(
        view
        for view in vantage.views(evidence)
        if (view.about == "address" and view.agree is not None)
        or (view.about == "proxy" and "through" in (view.node + view.here))
    )


def _beside(view: vantage.View) -> str:
    return f"{view.about}: on the node {view.node or 'not known'}; from here {view.here or 'not known'}"
