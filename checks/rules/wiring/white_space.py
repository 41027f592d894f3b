"""The login has white space at an end.

What: the user name or password in the Secret begins or ends with white space, most often a line break that
`echo` put there before base64. The kubelet trims nothing and sends it as it stands.

Why it matters: the Secret looks right wherever it is shown. Harbor refuses the login like any wrong password.

What to do: write the same login without the white space; the next attempt uses it.
"""

from checks.credentials import shown_key
from checks.facts import Knows, Trial
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    blamed,
    healed,
    kubelet_proof,
    login_proofs,
    open_to,
    secret_proof,
    trial_secret,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the login is refused as it stands and accepted without the white space, or cannot be tested."""
    if not open_to(evidence, "bad_credentials"):
        return None
    trial, variant = healed(evidence, "white_space") or (_untested(evidence), None)
    if trial is None or trial.login is None:
        return None
    where, subject = _white_space(trial), trial_secret(evidence, trial)
    ends = f"the same login without it is {'accepted' if variant else 'not yet tested from here'}"
    return Finding(
        "HD109",
        subject,
        {"where": where, "secret": str(subject), "user": trial.login.username.strip(), "ends": ends},
        (
            secret_proof(evidence, subject.name, f"entry {shown_key(trial.login.origin.key)}: {where}"),
            kubelet_proof(evidence),
            *login_proofs(trial),
            *(login_proofs(variant.trial, ", without it") if variant else ()),
        ),
    )


def _untested(evidence: Evidence) -> Trial | None:
    """A line break, which nobody means, in a login that the kubelet sent in vain and that could not be asked."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or trial.knows is not Knows.UNKNOWN or trial.manifest is not None:
        return None
    broken = trial.login.password.trailing_white_space() == "a line break"
    return trial if broken and evidence.reading.cause == "bad_credentials" else None


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
    title="white space in login",
    cause="bad_credentials",
    sentence="In Secret {secret} {where}, so the registry refuses {user}; {ends}.",
    examine=examine,
    order=58,
    plans=("mend_payload", "new_login", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
