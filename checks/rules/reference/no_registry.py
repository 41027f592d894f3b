"""The image names no registry, so Docker Hub is asked for it.

What: the first part of a reference counts as a registry only where it holds a dot or a colon, is `localhost` or has a
capital (distribution/reference). `shop/web:1` and `harbor/shop/web:1` are therefore images of Docker Hub, which denies
what it does not have as if it were private.

Why it matters: the pull secret is right and is never used, and the registry that has the image is never asked.

What to do: write the registry in front of the image, as the key of the pull secret has it.
"""

from checks.credentials import shown_key
from checks.elsewhere import host_of, names_no_registry, short_of
from checks.facts import Elsewhere, Fact, Unknown
from checks.model import Evidence, Finding, Proof, Stage, Subject
from checks.rules.base import (
    DENIALS,
    Rule,
    kubelet_proof,
    kubelet_proves,
    manifests,
    open_to,
    passes,
    trial_proofs,
    usable_trials,
)

_DENIED = ("short_name", "not_found_repository", "no_credentials", "bad_credentials", "no_permission")


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Docker Hub denies an image, and something tells that another registry was meant."""
    image = evidence.image
    if image is None or not names_no_registry(image) or kubelet_proves(evidence, "short_name"):
        return None
    if passes(evidence) or not _denied(evidence):
        return None
    found = _served_elsewhere(evidence)
    meant = f"{found.image} is there" if found else _meant(evidence)
    if not meant:
        return None
    return Finding(
        "HD002",
        Subject("image", evidence.pull.namespace, evidence.pull.image),
        {"image": evidence.pull.image, "meant": meant, "right": found.image if found else ""},
        (
            kubelet_proof(evidence),
            *_key_proofs(evidence),
            *(trial_proofs(found.trial) if found else trial_proofs(evidence.anonymous)),
        ),
    )


def _denied(evidence: Evidence) -> bool:
    """Access is what lacks there: measured with every login and without one, or in the kubelet's words."""
    answers = manifests(evidence)
    if answers:
        return all(m.status in DENIALS for m in answers) and open_to(evidence, *_DENIED)
    return evidence.reading.cause in _DENIED


def _served_elsewhere(evidence: Evidence) -> Elsewhere | None:
    found = evidence.nearby.elsewhere
    return next(iter(found.value), None) if isinstance(found, Fact) else None


def _meant(evidence: Evidence) -> str:
    """What else tells that it is not an image of Docker Hub; empty where nothing does."""
    assert evidence.image is not None
    hosts = dict.fromkeys(host for key in _keys(evidence) if (host := host_of(key)))
    first = evidence.image.written.partition("/")[0]
    short = next((host for host in hosts if "/" in evidence.image.written and short_of(host) == first), "")
    if short:
        return f"{first} without a dot is a part of the path and not the host {short}"
    if evidence.reading.cause == "short_name":
        return "Docker Hub has no official image of that name"
    if hosts and isinstance(evidence.nearby.elsewhere, Unknown) and not usable_trials(evidence):
        return f"the pull secrets are for {', '.join(list(hosts)[:3])}"
    return ""


def _keys(evidence: Evidence) -> tuple[str, ...]:
    return () if isinstance(evidence.keyring, Unknown) else tuple(e.key for e in evidence.keyring.entries)


def _key_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    if isinstance(evidence.keyring, Unknown):
        return ()
    return tuple(Proof("secret", f"{e.secret}: {shown_key(e.key)}: {e.why}") for e in evidence.keyring.entries[:4])


RULE = Rule(
    code="HD002",
    stage=Stage.REFERENCE,
    title="no registry in image",
    cause="short_name",
    sentence="The image {image} names no registry, so the node asks Docker Hub, which refuses it; {meant}.",
    examine=examine,
    order=12,
    plans=("advice",),
    manual=__doc__,
)
