"""A world for one course, which comes back to exactly what it was: the program before it, a proxy between."""

import copy
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.api.objects import Deletion
from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import App, Request, Response
from checks.demo.scenarios import SCENARIOS, Scenario
from checks.demo.world import World
from checks.doctor import Doctor
from checks.settings import Settings
from tests.headless.between import Between
from tests.headless.courses import Course

HOST = "harbor.demo.test"
ADMIN = ADMIN_PASSWORD
RECEIPT = "harbor-doctor-undo-"
_PLURALS = ("secrets", "serviceaccounts", "pods", "deployments", "statefulsets", "daemonsets", "cronjobs")
_COUNTED = "deprecated.daemonset.template.generation"
"""How often a DaemonSet's template was changed: the API server counts it in an annotation, and never back."""
_BOOKS = ("uid", "resourceVersion", "creationTimestamp", "managedFields", "generation", "ownerReferences")


class Cut(tuple[tuple[str, str], ...]):
    """Headers at which the server's connection ends, before an answer is sent."""

    def __iter__(self) -> Iterator[tuple[str, str]]:
        raise ConnectionError


class Stage:
    """The pretend cluster and Harbor."""

    def __init__(self, folder: Path, course: Course) -> None:
        self.folder, self.course = folder, course
        self.world = World((course.scenario, *_robots(course.scenario)), (), moving=False)
        harbor = self.harbor = self.world.registries.harbor
        harbor.refusal_seconds, harbor.password_seconds = 0.15, 0.0
        self.namespaces = course.namespaces

    def __enter__(self) -> "Stage":
        self.world.start()
        self.course.before(self.world)
        docker = self.folder / "docker"
        docker.mkdir()
        if self.course.personal:
            (docker / "config.json").write_bytes(self.course.personal)
        self._start()
        return self

    def _start(self) -> None:
        self.between = Between(self.world).__enter__()
        self.between.passed = lambda seen: self.settle() if seen.method == "DELETE" and not seen.dry else None
        self.kubeconfig = self.world.kubeconfig(self.folder / "config")
        self._kept = {plural: self.world.objects.store.select(plural) for plural in _PLURALS}

    def __exit__(self, *_: object) -> None:
        self.between.__exit__()
        self.world.stop()

    # ── the program ──────────────────────────────────────────────────────────────────────────────────────────

    def environment(self) -> dict[str, str]:
        """For a process that goes through the proxy."""
        login = {"HARBOR_HOST": HOST, "HARBOR_USERNAME": "admin", "HARBOR_PASSWORD": ADMIN}
        through = str(self.between.kubeconfig(self.kubeconfig))
        return {"KUBECONFIG": through, "DOCKER_CONFIG": str(self.folder / "docker")} | (
            login if self.course.harbor else {}
        )

    @contextmanager
    def doctor(self, state: Path, *, through: bool = False, timeout: float = 10.0, user: str = "") -> Iterator[Doctor]:
        """A doctor as another process would have it, past the proxy or `through` it; as a `user`, or as an admin."""
        origin = Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", HOST)
        path = self.between.kubeconfig(self.kubeconfig) if through else self.kubeconfig
        made = Doctor(Settings(
            kubeconfig=str(path), resolve=self.world.resolve, registry_ca=self.world.ca_file, allow_loopback=True,
            state_dir=state, namespaces=self.namespaces, timeout=timeout, impersonate=user or None,
            harbor_login=Login("admin", Password(ADMIN), origin) if self.course.harbor else None,
            docker_config=self.folder / "docker" / "config.json" if self.course.personal else None,
        ))  # fmt: skip
        try:
            yield made
        finally:
            made.close()

    # ── what stands ──────────────────────────────────────────────────────────────────────────────────────────

    def objects(self, plural: str) -> list[dict[str, Any]]:
        """All objects of one kind."""
        return self.world.objects.store.select(plural)

    def receipts(self) -> list[dict[str, Any]]:
        return [s for s in self.objects("secrets") if s["metadata"]["name"].startswith(RECEIPT)]

    def declared(self) -> dict[str, Any]:
        """All that undo gives back: everything but pods that others make, and what belongs to the servers."""
        found: dict[str, Any] = {}
        for plural in _PLURALS:
            for obj in self.objects(plural):
                meta = obj["metadata"]
                if not meta["name"].startswith(RECEIPT) and not (plural == "pods" and meta.get("ownerReferences")):
                    found[f"{plural} {meta.get('namespace')}/{meta['name']}"] = _declared(plural, obj)
        return found | self.inside()

    def inside(self) -> dict[str, Any]:
        """What stands in Harbor."""
        state = self.harbor
        robots = {
            robot.name: (robot.disabled, robot.duration, robot.expires_at, robot.grants, robot.description)
            for robot in state.robots.values()
        }
        names = {project.id: project.name for project in state.projects.values()}
        members = sorted((names[m.project_id], state.users[m.user_id].name, m.role) for m in state.members.values())
        return {"robots": robots, "members": members, "projects": sorted(state.projects)}

    def secrets_of_robots(self) -> list[str]:
        """The passwords of robots that repairs have made."""
        return [r.secret.reveal() for r in self.harbor.robots.values() if "harbor-doctor repair" in r.description]

    # ── what the cluster does by itself ──────────────────────────────────────────────────────────────────────

    def settle(self) -> None:
        """A kubelet ends the pods that were told to go and that nobody owns."""
        for pod in self.objects("pods"):
            meta = pod["metadata"]
            if meta.get("deletionTimestamp") and not meta.get("ownerReferences"):
                self.world.objects.delete("pods", meta["namespace"], meta["name"], Deletion(grace=0))

    def run_pods(self) -> None:
        """All pods have pulled."""
        for pod in self.objects("pods"):
            self.world.objects.store.put("pods", pod | {"status": running(pod)})

    def restore(self) -> None:
        """Everything in the cluster is what it was at first, to the last version number."""
        store = self.world.objects.store
        with store.lock:
            for plural, objects in self._kept.items():
                store._objects[plural] = {
                    (o["metadata"].get("namespace", ""), o["metadata"]["name"]): o for o in objects
                }

    @contextmanager
    def harbor_asked(self, answer: Callable[[Request, App], Response]) -> Iterator[None]:
        """Harbor answers through this for the time of the block."""
        server: Server = self.world.registries._ports[HOST]  # type: ignore[assignment]
        app, server.app = server.app, lambda request: answer(request, app)
        try:
            yield
        finally:
            server.app = app


