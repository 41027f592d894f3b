"""The robot's name lost its `$`.

What: Harbor's robots are called `robot$project+name`. In a shell, `$project` inside double quotes is a
variable, so `kubectl create secret --docker-username="robot$shop+ci"` stores `robot+ci`, and `"robot$ci"`
stores `robot`.

Why it matters: Harbor takes the name for an ordinary user whom it does not know.

What to do: write the full name, in single quotes when a shell is involved.
"""

from checks.facts import Fact, Knows, Trial
from checks.model import Evidence, Finding, Stage
from checks.rules.base import (
    Rule,
    accepted_variant,
    blamed,
    is_harbor,
    kubelet_proof,
    login_proofs,
    open_to,
    secret_proof,
    trial_secret,
    turned_away,
    variants_of,
)


def lost_dollar(username: str) -> bool:
    """Does this look like a robot name that a shell has eaten a part of? An e-mail address is none."""
    return username == "robot" or (username.startswith("robot+") and "@" not in username)


def examine(evidence: Evidence) -> Finding | None:
    """Fire on a refused login called `robot` or `robot+...` at a Harbor, unless it is a user of that name."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or not turned_away(evidence, trial) or not is_harbor(evidence):
        return None
    user = trial.login.username
    if not lost_dollar(user) or _is_member(evidence, user) or not open_to(evidence, "bad_credentials"):
        return None
    if _tried_in_vain(evidence, trial):
        return None
    variant = accepted_variant(evidence, trial, "robot_dollar")
    full = variant.trial.login.username if variant and variant.trial.login else ""
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
            *login_proofs(trial),
            *(login_proofs(variant.trial, ", with it") if variant else ()),
        ),
    )


def _tried_in_vain(evidence: Evidence, trial: Trial) -> bool:
    """The full name is refused too: the name is not what is wrong, or not alone."""
    return any(v.trial.knows is Knows.REFUSED for v in variants_of(evidence, trial, "robot_dollar"))


def _is_member(evidence: Evidence, user: str) -> bool:
    view = evidence.harbor.get(user)
    return view is not None and isinstance(view.member, Fact) and view.member.value


RULE = Rule(
    code="HD110",
    stage=Stage.WIRING,
    title="robot name lost its $",
    cause="bad_credentials",
    sentence="Secret {secret} says {user}, which looks like a robot name that lost its $ in a shell; "
    "{registry} does not know it, and {proof}.",
    examine=examine,
    order=57,
    plans=("mend_payload", "new_login", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
