"""No entry of the pull secrets is for this registry.

What: the kubelet compares each key of `auths` with the image: port as text, host label by label, path as a
prefix (pkg/credentialprovider/keyring.go). No key matched, so it asked without a login.

Why it matters: one character decides: a port too many, a capital, a missing slash after `/v2`, an address
copied from Harbor's pages. Nothing reports it.

What to do: add an entry for the registry as the image names it; other entries stay.
"""

from checks.facts import Unknown
from checks.model import EntryVerdict, Evidence, Finding, Proof, Stage
from checks.rules.base import (
    Rule,
    denied_without_login,
    kubelet_proof,
    open_to,
    secret_subject,
    sends_no_login,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where entries exist and none serves; the nearest miss is named."""
    keyring = evidence.keyring
    if isinstance(keyring, Unknown) or not keyring.entries or evidence.image is None:
        return None
    if evidence.trials or not sends_no_login(evidence) or not denied_without_login(evidence):
        return None
    if not open_to(evidence, "no_credentials"):
        return None
    miss = nearest_miss(keyring.entries)
    return Finding(
        "HD106",
        secret_subject(evidence, miss.secret),
        {
            "registry": evidence.image.registry,
            "secret": str(secret_subject(evidence, miss.secret)),
            "key": miss.key,
            "why": miss.why,
        },
        (
            *(Proof("secret", f"{e.secret}: {e.key}: {e.why}") for e in keyring.entries[:8]),
            kubelet_proof(evidence),
        ),
    )


def nearest_miss(entries: tuple[EntryVerdict, ...]) -> EntryVerdict:
    """Return the entry that came nearest; the first one where none came near."""
    return next((e for e in entries if e.near), entries[0])


RULE = Rule(
    code="HD106",
    stage=Stage.WIRING,
    title="no entry for this registry",
    cause="no_credentials",
    sentence="No entry of Secret {secret} is for {registry}; {key} does not count: {why}.",
    examine=examine,
    order=54,
    plans=("new_login", "advice"),
    manual=__doc__,
)
