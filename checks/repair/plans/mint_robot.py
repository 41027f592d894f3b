"""Key m: make a robot account in Harbor that may pull exactly these projects, and write its login into the Secret."""

import re

from checks.credentials import Login
from checks.errors import ClusterError
from checks.image import ImageRef
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench, HarborDesk
from checks.repair.draft import draft
from checks.repair.gate import as_advice
from checks.repair.mint import DAYS, MintRobot, robot_spec, stand_in
from checks.repair.plan import FixPlan, LoginProof, Refusal, Safety
from checks.repair.plans.harbor_robot import disabling
from checks.repair.plans.new_login import unnamed, wire_login, write_login
from checks.repair.prove import images_of, in_namespace, of_each_project, secrets_at_fault
from checks.repair.sealed import Sealed
from checks.repair.secretwrite import SecretWrite
from checks.repair.sources import Source
from checks.repair.wiring import Wired
from checks.wording import few

ID, KEY = "mint-robot", "m"
_LONGEST = 60
"""Letters of a robot's own name; Harbor takes many more, its portal shows few."""
_NAMED = 3
"""Secrets that a title names one by one."""
_DEAD = ("HD301", "HD302")
"""Codes whose login may be that of a robot which is there and can be disabled once it is replaced."""


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer a robot account of its own to the namespace; None without a login for Harbor's management.

    Raises ClusterError where something that must be read cannot be, Refused where the login for Harbor is no good.
    """
    images = images_of(problem)
    desk = bench.harbor(images[0].registry) if images else None
    if desk is None or not all(image.project for image in images):
        return None
    targets = secrets_at_fault(problem) or unnamed(problem, bench)
    spaces = {target.namespace for target in targets}
    here = in_namespace(problem, *spaces)
    elsewhere = sorted({pull.namespace for pull in problem.pulls} - spaces)
    notes = (f"The pods in {', '.join(elsewhere)} need a robot account of their own.",) if elsewhere else ()
    return _plan(here, bench, desk, targets, notes)


def _plan(
    problem: Problem, bench: Bench, desk: HarborDesk, targets: tuple[ObjectRef, ...], notes: tuple[str, ...]
) -> FixPlan | Refusal:
    images = images_of(problem)
    host = images[0].registry
    projects = projects_of(problem, host)
    scope = projects[0] if len(projects) == 1 else ""
    may = desk.may(host, scope, "robot", "create")
    spaces = tuple(dict.fromkeys(target.namespace for target in targets))
    whose = spaces[0] if len(spaces) == 1 else ""
    robot = free_robot(desk, host, scope, bench.context, whose) if may is not False else "robot$NEW"
    mint = minting(robot, host, projects, of_each_project(problem, host), bench)
    source = Source(ID, mint.stand_in, LoginProof(True, 0, len(images), ""), "")
    writes = [
        write_login(problem, bench, target, source, images_of(in_namespace(problem, target.namespace)) or images)
        for target in targets
    ]
    wired = [wire_login(problem, bench, target, write) for target, write in zip(targets, writes, strict=True)]
    parts: list[SecretWrite | Wired] = [*writes, *wired]
    old = _old(problem, host, desk, bench)
    plan = draft(
        problem, bench, name=ID, key=KEY, title=_title(robot, projects, targets),
        steps=(mint, *(s for w in writes for s in w.steps), *(s for w in wired for s in w.steps)),
        asks=(minted_ask(desk.user, mint, projects), *_shared(robot, spaces), *(a for w in parts for a in w.asks)),
        warnings=(*_kept(old), *(text for w in parts for text in w.warnings), *notes), then=old,
    )  # fmt: skip
    if may is False and plan.safety is not Safety.ADVICE:
        what = f"{desk.user} may not make robot accounts of {scope}" if scope else _several(desk.user, projects)
        return as_advice(plan, bench, f"No right in Harbor: {what}.")
    return plan


def _shared(robot: str, spaces: tuple[str, ...]) -> tuple[str, ...]:
    """The old login stood in all of these namespaces; that its successor does too is still asked."""
    if len(spaces) == 1:
        return ()
    return (f"One robot account for {len(spaces)} namespaces, as before: whoever may read Secrets in one has {robot}.",)


def _several(user: str, projects: tuple[str, ...]) -> str:
    return f"one robot account for {', '.join(projects)} is the system's, and {user} is no system administrator"


def projects_of(problem: Problem, host: str) -> tuple[str, ...]:
    """Return the Harbor projects that all failing images of a problem come from, sorted."""
    images = (d.evidence.image for d in problem.diagnoses)
    return tuple(sorted({i.project for i in images if i is not None and i.registry == host and i.project}))


def minting(robot: str, host: str, projects: tuple[str, ...], images: tuple[ImageRef, ...], bench: Bench) -> MintRobot:
    """Return the step that makes this robot and proves it on these images."""
    meta = {"namespace": host, "name": robot}
    body = {"kind": "Robot", "metadata": meta, "spec": robot_spec(projects, bench.context)}
    ref = ObjectRef("Robot", host, robot, projects[0] if len(projects) == 1 else "")
    return MintRobot(ref, Sealed(body), stand_in(robot, host), images, bench.prove)


def minted_ask(user: str, mint: MintRobot, projects: tuple[str, ...]) -> str:
    """Say what is made in Harbor, by whom, and for how long."""
    what = f"pull from {', '.join(projects)}, for {DAYS} days"
    return f"{user} makes the robot account {mint.target.name} at {mint.target.namespace}: {what}."


def free_robot(desk: HarborDesk, host: str, project: str, context: str, namespace: str) -> str:
    """Return the full name of a robot that is not there yet; a project of its own stands in the name.

    `namespace` is empty where the robot serves several.
    """
    head = f"{desk.prefix(host, project)}{project}+" if project else desk.prefix(host, project)
    base = slug(f"k8s-{context}-{namespace}")
    names = (base if n == 1 else f"{base}-{n}" for n in range(1, 100))
    return next(head + name for name in names if desk.read(ObjectRef("Robot", host, head + name, project)) is None)


def slug(text: str) -> str:
    """Return a text as Harbor takes it for a robot's name: lower case letters and digits, one sign between them."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower())[:_LONGEST].strip("-") or "k8s"


def _old(problem: Problem, host: str, desk: HarborDesk, bench: Bench) -> FixPlan | None:
    """The plan that disables the robot which is replaced, where it is there and works for somebody still."""
    user = problem.finding.params.get("user", "")
    if problem.code not in _DEAD or not {"$", "+"} & set(user):
        return None
    try:
        return disabling(problem, bench, desk, host, user)
    except ClusterError:
        # Robots of the system are shown to administrators only; the new one can be made all the same.
        return None


def _kept(old: FixPlan | None) -> tuple[str, ...]:
    if old is None:
        return ()
    return (f"{old.targets[0].name} is kept; once the pods have pulled you are asked whether to disable it.",)


def _title(robot: str, projects: tuple[str, ...], targets: tuple[ObjectRef, ...]) -> str:
    where = few([f"{t.namespace}/{t.name}" for t in targets], _NAMED)
    return f"Make robot account {robot} that pulls {', '.join(projects)}, write it into Secret {where}"
