"""What a plan or an advice would have in the cluster: each object once, as it is and as it should be."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, shown_key
from checks.dockerpayload import decode_auth
from checks.errors import DoctorError
from checks.managers import Manager, managers
from checks.model import ObjectRef, Problem, Stage
from checks.repair.bench import Bench
from checks.repair.declared import with_fields
from checks.repair.kinds import HARBOR, list_holder, pull_list, template_path, with_name
from checks.repair.payload import RawEntry, find
from checks.repair.plan import FixPlan
from checks.repair.prove import registry_of, secrets_at_fault
from checks.repair.steps import Body
from checks.repair.workload import carrier

NEW_SECRET = "harbor-pull"
FILL_USER = "FILL-IN-THE-USER-NAME"
_OF_A_LOGIN = (Stage.WIRING, Stage.LOGIN, Stage.PERMISSION)
_NO_SECRET = "HD101"


@dataclass(frozen=True, slots=True)
class Written:
    """One object; None: it is not there before, or not afterwards."""

    ref: ObjectRef
    before: Body | None = field(repr=False)
    after: Body | None = field(repr=False)

    @property
    def managers(self) -> tuple[Manager, ...]:
        """Who writes it besides us, by its marks."""
        return managers({"kind": self.ref.kind, **self.before}) if self.before else ()

    def kept_by(self, name: str) -> Manager | None:
        """The manager of this name, where the marks show it."""
        return next((manager for manager in self.managers if manager.name == name), None)


def written(plan: FixPlan, problem: Problem, bench: Bench) -> tuple[Written, ...]:
    """Return the objects that the plan's steps write; of an advice those that a new login would go into."""
    if not plan.steps:
        return tuple(_advised(problem, bench))
    found: dict[ObjectRef, Written] = {}
    for step in plan.steps:
        if step.target.kind in ("Pod", *HARBOR):
            continue
        known = found.get(step.target)
        before = known.before if known and known.before else step.before.body() if step.before else None
        found[step.target] = Written(step.target, before, step.after.body() if step.after else None)
    return tuple(found.values())


def _advised(problem: Problem, bench: Bench) -> Iterator[Written]:
    if problem.stage not in _OF_A_LOGIN or not registry_of(problem):
        return
    space = problem.subject.namespace or problem.pulls[0].namespace
    for ref in secrets_at_fault(problem) or (ObjectRef("Secret", space, NEW_SECRET),):
        body = _read(ref, bench)
        yield Written(ref, body, body or {"type": DOCKER_CONFIG_JSON})
    if problem.code == _NO_SECRET:
        yield from _named(problem, bench)


def _named(problem: Problem, bench: Bench) -> Iterator[Written]:
    """Pods without any pull Secret have to be told of one."""
    try:
        found = carrier(problem.pulls[0], bench)
    except DoctorError:
        return
    holder = list_holder(found.ref.kind, found.body)
    if found.body is None or NEW_SECRET in pull_list(holder):
        return
    where = () if found.ref.kind == "ServiceAccount" else (*template_path(found.ref.kind), "spec")
    listed = with_name(holder, NEW_SECRET)["imagePullSecrets"]
    yield Written(found.ref, found.body, with_fields(found.body, {(*where, "imagePullSecrets"): listed}))


def _read(ref: ObjectRef, bench: Bench) -> Body | None:
    try:
        return bench.read(ref)
    except DoctorError:
        return None


def secret_type(body: Body) -> str:
    """Return the type that the kubelet reads; one of another type is made anew as the newer one."""
    return DOCKER_CFG if body.get("type") == DOCKER_CFG else DOCKER_CONFIG_JSON


def logins(body: Body, host: str) -> tuple[tuple[str, str], ...]:
    """Return registry key and user name of every entry, without passwords; one for `host` where there is none."""
    payload = find(body)
    found = tuple((shown_key(entry.key), _user(entry)) for entry in payload.entries) if payload else ()
    return found or ((host, FILL_USER),)


def _user(entry: RawEntry) -> str:
    fields = entry.fields
    user = decode_auth(fields.auth)[0] if fields.auth and not entry.broken else fields.username
    return user.strip() or FILL_USER
