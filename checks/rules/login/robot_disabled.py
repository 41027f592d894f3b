"""The robot account is disabled.

What: somebody switched the robot off in Harbor. Since when is not recorded; its entry tells when it was last changed,
and it has been off since then at the latest.

Why it matters: on the wire it looks like any wrong password; only Harbor's own list of robots tells.

What to do: enable it in Harbor if that was not meant, or put another login into the Secret.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.robot_rule import refused_robot, robot_finding
from checks.rules.when import day


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor's API shows it and the login is refused."""
    view = refused_robot(evidence)
    if view is None or not isinstance(view.robot, Fact):
        return None
    robot = view.robot.value
    if robot is None or not robot.disabled:
        return None
    since = f", and has been since {day(robot.changed)} at the latest" if robot.changed is not None else ""
    return robot_finding(evidence, "HD303", f"is disabled in Harbor{since}")


RULE = Rule(
    code="HD303",
    stage=Stage.LOGIN,
    title="robot disabled",
    cause="bad_credentials",
    sentence="The robot account {user} in Secret {secret} {detail}.",
    examine=examine,
    order=61,
    plans=("new_login", "enable_robot", "mint_robot", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
