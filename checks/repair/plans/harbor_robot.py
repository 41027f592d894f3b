"""Changes to robot accounts that are there: enable, extend, disable. Their secrets stay as they are."""

import math
from datetime import UTC, datetime

from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench, HarborDesk
from checks.repair.declared import Fields, with_fields
from checks.repair.draft import draft
from checks.repair.gate import as_advice
from checks.repair.harborshow import grants
from checks.repair.kinds import robot_project
from checks.repair.mint import DAYS
from checks.repair.plan import FixPlan, Refusal, Safety
from checks.repair.prove import registry_of
from checks.repair.sealed import Sealed
from checks.repair.steps import Body
from checks.repair.writes import ReplaceObject

DISABLE, DISABLE_KEY = "disable-robot", "d"


def renewing(problem: Problem, bench: Bench, name: str, key: str) -> FixPlan | Refusal | None:
    """Offer to enable the problem's robot, and to let it last 90 more days where it has expired.

    None without a login for Harbor's management, or where the robot is not there.
    """
    host = registry_of(problem)
    desk = bench.harbor(host) if host else None
    robot = problem.finding.params.get("user", "")
    body = desk.read(ObjectRef("Robot", host, robot)) if desk is not None else None
    if desk is None or body is None:
        return None
    fields = _renewed(body, desk.now(host))
    if not fields:
        return None
    asks = (
        f"{desk.user} changes {robot} at {host}; everybody who knows its secret can use it again: "
        f"{grants(body['spec'])}.",
    )
    return _changing(problem, bench, desk, body, fields, (name, key, _title(fields, robot)), asks)


def disabling(problem: Problem, bench: Bench, desk: HarborDesk, host: str, robot: str) -> FixPlan | None:
    """Return the plan that disables a robot which has been replaced; None where it is gone or disabled already."""
    body = desk.read(ObjectRef("Robot", host, robot))
    if body is None or body["spec"].get("disable"):
        return None
    ask = f"Everybody else who uses {robot} is refused from then on."
    if _over(body, desk.now(host)):
        ask = f"{robot} has expired, so nobody can use it now; disabled it stays so, even if somebody extends it."
    title = f"Disable robot account {robot}"
    made = _changing(problem, bench, desk, body, {("spec", "disable"): True}, (DISABLE, DISABLE_KEY, title), (ask,))
    return made if made.safety is not Safety.ADVICE else None


def _changing(
    problem: Problem, bench: Bench, desk: HarborDesk, body: Body, fields: Fields, named: tuple[str, str, str],
    asks: tuple[str, ...],
) -> FixPlan:  # fmt: skip
    ref = ObjectRef("Robot", str(body["metadata"]["namespace"]), str(body["metadata"]["name"]), robot_project(body))
    name, key, title = named
    step = ReplaceObject(ref, Sealed(body), Sealed(with_fields(body, fields)))
    plan = draft(problem, bench, name=name, key=key, title=title, steps=(step,), asks=asks)
    project = robot_project(body) or ""
    if plan.safety is Safety.ADVICE or desk.may(ref.namespace, project, "robot", "update") is not False:
        return plan
    whose = f"of {project}" if project else "of the system"
    return as_advice(plan, bench, f"No right in Harbor: {desk.user} may not change robot accounts {whose}.")


def _renewed(body: Body, now: datetime) -> Fields:
    """What must change, `now` by Harbor's clock. A duration counts from the day the robot was made (2.15 recorded)."""
    spec, status = body["spec"], body.get("status") or {}
    fields: Fields = {}
    if _over(body, now):
        fields["spec", "duration"] = max(1, math.ceil((now - _born(status, now)).total_seconds() / 86400)) + DAYS
    if spec.get("disable"):
        fields["spec", "disable"] = False
    return fields


def _over(body: Body, now: datetime) -> bool:
    expires = (body.get("status") or {}).get("expires_at")
    return isinstance(expires, int) and 0 < expires <= now.timestamp()


def _born(status: Body, now: datetime) -> datetime:
    """Harbor writes UTC; where its time cannot be read, or is Go's that is not set, the robot counts as made now."""
    try:
        read = datetime.fromisoformat(str(status.get("creation_time")).replace("Z", "+00:00"))
    except ValueError:
        return now
    return now if read.year == 1 else read if read.tzinfo else read.replace(tzinfo=UTC)


def _title(fields: Fields, robot: str) -> str:
    extended = f" by {DAYS} days" if ("spec", "duration") in fields else ""
    if ("spec", "disable") in fields:
        return f"Enable robot account {robot}" + (f", and extend it{extended}" if extended else "")
    return f"Extend robot account {robot}{extended}"
