"""The robot account does not exist any more.

What: no robot of that name is in Harbor: it was deleted, or its project was. Harbor's audit log tells who did it.

Why it matters: on the wire it looks like any wrong password; only Harbor's own list of robots tells.

What to do: make a new robot that may pull, and put its login into the Secret.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, blamed
from checks.rules.removal_rule import account_removed, log_proofs
from checks.rules.robot_rule import refused_robot, robot_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor's API shows it and the login is refused."""
    view, trial = refused_robot(evidence), blamed(evidence)
    if trial is None or trial.login is None or view is None or not isinstance(view.robot, Fact):
        return None
    robot = view.robot.value
    if robot is not None:
        return None
    by = account_removed(evidence.gathered, view.gone, trial.login.username)
    return robot_finding(evidence, "HD304", f"does not exist in Harbor{by}", log_proofs(view.gone))


RULE = Rule(
    code="HD304",
    stage=Stage.LOGIN,
    title="robot gone",
    cause="bad_credentials",
    sentence="The robot account {user} in Secret {secret} {detail}.",
    examine=examine,
    order=62,
    plans=("new_login", "mint_robot", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
