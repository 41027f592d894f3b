"""A world full of trouble, the real clients on it, and a bench made of them: repairs are tried over HTTP only."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from checks.clients import admission, gate
from checks.clients.cluster import Cluster
from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor_content import SECRET
from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.diagnose import diagnose, group
from checks.evidence import Gatherer
from checks.model import ObjectRef, Problem
from checks.repair.declared import declared
from checks.repair.journal import Journal
from checks.repair.plan import FixPlan
from checks.repair.plans import PLANS
from checks.repair.shelves import LABEL
from checks.scan import find
from checks.settings import Settings
from checks.workbench import Workbench
from tests.repair.harbors import House

Body = dict[str, Any]


class Desk:
    """The real clients on one world, as writer, shelf and bench."""

    def __init__(self, world: World, folder: Path, user: str = "admin", **settings: Any) -> None:
        kubeconfig = str(world.kubeconfig(folder / f"kubeconfig-{user}", user))
        self.settings = Settings(
            kubeconfig=kubeconfig, resolve=world.resolve, registry_ca=world.ca_file, allow_loopback=True,
            state_dir=folder / "state", **settings,
        )  # fmt: skip
        self.world, self.folder = world, folder
        self.cluster = Cluster(self.settings)
        self.cluster.connect()
        self.prober = Prober(self.settings)
        self.bench = Workbench(self.settings, self.cluster, self.prober)

    def problems(self) -> dict[str, Problem]:
        """Scan and diagnose; problems by id."""
        gatherer = Gatherer(self.cluster, self.prober, None)
        *_, scan = find(self.cluster, self.settings, threading.Event())
        with ThreadPoolExecutor(8) as pool:
            diagnoses = list(pool.map(lambda pull: diagnose(gatherer.gather(pull)), scan.pulls))
        return {problem.id: problem for problem in group("demo", diagnoses)}

    def problem(self, code: str) -> Problem:
        """Return the first problem with this code."""
        return next(p for p in self.problems().values() if p.code == code)

    def plan(self, name: str, code: str, login: Login | None = None) -> FixPlan:
        """Return a plan that must be offered."""
        offered = PLANS[name](self.problem(code), self.bench, login)
        assert isinstance(offered, FixPlan), offered
        return offered

    def typed(self, user: str, secret: str = SECRET) -> Login:
        """A login as a person types it into the form."""
        return Login(user, Password(secret), Origin(OriginKind.FORM, "form"))

    def journal(self) -> Journal:
        """A journal as another process would open it."""
        return Journal(self, self.settings.state_dir, "demo", "admin")

    def declared(self, *refs: ObjectRef) -> dict[str, Any]:
        """The declared fields of objects as they are now."""
        return {str(ref): declared(ref.kind, self.cluster.read(ref)) for ref in refs}

    def read(self, ref: ObjectRef) -> Body | None:
        return self.cluster.read(ref)

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        return self.cluster.create(ref, body, dry_run=dry_run)

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        return self.cluster.replace(ref, body, dry_run=dry_run)

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        self.cluster.delete(ref, uid=uid, resource_version=resource_version, dry_run=dry_run)

    def receipts(self) -> tuple[Body, ...]:
        return self.cluster.list_objects("Secret", None, label_selector=LABEL)


def chosen(*codes: str) -> tuple[Any, ...]:
    """The demo's scenarios of these codes."""
    return tuple(scenario for scenario in SCENARIOS if scenario.code in codes)


PACE = 0.1
"""Of a Harbor's time: most of these tests would only wait for refusals of logins."""


@pytest.fixture(autouse=True)
def _quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    """A Harbor that refuses a login, and locks its user, for a tenth of the time; those who wait for it know."""
    for name in ("FINAL", "PAUSE_AFTER_LOCK", "PAUSE_BETWEEN_PASSWORDS"):
        monkeypatch.setattr(gate, name, getattr(gate, name) * PACE)
    monkeypatch.setattr(admission, "PAUSE_AFTER_LOCK", gate.PAUSE_AFTER_LOCK)


def hurried(world: World) -> World:
    """Return a world whose Harbors refuse as fast as these tests expect."""
    for harbor in (world.registries.harbor, world.registries.oidc):
        harbor.refusal_seconds *= PACE
        harbor.password_seconds *= PACE
    return world


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., Desk]]:
    """Start a still world with the scenarios of some codes, and return a desk on it."""
    worlds: list[World] = []

    def make(*codes: str, user: str = "admin", moving: bool = False, **settings: Any) -> Desk:
        world = hurried(World(chosen(*codes), (), moving=moving))
        worlds.append(world.start())
        return Desk(world, tmp_path, user, **settings)

    yield make
    for world in worlds:
        world.stop()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Make houses of some scenarios, with the operator of their Harbor."""
    made: list[House] = []

    def make(*codes: str, **more: Any) -> House:
        made.append(House(tmp_path, *codes, **more))
        return made[-1]

    yield make
    for one in made:
        one.close()


class Killed(BaseException):
    """The process dies: nothing may catch it."""


class Mortal:
    """A writer that dies at its n-th real write, before it or after it."""

    def __init__(self, desk: Desk, last: int, before: bool) -> None:
        self._desk, self._left, self._before = desk, last, before
        self.writes = 0

    def read(self, ref: ObjectRef) -> Body | None:
        return self._desk.read(ref)

    def receipts(self) -> tuple[Body, ...]:
        return self._desk.receipts()

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        return self._write(dry_run, lambda: self._desk.create(ref, body, dry_run=dry_run))

    def replace(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        return self._write(dry_run, lambda: self._desk.replace(ref, body, dry_run=dry_run))

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        kept = resource_version
        self._write(dry_run, lambda: self._desk.delete(ref, uid=uid, resource_version=kept, dry_run=dry_run))

    def _write(self, dry_run: bool, call: Callable[[], Any]) -> Any:
        if dry_run:
            return call()
        self.writes += 1
        if self._before and self.writes == self._left:
            raise Killed
        answer = call()
        if not self._before and self.writes == self._left:
            raise Killed
        return answer


@pytest.fixture
def mortal() -> type[Mortal]:
    """A writer that dies."""
    return Mortal


@pytest.fixture
def killed() -> type[Killed]:
    """What it dies of."""
    return Killed
