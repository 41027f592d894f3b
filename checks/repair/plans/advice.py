"""What to do by hand where we may not, or cannot: a short text, and commands to copy."""

from checks.credentials import Login
from checks.model import Problem
from checks.repair.bench import Bench
from checks.repair.plan import FixPlan, Refusal, Safety
from checks.repair.texts import TEXTS, Case

ID, KEY = "advice", "i"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Return the advice for this problem's code, or for its stage; never None."""
    case = Case(problem, bench)
    text = TEXTS.get(problem.code) or TEXTS.get(problem.stage.value) or TEXTS["other"]
    title, lines = text(case)
    return FixPlan(ID, KEY, title, problem.id, Safety.ADVICE, (), advice="\n".join(lines))
