"""The login is refused, or locked for a moment.

What: Harbor answered no at once, twice, two seconds apart. A wrong password takes it 1.5 s; a quick no means
that the name is locked because somebody else just failed with it, or that the account cannot log in (Harbor
2.15 recorded, 2.10).

Why it matters: while any client keeps trying an old password, the right one fails now and then too.

What to do: find the stale Secrets of the same user; use a robot, which the lock does not touch when its secret
is right.
"""

from checks.facts import Knows
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    blamed,
    kubelet_proof,
    login_proofs,
    open_to,
    refused,
    trial_secret,
    turned_away,
)


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a user (not a robot) was refused quickly, twice."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or trial.knows is not Knows.LOCKED or not turned_away(evidence, trial):
        return None
    if refused(evidence, trial) or not open_to(evidence, "bad_credentials"):
        return None
    subject = trial_secret(evidence, trial)
    return Finding(
        "HD307",
        subject,
        {
            "registry": evidence.image.registry if evidence.image else "The registry",
            "user": trial.login.username,
            "secret": str(subject),
        },
        (kubelet_proof(evidence), *login_proofs(trial)),
    )


RULE = Rule(
    code="HD307",
    stage=Stage.LOGIN,
    title="refused or locked",
    cause="bad_credentials",
    sentence="{registry} refuses {user} from Secret {secret} at once: the login is wrong, or locked for a moment "
    "by somebody else's failures.",
    examine=examine,
    order=67,
    plans=("new_login", "advice"),
    manual=__doc__,
)
