"""What the permission rules share."""

from checks.facts import Fact, Knows, Trial
from checks.model import Evidence, Finding, Proof, Subject
from checks.rules.base import DENIALS, blamed, kubelet_proof, open_to, project_missing, trial_proofs, trial_secret


def without_pull(evidence: Evidence) -> Trial | None:
    """Return the trial whose login is accepted, is granted no pull, and is refused the image; else None."""
    trial = blamed(evidence)
    if trial is None or trial.knows is not Knows.ACCEPTED or trial.actions is None or trial.actions & {"pull", "*"}:
        return None
    if trial.manifest is None or trial.manifest.status not in DENIALS or project_missing(evidence):
        return None
    return trial if open_to(evidence, "no_permission") else None


def is_robot(evidence: Evidence, trial: Trial) -> bool:
    """Is the login a robot account, by its name, by whom the registry took it for, or by Harbor's API?"""
    user = trial.login.username if trial.login else ""
    view = evidence.harbor.get(user)
    known = view is not None and isinstance(view.robot, Fact) and view.robot.value is not None
    return known or "$" in user or trial.subject.startswith("robot$")


def permission_finding(evidence: Evidence, trial: Trial, code: str, subject: Subject) -> Finding:
    """Return the finding about an accepted login without the right."""
    assert evidence.image is not None
    assert trial.login is not None
    actions = ", ".join(sorted(trial.actions or ()))
    return Finding(
        code,
        subject,
        {
            "registry": evidence.image.registry,
            "user": trial.login.username,
            "project": evidence.image.project or evidence.image.repository,
            "actions": actions,
            "secret": str(trial_secret(evidence, trial)),
        },
        (
            Proof("registry", f"the token is for {trial.subject or 'nobody'} and grants {actions or 'nothing'}"),
            kubelet_proof(evidence),
            *trial_proofs(trial),
        ),
    )
