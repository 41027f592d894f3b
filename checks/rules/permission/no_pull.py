"""The login may not pull.

What: the token grants actions on the project, but `pull` is not among them: a push-only robot.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: add `pull` to the robot's permissions, or use a login that has it.
"""

from checks.facts import Knows
from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, blamed, open_to, project_missing
from checks.rules.permission_rule import permission_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where rights are granted without pull."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or trial.knows is not Knows.ACCEPTED or trial.actions is None:
        return None
    if trial.pulls is not False or project_missing(evidence) or not open_to(evidence, "no_permission"):
        return None
    if not trial.actions or "pull" in trial.actions:
        return None
    image = evidence.image
    assert image is not None
    subject = Subject("robot", "", f"{trial.login.username}@{image.registry}/{image.project}")
    return permission_finding(evidence, trial, "HD403", subject)


RULE = Rule(
    code="HD403",
    stage=Stage.PERMISSION,
    title="login may not pull",
    cause="no_permission",
    sentence="{registry} grants {user} {actions} on project {project}, but not pull.",
    examine=examine,
    order=72,
    plans=("new_login", "advice"),
    manual=__doc__,
)
