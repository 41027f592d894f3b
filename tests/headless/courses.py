"""Every plan that writes, as a person starts it from the command line: on which trouble, with which arguments."""

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.scenarios import SCENARIOS, Scenario, says
from checks.demo.scenarios.model import HARBOR, Workload, entry, payload, pull_secret
from checks.demo.world import World
from checks.repair import onboard, plans, sources
from checks.repair.plans import advice


@dataclass(frozen=True, slots=True)
class Course:
    """One plan on one small world."""

    name: str
    plan: str
    scenario: Scenario
    namespace: str
    harbor: bool = False
    """The operator gives a login for Harbor."""
    arguments: tuple[str, ...] = ()
    given: str = ""
    """On standard input."""
    before: Callable[[World], object] = field(default=lambda world: None)
    """Done to the world before the first scan."""
    pulls_then: bool = False
    """The pods pull as soon as the first repair is closed."""
    ends: int = 0
    """How the program ends where it waits for the pods; a CronJob's next run is none that it could wait for."""
    also: tuple[str, ...] = ()
    """Further namespaces."""
    personal: bytes = b""
    """The user's own docker config."""

    @property
    def namespaces(self) -> tuple[str, ...]:
        """All of them."""
        return (self.namespace, *self.also)

    @property
    def first(self) -> str:
        """The plan that is carried out first; what is offered after it is not asked for by name."""
        return "mint-robot" if self.plan == "disable-robot" else self.plan

    def command(self, namespaces: tuple[str, ...], wait: str = "0") -> tuple[str, ...]:
        """The arguments; the namespaces may bear other names than in the scenario."""
        if self.plan == "onboard":
            return ("onboard", namespaces[0], *self.arguments, "--yes", "-o", "json")
        places = ("-n", ",".join(namespaces))
        asked = ("--plan", self.first, *self.arguments, "--yes", "--wait", wait, "-o", "json")
        return ("fix", self.scenario.code, *places, *asked)


def _of(code: str, subject: str = "") -> Scenario:
    found = next(s for s in SCENARIOS if s.code == code and subject in s.subject)
    works = tuple(replace(work, replicas=min(2, work.replicas)) for work in found.workloads[:1])
    return replace(found, workloads=works)


def _immutable(world: World) -> None:
    world.objects.edit("secrets", "shop", "harbor-pull", lambda secret: secret.update(immutable=True))


_BARE = Scenario(
    "HD101",
    "pay/default",
    (Workload("pay", "debug-shell", f"{HARBOR}/pay/api:7.2.0", 5.3, says.nothing_sent, "Pod"),),
    (pull_secret("pay", "harbor-pull", "robot$pay+pull", SECRET),),
)
_IMAGES = {
    "web": "web/frontend:3.2.0", "crm": "crm/backend:12.5", "pay": "pay/api:7.2.0", "data": "data/etl:2026.11",
    "shop": "shop/web:1.4.2",
}  # fmt: skip
_FIVE = Scenario(
    "HD301",
    "web/harbor-login",
    tuple(
        Workload(space, "site", f"{HARBOR}/{image}", 5.3, says.unauthorized, secrets=("harbor-login",))
        for space, image in _IMAGES.items()
    ),
    tuple(pull_secret(space, "harbor-login", "lena", PASSWORD + "!") for space in _IMAGES),
)
_OWN = Scenario(
    "HD101", "data/default", (Workload("data", "etl", f"{HARBOR}/data/etl:2026.11", 5.3, says.nothing_sent),)
)


def misspelt(kind: str) -> Scenario:
    found = _of("HD501")
    return replace(found, workloads=tuple(replace(work, kind=kind) for work in found.workloads))


