"""Everything that a namespace needs to pull from a Harbor project, as one plan: only what is not so already.

Project, membership or robot account, Secret, ServiceAccount; one receipt takes all of it back.
"""

from dataclasses import dataclass, replace

from checks.credentials import Login, OriginKind
from checks.errors import Refused, UsageError
from checks.facts import Unknown
from checks.image import ImageNameError, ImageRef, parse
from checks.model import ObjectRef
from checks.repair.bench import Bench, HarborDesk
from checks.repair.gate import gate, login_asks
from checks.repair.healing import with_new_login
from checks.repair.kinds import pull_list
from checks.repair.mint import MintRobot
from checks.repair.payload import new_secret
from checks.repair.plan import FixPlan, LoginProof, Safety
from checks.repair.plans.add_member import joining
from checks.repair.plans.mint_robot import free_robot, minted_ask, minting
from checks.repair.sealed import Sealed
from checks.repair.secretwrite import SecretWrite, write_secret
from checks.repair.steps import Body, Step
from checks.repair.wiring import wire_account
from checks.repair.workload import Carrier
from checks.repair.writes import CreateObject

ID = "onboard"
_NOTHING = "harbor-doctor-onboard:none"
"""Repository and tag that no project has: asked for where a project is empty, for the rights that come with it."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Who is to pull from where."""

    namespace: str
    host: str
    project: str
    user: str = ""
    """Make this user a member; empty: make a robot account."""
    secret: str = "harbor-pull"
    account: str = "default"
    cluster: str = ""
    """The context, where several clusters are looked at."""


@dataclass(frozen=True, slots=True)
class Onboarding:
    """What has to be done, what is so already, and what the test pull at the end is made of."""

    wanted: Wanted
    plan: FixPlan | None
    """None: nothing has to be done."""
    already: tuple[str, ...]
    image: ImageRef
    nothing: str
    """Why nothing can be fetched, `web is empty`, so that only the granted rights can be asked; else empty."""
    secret: str


@dataclass(frozen=True, slots=True)
class _Part:
    steps: tuple[Step, ...] = ()
    already: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def onboard(wanted: Wanted, bench: Bench, login: Login | None = None) -> Onboarding:
    """Look what is there and return what has to be done; `login`: the user's own, where no Secret holds it yet.

    Raises Refused where it cannot be done, UsageError where something must be given, ClusterError.
    """
    desk = bench.harbor(wanted.host)
    if desk is None:
        raise Refused(f"to onboard, a login for Harbor at {wanted.host} is needed, and none was given for it")
    account = bench.read(ObjectRef("ServiceAccount", wanted.namespace, wanted.account))
    if account is None:
        where = f"{wanted.namespace} has no ServiceAccount {wanted.account}, or there is no such namespace"
        raise Refused(where)
    sample = desk.sample(wanted.host, wanted.project)
    image, nothing = _image(wanted, sample if isinstance(sample, str) else ""), _nothing(wanted, sample)
    project = _project(wanted, desk)
    held = _held(wanted, bench, account, image, nothing)
    who, secret, name = _login(wanted, bench, desk, image, held, login, nothing)
    attached = _attached(wanted, account, name)
    parts = (project, who, secret, attached)
    already = tuple(text for part in parts for text in part.already)
    return Onboarding(wanted, _plan(wanted, bench, parts), already, image, nothing, name)


def _nothing(wanted: Wanted, sample: str | Unknown) -> str:
    if isinstance(sample, Unknown):
        return f"{wanted.project} could not be looked at ({sample.why})"
    return "" if sample else f"{wanted.project} is empty"


def _image(wanted: Wanted, sample: str) -> ImageRef:
    try:
        found = parse(f"{wanted.host}/{sample or f'{wanted.project}/{_NOTHING}'}")
    except ImageNameError:
        raise UsageError(f"{wanted.project} at {wanted.host} is not the name of a Harbor project") from None
    if found.project != wanted.project or found.registry != wanted.host:
        raise UsageError(f"{wanted.project} at {wanted.host} is not the name of a Harbor project")
    return found


def _plan(wanted: Wanted, bench: Bench, parts: tuple[_Part, ...]) -> FixPlan | None:
    steps = tuple(step for part in parts for step in part.steps)
    if not steps:
        return None
    title = f"Onboard {wanted.namespace}: pulls from project {wanted.project} at {wanted.host}"
    plan = FixPlan(
        id=ID, key="", title=title, problem="", safety=Safety.CONFIRM, steps=steps,
        asks=tuple(text for part in parts for text in part.asks) or (f"{title}.",),
        warnings=tuple(text for part in parts for text in part.warnings),
        retry="new pods pull with it from now on", home=wanted.namespace,
    )  # fmt: skip
    return gate(plan, bench)


def _project(wanted: Wanted, desk: HarborDesk) -> _Part:
    ref = ObjectRef("Project", wanted.host, wanted.project)
    there = desk.read(ref)
    if there is None:
        meta = {"namespace": ref.namespace, "name": ref.name}
        body = {"kind": "Project", "metadata": meta, "spec": {"public": False}}
        ask = f"{desk.user} makes the private project {ref.name} at {ref.namespace}."
        return _Part((CreateObject(ref, Sealed(body)),), asks=(ask,))
    kind = "public" if there["spec"].get("public") else "private"
    return _Part(already=(f"project {ref.name} is there ({kind})",))


