"""No entry of the pull secrets is for this registry.

What: the kubelet compares each key of `auths` with the image: port as text, host label by label, path as a
prefix (pkg/credentialprovider/keyring.go). No key matched, so it asked without a login.

Why it matters: one character decides: a port too many, a capital, a missing slash after `/v2`, an address
copied from Harbor's pages. Nothing reports it.

What to do: add an entry for the registry as the image names it; other entries stay.
"""

from checks.answers import EntryVerdict
from checks.credentials import shown_key
from checks.facts import Fact, Unknown
from checks.model import Evidence, Finding, Proof, Stage
from checks.rules.base import (
    Rule,
    denied_without_login,
    is_harbor,
    kubelet_proof,
    open_to,
    secret_subject,
    sends_no_login,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Secrets are read and no entry serves; the nearest miss is named."""
    keyring, image = evidence.keyring, evidence.image
    if isinstance(keyring, Unknown) or image is None or evidence.trials or not sends_no_login(evidence):
        return None
    if not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    found = _by_entries(evidence, keyring.entries) if keyring.entries else _by_emptiness(evidence)
    if found is None:
        return None
    name, why = found
    subject = secret_subject(evidence, name)
    return Finding(
        "HD106",
        subject,
        {"registry": image.registry, "secret": str(subject), "why": why},
        (
            *(Proof("secret", f"{e.secret}: {shown_key(e.key)}: {e.why}") for e in keyring.entries[:8]),
            kubelet_proof(evidence),
        ),
    )


def _by_entries(evidence: Evidence, entries: tuple[EntryVerdict, ...]) -> tuple[str, str] | None:
    """The nearest miss. Of a registry that hides what is not there, only a near one tells that it was meant."""
    miss = nearest_miss(entries)
    if not miss.near and not (is_harbor(evidence) or _basic(evidence)):
        return None
    return miss.secret, f"{shown_key(miss.key)} does not count: {miss.why}"


def _by_emptiness(evidence: Evidence) -> tuple[str, str] | None:
    for named in evidence.secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        if secret is not None and not (secret.ignored or secret.fault or secret.hints):
            return secret.name, "it has no entries at all"
    return None


def _basic(evidence: Evidence) -> bool:
    return isinstance(evidence.ping, Fact) and evidence.ping.value.scheme == "basic"


def nearest_miss(entries: tuple[EntryVerdict, ...]) -> EntryVerdict:
    """Return the entry that came nearest; the first one where none came near."""
    return next((e for e in entries if e.near), entries[0])


RULE = Rule(
    code="HD106",
    stage=Stage.WIRING,
    title="no entry for registry",
    cause="no_credentials",
    sentence="No entry of Secret {secret} is for {registry}; {why}.",
    examine=examine,
    order=54,
    plans=("new_login", "mint_robot", "advice"),
    manual=__doc__,
)
