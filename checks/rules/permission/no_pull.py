"""The login may not pull.

What: the token grants actions on the project, but `pull` is not among them: a push-only robot.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: add `pull` to the robot's permissions, or use a login that has it.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule
from checks.rules.permission_rule import permission_finding, without_pull


def examine(evidence: Evidence) -> Finding | None:
    """Fire where rights are granted without pull."""
    image, trial = evidence.image, without_pull(evidence)
    if trial is None or not trial.actions:
        return None
    assert image is not None
    assert trial.login is not None
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
    plans=("new_login", "mint_robot", "advice"),
    manual=__doc__,
)