def _held(wanted: Wanted, bench: Bench, account: Body, image: ImageRef, nothing: str) -> tuple[str, Login, bool] | None:
    """A Secret whose login is good for this, attached ones first: name, login, and whether it pulls by now."""
    known = None
    for name in dict.fromkeys((*pull_list(account), wanted.secret)):
        found = bench.try_secret(wanted.namespace, name, (image,)) if name else None
        if found is None or (wanted.user and found[0].username != wanted.user) or found[1].refused:
            continue
        if pulls(found[0], image, nothing, bench).proven:
            return name, found[0], True
        known = known or ((name, found[0], False) if wanted.user else None)
    return known


def pulls(login: Login, image: ImageRef, nothing: str, bench: Bench) -> LoginProof:
    """Try the login on an image of the project, or, where there is none to be had, say what its token grants."""
    tried = bench.prove(login, (image,))
    if tried.proven:
        return replace(tried, sentence=f"{login.username} pulls {image.repository}@{image.reference[:19]}")
    granted = bench.granted(login, image)
    if tried.refused or not granted.proven:
        return tried
    why = f"{image.repository} is not served ({tried.sentence.partition('; ')[2] or tried.sentence})"
    said = f"{nothing or why}, so nothing was fetched"
    return replace(granted, sentence=f"{said}: the token of {login.username} grants pull there")


def _login(
    wanted: Wanted, bench: Bench, desk: HarborDesk, image: ImageRef, held: tuple[str, Login, bool] | None,
    login: Login | None, nothing: str,
) -> tuple[_Part, _Part, str]:  # fmt: skip
    """What gives the right to pull, what writes the login, and the name of the Secret that then holds it."""
    if held is not None and (held[2] or wanted.user):
        there = _Part(already=(f"Secret {wanted.namespace}/{held[0]} holds the login {held[1].username}",))
        if held[2]:
            return _Part(already=(f"{held[1].username} pulls from {wanted.project}",)), there, held[0]
        return _membership(wanted, desk), there, held[0]
    if wanted.user:
        written = _secret(wanted, bench, image, _users(wanted, bench, image, login))
        return _membership(wanted, desk), *written
    mint = _minting(wanted, bench, desk, image, nothing)
    robot = _Part((mint,), asks=(minted_ask(desk.user, mint, (wanted.project,)),))
    return robot, *_secret(wanted, bench, image, mint.stand_in)


def _minting(wanted: Wanted, bench: Bench, desk: HarborDesk, image: ImageRef, nothing: str) -> MintRobot:
    if desk.may(wanted.host, wanted.project, "robot", "create") is False:
        raise Refused(f"{desk.user} may not make robot accounts of {wanted.project} at Harbor {wanted.host}")
    robot = free_robot(desk, wanted.host, wanted.project, bench.context, wanted.namespace)
    mint = minting(robot, wanted.host, (wanted.project,), (image,), bench)
    return replace(mint, prove=lambda made, _: pulls(made, image, nothing, bench))


def _membership(wanted: Wanted, desk: HarborDesk) -> _Part:
    step = joining(wanted.host, wanted.project, wanted.user)
    new = desk.read(ObjectRef("Project", wanted.host, wanted.project)) is None
    if not new and desk.read(step.target) is not None:
        return _Part(already=(f"{wanted.user} is a member of {wanted.project}",))
    if desk.may(wanted.host, wanted.project, "member", "create") is False:
        raise Refused(f"{desk.user} may not add members to {wanted.project} at Harbor {wanted.host}")
    return _Part((step,), asks=(f"{desk.user} makes {wanted.user} a limited guest of {wanted.project}.",))


def _users(wanted: Wanted, bench: Bench, image: ImageRef, login: Login | None) -> Login:
    if login is None:
        raise UsageError(f"no Secret of {wanted.namespace} holds the login {wanted.user}: its password is needed")
    if bench.granted(login, image).refused:
        raise Refused(f"{wanted.host} refuses the login {wanted.user}")
    return login


def _secret(wanted: Wanted, bench: Bench, image: ImageRef, login: Login) -> tuple[_Part, str]:
    ref = ObjectRef("Secret", wanted.namespace, wanted.secret)
    body = bench.read(ref)
    if body is None:
        made = write_secret(ref, None, new_secret(ref.namespace, ref.name, wanted.host, login), bench)
        return _part(made, login), made.name
    mended = with_new_login(body, login, LoginProof(True, 0, 1, ""), (image,), ())
    written = write_secret(ref, body, mended.body, bench)
    return _part(replace(written, asks=(*mended.asks, *written.asks)), login), written.name


def _part(write: SecretWrite, login: Login) -> _Part:
    """The stand-in of a robot that is about to be made is nobody's personal login."""
    asks = () if login.origin.kind is OriginKind.OPERATOR else login_asks(login, LoginProof(True, 0, 0, ""))
    return _Part(write.steps, (), (*asks, *write.asks), write.warnings)


def _attached(wanted: Wanted, account: Body, secret: str) -> _Part:
    ref = ObjectRef("ServiceAccount", wanted.namespace, wanted.account)
    if secret in pull_list(account):
        return _Part(already=(f"ServiceAccount {wanted.account} names {secret}",))
    wired = wire_account(Carrier(ref, account), account, secret)
    return _Part(wired.steps, (), wired.asks, wired.warnings)
