"""`auth` says another login than user name and password beside it.

What: an entry holds both `auth` and `username`/`password`, and they differ. The kubelet sends what `auth` says, always
(pkg/credentialprovider/config.go); whoever changed the password changed only what can be read.

Why it matters: the Secret shows the right password, and the registry is sent the old one.

What to do: write `auth` anew from user name and password; the next attempt uses it.
"""

from checks.credentials import shown_key
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    healed,
    kubelet_proof,
    login_proofs,
    open_to,
    secret_proof,
    trial_secret,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the login in `auth` is refused and the one beside it is accepted."""
    proven = healed(evidence, "username_password") if open_to(evidence, "bad_credentials") else None
    if proven is None:
        return None
    trial, variant = proven
    assert trial.login is not None
    assert variant.trial.login is not None
    subject, other = trial_secret(evidence, trial), variant.trial.login.username
    beside = "the password beside it" if other == trial.login.username else f"{other} beside it"
    return Finding(
        "HD108",
        subject,
        {
            "secret": str(subject),
            "user": trial.login.username,
            "registry": evidence.image.registry if evidence.image else "the registry",
            "beside": beside,
        },
        (
            secret_proof(
                evidence, subject.name, f"entry {shown_key(trial.login.origin.key)}: auth is not what is beside it"
            ),
            kubelet_proof(evidence),
            *login_proofs(trial, ", from auth"),
            *login_proofs(variant.trial, ", from beside it"),
        ),
    )


RULE = Rule(
    code="HD108",
    stage=Stage.WIRING,
    title="auth disagrees",
    cause="bad_credentials",
    sentence="In Secret {secret} the field auth, which alone is sent, holds a login of {user} that {registry} refuses, "
    "and {beside} is accepted.",
    examine=examine,
    order=56,
    plans=("mend_payload", "new_login", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
