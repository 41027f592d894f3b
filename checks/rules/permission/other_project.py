"""The robot account belongs to another project.

What: the robot is accepted, but has no right on this project. A project robot works in its own project only,
and cannot be made a member of another.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: use a robot of this project, or a system robot that covers it.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, is_harbor
from checks.rules.permission_rule import is_robot, permission_finding, without_pull


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a robot is accepted and granted nothing."""
    image, trial = evidence.image, without_pull(evidence)
    if trial is None or trial.actions or not is_robot(evidence, trial) or not is_harbor(evidence):
        return None
    assert image is not None
    assert trial.login is not None
    subject = Subject("robot", "", f"{trial.login.username}@{image.registry}/{image.project}")
    return permission_finding(evidence, trial, "HD402", subject)


RULE = Rule(
    code="HD402",
    stage=Stage.PERMISSION,
    title="robot of other project",
    cause="no_permission",
    sentence="{registry} accepts the robot {user}, which has no right on project {project}.",
    examine=examine,
    order=71,
    plans=("new_login", "mint_robot", "advice"),
    manual=__doc__,
)
