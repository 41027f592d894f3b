"""The user is not a member of the project.

What: the login is accepted, but the registry grants it nothing on this project. Since 2.16 Harbor's audit log tells who
took a member out.

Why it matters: the kubelet's message is the same 401 as for a wrong password; the token tells the difference.

What to do: make the user a member (limited guest is enough to pull), or use a robot account of the project.
"""

from dataclasses import replace

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, is_harbor
from checks.rules.permission_rule import is_robot, permission_finding, without_pull
from checks.rules.removal_rule import account_removed, log_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire where a user is accepted and granted nothing; elsewhere than on Harbor there may be no such repository."""
    image, trial = evidence.image, without_pull(evidence)
    if trial is None or trial.actions or is_robot(evidence, trial) or not is_harbor(evidence):
        return None
    assert image is not None
    assert trial.login is not None
    subject = Subject("login", "", f"{trial.login.username}@{image.registry}/{image.project}")
    user = trial.login.username
    view = evidence.harbor.get(user)
    found = permission_finding(evidence, trial, "HD401", subject)
    gone = account_removed(evidence.gathered, view.gone, user) if view is not None else ""
    # Before 2.16 Harbor noted nothing about members: that the log has no entry tells nothing.
    told = log_proofs(view.gone) if view is not None and gone else ()
    return replace(found, params={**found.params, "gone": gone}, proofs=(*found.proofs, *told))


RULE = Rule(
    code="HD401",
    stage=Stage.PERMISSION,
    title="not a project member",
    cause="no_permission",
    sentence="{registry} accepts {user}, who has no right on project {project}{gone}.",
    examine=examine,
    order=70,
    plans=("new_login", "add_member", "mint_robot", "advice"),
    manual=__doc__,
)
