"""What the permission rules share."""

from checks.facts import Trial
from checks.model import Evidence, Finding, Proof, Subject
from checks.rules.base import kubelet_proof, trial_proofs, trial_secret


def is_robot(trial: Trial) -> bool:
    """Is the login a robot account, by its name or by whom the registry took it for?"""
    return "$" in (trial.login.username if trial.login else "") or trial.subject.startswith("robot$")


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
