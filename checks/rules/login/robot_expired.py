"""The robot account has expired.

What: Harbor gives robots 30 days unless told otherwise, and warns nobody.

Why it matters: on the wire it looks like any wrong password; only Harbor's own list of robots tells. What counts is
Harbor's clock: where this machine's says otherwise, the verdict names the clock that it goes by.

What to do: extend the robot in Harbor (days count from its creation; -1 is never), or put another login into
the Secret.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule
from checks.rules.past import past
from checks.rules.robot_rule import refused_robot, robot_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor's API shows it, it is so by Harbor's clock, and the login is refused."""
    view = refused_robot(evidence)
    if view is None or not isinstance(view.robot, Fact):
        return None
    robot = view.robot.value
    said = past(evidence, robot.expires_at) if robot is not None else ""
    return robot_finding(evidence, "HD302", f"expired {said}") if said else None


RULE = Rule(
    code="HD302",
    stage=Stage.LOGIN,
    title="robot expired",
    cause="bad_credentials",
    sentence="The robot account {user} in Secret {secret} {detail}.",
    examine=examine,
    order=60,
    plans=("new_login", "extend_robot", "mint_robot", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
