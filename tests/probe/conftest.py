"""A running world with a doctor on it, reached over HTTP only, and what stands in the cluster meanwhile."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.demo.api.access import User
from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.doctor import Doctor
from checks.model import Problem
from checks.repair.plan import Progress, Refusal
from checks.repair.probe.answer import ProbeAnswer
from checks.repair.probe.plan import LABEL, ProbePlan
from checks.settings import Settings
from tests.headless.between import Between

Body = dict[str, Any]


class Place:
    """One world, a proxy in front of its API server, and a doctor behind that."""

    def __init__(self, stack: ExitStack, folder: Path, *subjects: str, user: User | None = None, **settings: Any):
        chosen = [s for s in SCENARIOS if s.id in subjects]
        assert len(chosen) == len(subjects)
        few = tuple(replace(s, workloads=(replace(s.workloads[0], replicas=1),)) for s in chosen)
        self.world = stack.enter_context(World(few, ()))
        if user is not None:
            self.world.api.users[user.token] = user
        self.between = stack.enter_context(Between(self.world))
        made = self.world.kubeconfig(folder / "config", user.name if user else "admin")
        self.settings = Settings(
            kubeconfig=str(self.between.kubeconfig(made)), resolve=dict(self.world.resolve),
            registry_ca=self.world.ca_file, allow_loopback=True, state_dir=folder / "state", **settings,
        )  # fmt: skip
        self.doctor = Doctor(self.settings)
        stack.callback(self.doctor.close)
        self.told: list[Progress] = []
        self.stop = threading.Event()
        self.problem = self.look()

    def look(self) -> Problem:
        stop = threading.Event()
        *_, scan = self.doctor.find(stop)
        (problem,) = self.doctor.diagnose(scan, stop).problems
        return problem

    def plan(self, seconds: float = 20) -> ProbePlan:
        offer = self.offer(seconds)
        assert isinstance(offer, ProbePlan), offer
        return offer

    def offer(self, seconds: float = 20) -> ProbePlan | Refusal:
        return self.doctor.plan_probe(self.problem, None, seconds)

    def ask(self, plan: ProbePlan | None = None, seconds: float = 20) -> ProbeAnswer:
        return self.doctor.probe(plan or self.plan(seconds), self.told.append, self.stop)

    def probes(self) -> list[Body]:
        pods = self.world.objects.store.select("pods")
        return [pod for pod in pods if LABEL in (pod["metadata"].get("labels") or {})]

    def notes(self) -> list[Path]:
        return list((self.settings.state_dir / "probes").glob("*"))

    def edit(self, plural: str, namespace: str, name: str, change: Callable[[Body], object], **how: Any) -> None:
        self.world.objects.edit(plural, namespace, name, lambda body: change(body) and None, manager="somebody", **how)

    def events(self, plan: ProbePlan) -> list[Body]:
        found = self.world.objects.store.select("events", plan.ref.namespace)
        return [copy.deepcopy(e) for e in found if e["involvedObject"]["name"] == plan.ref.name]

    def not_ready(self, node: str) -> None:
        conditions = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
        self.edit("nodes", "", node, lambda body: body["status"].update(conditions), subresource="status")


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Callable[..., Place]]:
    """Make a place with one trouble (`CODE:SUBJECT`), one pod of it."""
    with ExitStack() as stack:
        yield lambda *subjects, **options: Place(stack, tmp_path, *subjects, **options)
