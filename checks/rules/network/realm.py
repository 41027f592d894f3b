"""The registry sends clients to another address for tokens, and the node cannot use it.

What: the registry's challenge names a token service on another host or port than the image, or over plain HTTP, and
the pull fails there. Harbor makes it from `external_url`, since 2.14 from the host that was asked; the scheme always
follows `external_url` (Harbor 2.15 recorded, 2.4).

Why it matters: the registry itself answers, and the login may be right; it never gets there, or would go in the clear.

What to do: set Harbor's `external_url` (Helm: `externalURL`) to the address that the images name, with https.
"""

from urllib.parse import urlsplit

from checks.complaints.places import same_site
from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Stage
from checks.rules.base import Rule, from_here, kubelet_proof, registry_subject, token_trial, trial_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the kubelet failed at the token service and the challenge names an odd one."""
    ping, reading = evidence.ping, evidence.reading
    if not isinstance(ping, Fact) or "token_service_failure" not in (reading.cause, *reading.alternatives):
        return None
    realm = ping.value.realm
    how = odd_realm(ping.value.host, realm, elsewhere=ping.value.harbor)
    if not how or not _failed_there(reading.host, realm):
        return None
    subject = registry_subject(evidence)
    return Finding(
        "HD215",
        subject,
        {
            "registry": subject.name,
            "realm": _address(realm),
            "how": how,
            "here": from_here(evidence, ", though this machine gets one"),
        },
        (
            kubelet_proof(evidence),
            Proof("registry", f"GET {ping.value.exchange.url} names the realm {realm}", ping.at),
            *trial_proofs(token_trial(evidence)),
        ),
    )


def odd_realm(registry: str, realm: str, *, elsewhere: bool) -> str:
    """Say what is odd about a token service's address: plain HTTP, or (`elsewhere`) another host or port; else empty.

    Only a Harbor is its own token service; others may have theirs on another host.
    """
    try:
        parts, asked = urlsplit(realm), urlsplit(f"//{registry}")
    except ValueError:
        return ""
    if parts.scheme == "http":
        return "over plain HTTP"
    if parts.scheme != "https" or not elsewhere:
        return ""
    if not same_site(parts.hostname or "", asked.hostname or ""):
        return "on another host"
    return "" if _port(parts.netloc) == _port(asked.netloc) else "on another port"


def _failed_there(host: str, realm: str) -> bool:
    """Is the host that the kubelet's text names the token service's, or does it name none?"""
    return not host or same_site(_name(host), _name(urlsplit(realm).netloc))


def _name(netloc: str) -> str:
    return urlsplit(f"//{netloc}").hostname or ""


def _port(netloc: str) -> str:
    """The port of an https address, as text."""
    _, colon, port = netloc.rpartition(":")
    return port if colon and port.isdigit() else "443"


def _address(realm: str) -> str:
    return realm.partition("?")[0]


RULE = Rule(
    code="HD215",
    stage=Stage.NETWORK,
    title="token service elsewhere",
    cause="token_service_failure",
    sentence="{registry} sends clients for tokens to {realm}, {how}, where the node gets none{here}.",
    examine=examine,
    order=29,
    plans=("advice",),
    explains=("HD216",),
    manual=__doc__,
)