def running(pod: dict[str, Any]) -> dict[str, Any]:
    """The status of a pod that runs."""
    names = [container["name"] for container in pod["spec"]["containers"]]
    state = {"running": {"startedAt": "2026-11-23T21:07:42Z"}}
    listed = [
        {"name": name, "image": "", "imageID": "", "ready": True, "started": True, "restartCount": 0, "state": state}
        for name in names
    ]
    return {**pod["status"], "phase": "Running", "containerStatuses": listed}


def _declared(plural: str, obj: dict[str, Any]) -> dict[str, Any]:
    meta = {key: value for key, value in obj["metadata"].items() if key not in _BOOKS}
    if _COUNTED in meta.get("annotations", {}):
        meta["annotations"] = {key: value for key, value in meta["annotations"].items() if key != _COUNTED}
    kept = {key: value for key, value in obj.items() if key not in ("status", "metadata")}
    if plural == "pods":
        containers = [{key: one.get(key) for key in ("name", "image", "command")} for one in obj["spec"]["containers"]]
        # Of a pod that was made again its list is what admission gives a new one.
        kept["spec"] = {"containers": containers}
    return copy.deepcopy({**kept, "metadata": meta})


def _robots(scenario: Scenario) -> tuple[Scenario, ...]:
    """The preparation that makes the robots of other scenarios too."""
    if scenario.prepare is not None and scenario.code == "HD302":
        return ()
    found = next(s for s in SCENARIOS if s.code == "HD302")
    return (replace(found, workloads=(), secrets=()),)


def in_parallel(calls: list[Callable[[], None]]) -> None:
    """Do these three at a time: they wait more than they work; the first that fails fails the whole."""
    left, lock = list(calls), threading.Lock()
    errors: list[BaseException] = []

    def work() -> None:
        while True:
            with lock:
                if not left or errors:
                    return
                call = left.pop(0)
            try:
                call()
            except BaseException as error:
                errors.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
