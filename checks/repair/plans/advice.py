"""What to do by hand where we may not, or cannot: a short text, and commands to copy."""

from checks.credentials import Login
from checks.model import Problem
from checks.repair.advice import advise
from checks.repair.advice.case import Case
from checks.repair.bench import Bench
from checks.repair.commands import one_line
from checks.repair.plan import FixPlan, Refusal, Safety

ID, KEY = "advice", "i"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Return the advice for this problem's code, or for its stage; never None."""
    title, lines = advise(Case(problem, bench))
    return FixPlan(ID, KEY, title, problem.id, Safety.ADVICE, (), advice="\n".join(map(one_line, lines)))
