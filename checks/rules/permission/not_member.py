"""The user is not a member of the project.

What: the login is accepted, but the registry grants it nothing on this project.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: make the user a member (limited guest is enough to pull), or use a robot account of the project.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, is_harbor
from checks.rules.permission_rule import is_robot, permission_finding, without_pull


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a user is accepted and granted nothing; elsewhere than on Harbor there may be no such repository."""
    image, trial = evidence.image, without_pull(evidence)
    if trial is None or trial.actions or is_robot(evidence, trial) or not is_harbor(evidence):
        return None
    assert image is not None
    assert trial.login is not None
    subject = Subject("login", "", f"{trial.login.username}@{image.registry}/{image.project}")
    return permission_finding(evidence, trial, "HD401", subject)


RULE = Rule(
    code="HD401",
    stage=Stage.PERMISSION,
    title="not a project member",
    cause="no_permission",
    sentence="{registry} accepts {user}, who has no right on project {project}.",
    examine=examine,
    order=70,
    plans=("new_login", "advice"),
    manual=__doc__,
)
