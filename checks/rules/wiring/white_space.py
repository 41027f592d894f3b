"""The login has white space at an end.

What: the user name or password in the Secret begins or ends with white space, most often a line break that
`echo` put there before base64. The kubelet trims nothing and sends it as it stands.

Why it matters: the Secret looks right wherever it is shown. Harbor refuses the login like any wrong password.

What to do: write the same login without the white space; the next attempt uses it.
"""

from checks.facts import Knows, Trial, Variant
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    blamed,
    kubelet_proof,
    open_to,
    refused,
    secret_proof,
    trial_proofs,
    trial_secret,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the login is refused as it stands and accepted without the white space, or cannot be tested."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or not open_to(evidence, "bad_credentials"):
        return None
    where = _white_space(trial)
    variant = next((v for v in evidence.variants if v.kind == "white_space"), None)
    if not where or not (_proven(variant, trial) or trial.knows is Knows.UNKNOWN):
        return None
    subject = trial_secret(evidence, trial)
    ends = f"the same login without it is {'accepted' if variant else 'not yet tested from here'}"
    return Finding(
        "HD109",
        subject,
        {"where": where, "secret": str(subject), "user": trial.login.username.strip(), "ends": ends},
        (
            secret_proof(evidence, subject.name, f"entry {trial.login.origin.key}: {where}"),
            kubelet_proof(evidence),
            *trial_proofs(trial),
            *(trial_proofs(variant.trial) if variant else ()),
        ),
    )


def _proven(variant: Variant | None, trial: Trial) -> bool:
    return refused(trial) and variant is not None and variant.trial.knows is Knows.ACCEPTED


def _white_space(trial: Trial) -> str:
    """Say where the white space is, without showing the password."""
    assert trial.login is not None
    password, user = trial.login.password, trial.login.username
    end = password.trailing_white_space()
    if end:
        return f"the password ends in {end}"
    if password.padded():
        return "the password begins with white space"
    return "the user name has white space at an end" if user != user.strip() else ""


RULE = Rule(
    code="HD109",
    stage=Stage.WIRING,
    title="password has white space",
    cause="bad_credentials",
    sentence="In Secret {secret} {where}, so the registry refuses {user}; {ends}.",
    examine=examine,
    order=58,
    plans=("mend_payload", "new_login", "advice"),
    manual=__doc__,
)