def own_list(kind: str) -> Scenario:
    """A template whose own list holds no name: what the ServiceAccount names does not count."""
    node = "node-1" if kind == "DaemonSet" else ""
    work = Workload("pay", "ledger", f"{HARBOR}/pay/api:7.2.0", 5.3, says.nothing_sent, kind, 2, ("",), node=node)
    return Scenario("HD101", "pay/ledger", (work,), (pull_secret("pay", "harbor-pull", "robot$pay+pull", SECRET),))


_ADMIN = ("--username", "admin", "--password-stdin")
_TYPED = ("--username", "robot$pay+pull", "--password-stdin")
_USER = ("--project", "pay", "--user", "sam", "--password-stdin")

COURSES = (
    Course("recreate-secret, in place", "recreate-secret", _of("HD109"), "shop"),
    Course("recreate-secret, other type", "recreate-secret", _of("HD104"), "infra"),
    Course("recreate-secret, immutable", "recreate-secret", _of("HD109"), "shop", before=_immutable),
    Course("recreate-secret, StatefulSet", "recreate-secret", _of("HD105"), "crm"),
    Course("copy-login", "copy-login", _of("HD103"), "data"),
    Course("add-entry", "add-entry", _of("HD106"), "crm"),
    Course("new-login", "new-login", _of("HD101"), "pay", arguments=_TYPED, given=SECRET + "\n"),
    Course(
        "new-login, five namespaces", "new-login", _FIVE, "web", also=tuple(_IMAGES)[1:], arguments=_ADMIN,
        given=ADMIN_PASSWORD + "\n",
    ),
    Course("personal-login", "personal-login", _OWN, "data", personal=payload(harbor=entry("admin", ADMIN_PASSWORD))),
    Course("attach", "attach", _of("HD101"), "pay"),
    Course("attach, bare pod", "attach", _BARE, "pay"),
    Course("attach, list of a StatefulSet", "attach", own_list("StatefulSet"), "pay"),
    Course("attach, list of a DaemonSet", "attach", own_list("DaemonSet"), "pay"),
    Course("attach, list of a CronJob", "attach", own_list("CronJob"), "pay", ends=1),
    Course("correct-image", "correct-image", _of("HD501"), "web"),
    Course("correct-image, StatefulSet", "correct-image", misspelt("StatefulSet"), "web"),
    Course("correct-image, CronJob", "correct-image", misspelt("CronJob"), "web", ends=1),
    Course("correct-image, bare pod", "correct-image", misspelt("Pod"), "web"),
    Course("replace-pods", "replace-pods", _of("HD102"), "crm"),
    Course("mint-robot", "mint-robot", _of("HD302"), "data", harbor=True),
    Course("mint-robot, attached", "mint-robot", _of("HD101"), "pay", harbor=True),
    Course("extend-robot", "extend-robot", _of("HD302"), "data", harbor=True),
    Course("enable-robot", "enable-robot", _of("HD303"), "web", harbor=True),
    Course("add-member", "add-member", _of("HD401"), "pay", harbor=True),
    Course(
        "disable-robot", "disable-robot", _of("HD302"), "data", harbor=True, arguments=("--disable-old",),
        pulls_then=True,
    ),
    Course("onboard, robot", "onboard", _of("HD302"), "data", harbor=True, arguments=("--project", "fresh")),
    Course("onboard, user", "onboard", _of("HD302"), "data", harbor=True, arguments=_USER, given=PASSWORD + "\n"),
)  # fmt: skip

BY_NAME = {course.name: course for course in COURSES}


def plans_that_write() -> set[str]:
    """The ids of all plans that can be carried out, from the modules that propose them."""
    modules = [importlib.import_module(f"{plans.__name__}.{m.name}") for m in pkgutil.iter_modules(plans.__path__)]
    named = {text for module in modules for text in (getattr(module, "ID", ""), getattr(module, "DISABLE", "")) if text}
    # A login has several sources, each of which names the plan.
    sourced = set(re.findall(r'Source\("([a-z-]+)"', inspect.getsource(sources)))
    return (named | sourced | {onboard.ID}) - {advice.ID}
