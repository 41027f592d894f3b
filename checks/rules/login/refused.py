"""The registry refuses the login.

What: the registry does not take this user name and password. Without a management login for Harbor the wire
does not tell why: a wrong or rotated password, an expired or deleted account all get the same 401 (Harbor 2.15
recorded).

Why it matters: the kubelet's message cannot tell this from a missing membership or a misspelt project; the
token call without a scope can.

What to do: put a login that is accepted into the Secret. Give a Harbor login to learn why this one is refused. The
password of the user AWS at Amazon ECR lives 12 hours (AWS, GetAuthorizationToken): what writes it must do so again.
"""

import re

from checks.credentials import shown_key
from checks.facts import Fact, Robot
from checks.model import Evidence, Finding, Proof, Stage
from checks.rules.base import (
    Rule,
    blamed,
    is_harbor,
    kubelet_proof,
    login_proofs,
    open_to,
    refused,
    trial_secret,
)

_ECR = re.compile(r"\d+\.dkr\.ecr(-fips)?\.[a-z0-9-]+\.amazonaws\.com(\.cn)?")
"""AWS: GetAuthorizationToken, "valid for 12 hours"."""


def examine(evidence: Evidence) -> Finding | None:
    """Fire on a refused login, with the reason where Harbor's API tells one."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or not refused(evidence, trial) or not open_to(evidence, "bad_credentials"):
        return None
    subject = trial_secret(evidence, trial)
    return Finding(
        "HD301",
        subject,
        {
            "registry": evidence.image.registry if evidence.image else "The registry",
            "user": trial.login.username,
            "secret": str(subject),
            "reason": _reason(evidence, trial.login.username),
        },
        (
            Proof("secret", f"{subject}: entry {shown_key(trial.login.origin.key)}, user {trial.login.username}"),
            kubelet_proof(evidence),
            *login_proofs(trial),
        ),
    )


def _reason(evidence: Evidence, user: str) -> str:
    view = evidence.harbor.get(user)
    if user == "AWS" and evidence.image and _ECR.fullmatch(evidence.image.registry.lower()):
        return "a password for ECR lives 12 hours"
    if "$" not in user or (view is None and not is_harbor(evidence)):
        return "a wrong password, or no such user"
    if view is None:
        return "reason not known (a Harbor login would tell)"
    robot = view.robot.value if isinstance(view.robot, Fact) else None
    if isinstance(robot, Robot):
        return "the robot account is in order, so the password is not its own"
    return f"reason not known: {view.robot.why}" if not isinstance(view.robot, Fact) else "reason not known"


RULE = Rule(
    code="HD301",
    stage=Stage.LOGIN,
    title="login refused",
    cause="bad_credentials",
    sentence="{registry} refuses the login {user} from Secret {secret}; {reason}.",
    examine=examine,
    order=66,
    plans=("mend_payload", "new_login", "mint_robot", "advice"),
    manual=__doc__,
)
