"""What the rules about TLS say of the certificates that the registry sends: who signed, what is missing or over."""

from checks import vantage
from checks.certchain import chain, issuer_not_sent, out_of_time
from checks.clocks import behind_certificate
from checks.facts import Certificate, Fact, Ping
from checks.model import Evidence, Proof
from checks.wording import few

_MOST_NAMES = 5


def _asked(evidence: Evidence) -> Fact[Ping] | None:
    """The answer of the registry that the kubelet's text is about, where it shows certificates."""
    ping = evidence.ping
    if not isinstance(ping, Fact) or not ping.value.certificates or not vantage.at_registry(evidence):
        return None
    return ping


def authority(evidence: Evidence) -> str:
    """Return whose certificate the node lacks, as the end of a sentence."""
    ping = _asked(evidence)
    if ping is None:
        return ""
    sent, missing = ping.value.certificates, issuer_not_sent(ping.value.certificates)
    if missing:
        return f"; it is {missing}" + (
            "" if ping.value.leaf_only else ", whose own certificate the server does not send"
        )
    found = chain(sent)
    if len(found) == 1:
        return "; it has signed itself"
    return f"; it is {found[-1].subject}, at the end of the chain that the server sends"


def state(evidence: Evidence) -> str:
    """Return `has expired` or, by the node's clock, `is not valid yet`."""
    return "is not valid yet" if vantage.way_of(evidence).early else "has expired"


def which(evidence: Evidence) -> str:
    """Return, as the end of a sentence, that it is an issuer's certificate, and what the clocks have to do with it."""
    ping = _asked(evidence)
    late = out_of_time(ping.value.certificates, evidence.gathered) if ping else None
    issuers = ping is not None and late is not None and late is not ping.value.certificates[0]
    said = f"; its own is in order, and that of its issuer {late.subject} is not" if issuers and late else ""
    return said + behind_certificate(evidence, vantage.way_of(evidence))


def names(evidence: Evidence) -> str:
    """Return the names that the certificate is for, as the end of a sentence."""
    ping = _asked(evidence)
    listed = ping.value.certificates[0].names if ping else ()
    return f"; it is for {few(listed, _MOST_NAMES)}" if listed else ""


def proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """Return what the server sent, leaf first, and what it did not, or could not be read."""
    ping = _asked(evidence)
    if ping is None:
        return ()
    lines = [_line(number, one) for number, one in enumerate(ping.value.certificates)]
    missing = issuer_not_sent(ping.value.certificates)
    if ping.value.leaf_only:
        lines.append("whether the server sent more than its own certificate cannot be read by this Python")
    elif missing:
        lines.append(f"not sent: the certificate of {missing}; each node must know it by itself")
    return tuple(Proof("registry", line, ping.at) for line in lines)


def _line(number: int, one: Certificate) -> str:
    begin, until = (f"{day:%Y-%m-%d}" if day else "unknown" for day in (one.not_before, one.not_after))
    listed = ", ".join(one.names) or "no names"
    whom = f", for {listed}" if number == 0 or one.names else ""
    return f"certificate {number}: {one.subject}{whom}, from {begin} until {until}, by {one.issuer}"
