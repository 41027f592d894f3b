"""The robot account has another name since Harbor's robot prefix was changed.

What: what Harbor puts before robot names (`robot$` by default) is a setting of the whole Harbor. The robot and its
secret are as before; its old name is nobody's.

Why it matters: all robots of this Harbor fail at once, each looking like a wrong password.

What to do: write the new name into the Secrets, or set the prefix back in Harbor (Configuration, System Settings).
"""

from checks.facts import Fact, Knows, Variant
from checks.model import Evidence, Finding, Stage
from checks.rules.base import Rule, blamed, login_proofs
from checks.rules.robot_rule import refused_robot, robot_finding


def examine(evidence: Evidence) -> Finding | None:
    """Fire where Harbor's API shows the refused robot under another name."""
    view, trial = refused_robot(evidence), blamed(evidence)
    robot = view.robot.value if view is not None and isinstance(view.robot, Fact) else None
    if robot is None or trial is None or trial.login is None or robot.name == trial.login.username:
        return None
    proof = _accepted(evidence, robot.name)
    said = "and the same password is accepted under it" if proof else "the password under it is not proven"
    found = robot_finding(evidence, "HD305", f"is called {robot.name} in Harbor now, {said}")
    if proof is None:
        return found
    return Finding(found.code, found.subject, found.params, (*found.proofs, *login_proofs(proof.trial)))


def _accepted(evidence: Evidence, name: str) -> Variant | None:
    tried = (v for v in evidence.variants if v.kind == "robot_prefix" and v.trial.knows is Knows.ACCEPTED)
    return next((v for v in tried if v.trial.login is not None and v.trial.login.username == name), None)


RULE = Rule(
    code="HD305",
    stage=Stage.LOGIN,
    title="robot prefix changed",
    cause="bad_credentials",
    sentence="The robot account {user} in Secret {secret} {detail}.",
    examine=examine,
    order=63,
    plans=("mend_payload", "new_login", "advice"),
    explains=("HD301", "HD307"),
    manual=__doc__,
)
