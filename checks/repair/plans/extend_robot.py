"""Key o: let a robot account that has expired last longer; its secret stays as it is."""

from checks.credentials import Login
from checks.model import Problem
from checks.repair.bench import Bench
from checks.repair.plan import FixPlan, Refusal
from checks.repair.plans.harbor_robot import renewing

ID, KEY = "extend-robot", "o"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer it; None without a login for Harbor's management, or where the robot is not there."""
    return renewing(problem, bench, ID, KEY)
