"""The robot account is disabled.

What: somebody switched the robot off in Harbor.

Why it matters: on the wire it looks like any wrong password; only Harbor's own list of robots tells.

What to do: enable it in Harbor if that was not meant, or put another login into the Secret.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.robot_rule import refused_robot, robot_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor's API shows it and the login is refused."""
    view = refused_robot(evidence)
    if view is None or not isinstance(view.robot, Fact):
        return None
    robot = view.robot.value
    if robot is None or not robot.disabled:
        return None
    return robot_finding(evidence, "HD303", "is disabled in Harbor")


RULE = Rule(
    code="HD303",
    stage=Stage.LOGIN,
    title="robot disabled",
    cause="bad_credentials",
    sentence="The robot account {user} in Secret {secret} {detail}.",
    examine=examine,
    order=61,
    plans=("new_login", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
