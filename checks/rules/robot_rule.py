"""What the robot rules share: the login is refused, and Harbor's API says what became of the robot."""

from checks.facts import Fact, HarborView
from checks.model import Evidence, Finding, Proof
from checks.rules.base import blamed, kubelet_proof, login_proofs, open_to, trial_secret, turned_away


def refused_robot(evidence: Evidence) -> HarborView | None:
    """Return what Harbor's API tells about the refused robot, or None where the login is no refused robot."""
    trial = blamed(evidence)
    if trial is None or trial.login is None or not open_to(evidence, "bad_credentials"):
        return None
    if not turned_away(evidence, trial):
        return None
    view = evidence.harbor.get(trial.login.username)
    return view if view is not None and "$" in trial.login.username else None


def robot_finding(evidence: Evidence, code: str, detail: str, more: tuple[Proof, ...] = ()) -> Finding:
    """Return the finding about the blamed robot, with the API's word and `more` among its proofs."""
    trial = blamed(evidence)
    assert trial is not None
    assert trial.login is not None
    subject = trial_secret(evidence, trial)
    user = trial.login.username
    robot = evidence.harbor[user].robot
    at = robot.at if isinstance(robot, Fact) else None
    return Finding(
        code,
        subject,
        {"user": user, "secret": str(subject), "detail": detail},
        (
            Proof("harbor", f"robot account {user} {detail}", at),
            *more,
            kubelet_proof(evidence),
            *login_proofs(trial),
        ),
    )
