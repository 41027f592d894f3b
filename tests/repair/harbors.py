"""A small world with the operator of its Harbor: repairs there are tried over HTTP, and what stands is compared."""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.api.access import READ, Rule, User
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import Request, Response, problem
from checks.demo.harbor_content import PASSWORD
from checks.demo.scenarios import SCENARIOS, Scenario
from checks.demo.world import World
from checks.doctor import Doctor
from checks.model import ObjectRef, Problem
from checks.repair.plan import FixPlan, Outcome, Progress
from checks.settings import Settings

HOST = "harbor.demo.test"
ADMIN = "Harbor12345"
API = "/api/v2.0"
WATCHER = User("watcher", "watcher", (Rule(READ, ("*",)),))
"""Sees everything in the cluster and changes nothing."""


def quiet(_: Progress) -> None:
    pass


class Cut(tuple[tuple[str, str], ...]):
    """Headers at which the server's connection ends, before an answer is sent."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise ConnectionError


class Faults:
    """Stands in front of the pretend Harbor: makes the writes that are meant fail."""

    def __init__(self, world: World) -> None:
        self.server: Server = world.registries._ports[HOST]  # type: ignore[assignment]
        self._app = self.server.app
        self.server.app = self._answer
        self.meant: Callable[[Request], bool] = lambda request: False
        self.status = 0
        """0: cut; -1: done, and then cut."""
        self.caught = 0
        self.first: Callable[[Request], Response | None] = lambda request: None
        """May answer in Harbor's place, or do something a moment before it answers."""
        self.writes: list[str] = []

    def _answer(self, request: Request) -> Response:
        if request.method not in ("GET", "HEAD"):
            self.writes.append(f"{request.method} {request.path}")
        if (instead := self.first(request)) is not None:
            return instead
        if not self.meant(request):
            return self._app(request)
        self.caught += 1
        if self.status == -1:
            self._app(request)
        if self.status <= 0:
            return Response(200, headers=Cut())
        return problem(self.status, "DENIED", "somebody said no")

    def fail(self, method: str, part: str, status: int) -> None:
        self.meant = lambda request: request.method == method and part in request.path
        self.status, self.caught = status, 0

    def clear(self) -> None:
        self.meant = lambda request: False


class House:
    """One world, its Harbor, and doctors with this or that login for it."""

    def __init__(
        self, folder: Path, *codes: str, moving: bool = False, pace: float = 0.1, more: tuple[Scenario, ...] = ()
    ) -> None:
        chosen = tuple(_small(scenario, codes) for scenario in SCENARIOS if scenario.among((*codes, *_SHARED)))
        self.world = World((*chosen, *more), (), moving=moving)
        self.world.api.users[WATCHER.token] = WATCHER
        self.harbor = self.world.registries.harbor
        self.harbor.refusal_seconds *= pace
        self.harbor.password_seconds = 0.0
        self.folder = folder
        self.world.start()
        self.faults = Faults(self.world)
        self.doctors: list[Doctor] = []

    def close(self) -> None:
        for doctor in self.doctors:
            doctor.close()
        self.world.stop()

    def doctor(
        self, user: str = "admin", password: str = "", home: str = "home", of: str = "admin",
        through: Path | None = None, **more: Any,
    ) -> Doctor:  # fmt: skip
        """A doctor as another process would have it; without a `user` it has no login for Harbor.

        `of`: the user of the cluster. `through`: another kubeconfig, of a proxy before it.
        """
        login = Login(user, Password(password or (ADMIN if user == "admin" else PASSWORD)), _given()) if user else None
        kubeconfig = through or self.world.kubeconfig(self.folder / f"config-{of}", of)
        made = Doctor(Settings(
            kubeconfig=str(kubeconfig), resolve=self.world.resolve, registry_ca=self.world.ca_file,
            state_dir=self.folder / home, harbor_login=login, **more,
        ))  # fmt: skip
        self.doctors.append(made)
        return made

    # ── what stands ──────────────────────────────────────────────────────────────────────────────────────────

    def cluster(self, receipts: bool = False) -> dict[str, Any]:
        """What anybody declared about Secrets and ServiceAccounts."""
        found: dict[str, Any] = {}
        for plural in ("secrets", "serviceaccounts"):
            for obj in self.world.objects.store.select(plural):
                meta = obj["metadata"]
                if receipts or not meta["name"].startswith("harbor-doctor-undo-"):
                    kept = {key: obj.get(key) for key in ("data", "type", "imagePullSecrets")}
                    found[f"{plural} {meta['namespace']}/{meta['name']}"] = json.dumps(kept, sort_keys=True)
        return found

    def inside(self) -> dict[str, Any]:
        """What stands in Harbor: robots with all that undo gives back, members, projects."""
        state = self.harbor
        numbers = {project.id: project.name for project in state.projects.values()}
        robots = {
            robot.name: (robot.disabled, robot.duration, robot.expires_at, robot.grants, robot.description)
            for robot in state.robots.values()
        }
        members = sorted((numbers[m.project_id], state.users[m.user_id].name, m.role) for m in state.members.values())
        return {"robots": robots, "members": members, "projects": sorted(state.projects)}

    def all(self) -> tuple[Any, Any]:
        return self.cluster(), self.inside()

    def receipts(self) -> list[dict[str, Any]]:
        found = self.world.objects.store.select("secrets")
        return [obj for obj in found if obj["metadata"]["name"].startswith("harbor-doctor-undo-")]

    def minted(self) -> list[str]:
        """The robots that repairs have made and left."""
        return [robot.name for robot in self.harbor.robots.values() if "harbor-doctor repair" in robot.description]

    def texts(self) -> list[str]:
        """All that Secrets hold, decoded."""
        secrets = self.world.objects.store.select("secrets")
        return [base64.b64decode(value).decode() for secret in secrets for value in secret["data"].values()]


def _given() -> Origin:
    return Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", HOST)


_SHARED = ("HD302",)
"""Whose preparation makes the robots of other scenarios too."""


def _small(scenario: Scenario, codes: tuple[str, ...]) -> Scenario:
    if not scenario.among(codes):
        return replace(scenario, workloads=(), secrets=())
    return replace(scenario, workloads=tuple(replace(work, replicas=1) for work in scenario.workloads))


def problem_of(doctor: Doctor, code: str) -> Problem:
    *_, scan = doctor.find(threading.Event())
    problems = doctor.diagnose(scan, threading.Event()).problems
    return next(problem for problem in problems if code in (problem.code, problem.id))


def plan_of(doctor: Doctor, code: str, name: str) -> FixPlan:
    offers = {offer.id: offer for offer in doctor.offers(problem_of(doctor, code))}
    assert name in offers, offers
    found = offers[name]
    assert isinstance(found, FixPlan), found
    return found


def undone(doctor: Doctor) -> Outcome:
    """Undo the newest repair."""
    receipt = doctor.receipts()[0]
    doctor.undo_preview(receipt.id)
    return doctor.undo(receipt.id, quiet)


def robot_ref(name: str) -> ObjectRef:
    return ObjectRef("Robot", HOST, name)
