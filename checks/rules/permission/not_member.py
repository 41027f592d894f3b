"""The user is not a member of the project.

What: the login is accepted, but the registry grants it nothing on this project.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: make the user a member (limited guest is enough to pull), or use a robot account of the project.
"""

from checks.facts import Knows
from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, blamed, open_to, project_missing
from checks.rules.permission_rule import is_robot, permission_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a user is accepted and granted nothing."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or trial.knows is not Knows.ACCEPTED or trial.actions is None:
        return None
    if trial.pulls is not False or project_missing(evidence) or not open_to(evidence, "no_permission"):
        return None
    if trial.actions or is_robot(trial):
        return None
    image = evidence.image
    assert image is not None
    subject = Subject("login", "", f"{trial.login.username}@{image.registry}/{image.project}")
    return permission_finding(evidence, trial, "HD401", subject)


RULE = Rule(
    code="HD401",
    stage=Stage.PERMISSION,
    title="not a member of the project",
    cause="no_permission",
    sentence="{registry} accepts {user}, who has no right on project {project}.",
    examine=examine,
    order=70,
    plans=("new_login", "advice"),
    manual=__doc__,
)
