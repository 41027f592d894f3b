"""The robot's name lost its `$`.

What: Harbor's robots are called `robot$project+name`. In a shell, `$project` inside double quotes is a
variable, so `kubectl create secret --docker-username="robot$shop+ci"` stores `robot+ci`, and `"robot$ci"`
stores `robot`.

Why it matters: Harbor takes the name for an ordinary user whom it does not know.

What to do: write the full name, in single quotes when a shell is involved.
"""

from checks.facts import Knows
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


def lost_dollar(username: str) -> bool:
    """Does this look like a robot name that a shell has eaten a part of?"""
    return (
        username == "robot"
        or username.startswith("robot+")
        or ("+" in username and "robot" in username[:6] and "$" not in username)
    )


def examine(evidence: Evidence) -> Finding | None:
    """Fire on a refused login called `robot` or `robot+...`."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or (not refused(trial) and trial.knows is not Knows.LOCKED):
        return None
    user = trial.login.username
    if not lost_dollar(user) or not open_to(evidence, "bad_credentials"):
        return None
    variant = next((v for v in evidence.variants if v.kind == "robot_dollar"), None)
    good = variant is not None and variant.trial.knows is Knows.ACCEPTED
    full = variant.trial.login.username if variant and good and variant.trial.login else ""
    subject = trial_secret(evidence, trial)
    return Finding(
        "HD110",
        subject,
        {
            "secret": str(subject),
            "user": user,
            "registry": evidence.image.registry if evidence.image else "",
            "proof": f"{full} with the same password is accepted" if full else "the full name is not known",
        },
        (
            secret_proof(evidence, subject.name, f"user name {user}"),
            kubelet_proof(evidence),
            *trial_proofs(trial),
            *(trial_proofs(variant.trial) if variant else ()),
        ),
    )


RULE = Rule(
    code="HD110",
    stage=Stage.WIRING,
    title="robot name lost its $",
    cause="bad_credentials",
    sentence="Secret {secret} says {user}, a robot name that lost its $ in a shell; {registry} does not know it and {proof}.",
    examine=examine,
    order=57,
    plans=("mend_payload", "new_login", "advice"),
    manual=__doc__,
)
