"""Key u: make the user a member of the project, with the least role that pulls."""

from checks.credentials import Login
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.gate import as_advice
from checks.repair.plan import FixPlan, Refusal, Safety
from checks.repair.sealed import Sealed
from checks.repair.writes import CreateObject

ID, KEY = "add-member", "u"

LIMITED_GUEST = 5
"""Harbor's number of the role: it pulls, and sees neither members nor robots (Harbor 2.15 recorded)."""


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer the membership; None without a login for Harbor's management.

    Raises Refused where that login is no good.
    """
    host, project, user = (problem.finding.params.get(name, "") for name in ("registry", "project", "user"))
    desk = bench.harbor(host) if host else None
    if desk is None or not project or not user:
        return None
    step = joining(host, project, user)
    title = f"Make {user} a limited guest of project {project}"
    asks = (f"{desk.user} makes {user} a member of {project} at {host}: who knows that password can pull all of it.",)
    plan = draft(problem, bench, name=ID, key=KEY, title=title, steps=(step,), asks=asks)
    if plan.safety is Safety.ADVICE or desk.may(host, project, "member", "create") is not False:
        return plan
    return as_advice(plan, bench, f"No right in Harbor: {desk.user} may not add members to {project}.")


def joining(host: str, project: str, user: str) -> CreateObject:
    """Return the step that makes a user a limited guest of a project."""
    name = f"{project}/{user}"
    body = {"kind": "Member", "metadata": {"namespace": host, "name": name}, "spec": {"role_id": LIMITED_GUEST}}
    return CreateObject(ObjectRef("Member", host, name), Sealed(body))
