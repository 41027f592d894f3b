"""A small world with its kubeconfig: what fails in it, what stands in it, and what was written."""

import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

from checks.demo.scenarios import SCENARIOS, Scenario
from checks.demo.world import World
from tests.headless.between import Between
from tests.headless.tool import Tool

NEWLINE = "HD109:shop/harbor-pull"
_VOLATILE = ("resourceVersion", "managedFields", "generation")
_PLURALS = (
    "secrets", "serviceaccounts", "pods", "deployments", "replicasets", "statefulsets", "daemonsets", "jobs",
    "cronjobs", "namespaces", "nodes",
)  # fmt: skip


class Ground:
    """A world of some scenarios, and the program beside it with nothing but a kubeconfig.

    `still`: neither kubelet nor controllers run, so that nothing changes but by what the program writes.
    """

    def __init__(
        self, folder: Path, *codes: str, still: bool = True, between: bool = False, workloads: int = 9
    ) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        chosen = tuple(_fewer(s, workloads) for s in SCENARIOS if s.among(codes))
        self.world = World(chosen, (), moving=not still)
        self._wants_between = between
        self.between: Between

    def __enter__(self) -> "Ground":
        self.world.start()
        if self._wants_between:
            self.between = Between(self.world).__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._wants_between:
            self.between.__exit__()
        self.world.stop()

    def tool(self, user: str = "admin", namespace: str = "default", home: str = "home") -> Tool:
        """The program as this user; through `between` where there is one."""
        path = self.world.kubeconfig(self.folder / f"config-{user}", user, namespace)
        if self._wants_between:
            path = self.between.kubeconfig(path)
        return Tool(self.folder / home, {"KUBECONFIG": str(path)})

    # ── what stands in the cluster ───────────────────────────────────────────────────────────────────────────

    def declared(self, receipts: bool = False) -> dict[str, Any]:
        """Everything that anybody declared, with the server's book-keeping left out; receipts too where asked."""
        found: dict[str, Any] = {}
        for plural in _PLURALS:
            for obj in self.world.objects.store.select(plural):
                meta = obj["metadata"]
                if not receipts and meta["name"].startswith("harbor-doctor-undo-"):
                    continue
                kept = {name: value for name, value in obj.items() if name != "status"}
                kept["metadata"] = {name: value for name, value in meta.items() if name not in _VOLATILE}
                found[f"{plural} {meta.get('namespace', '')}/{meta['name']}"] = copy.deepcopy(kept)
        return found

    def version(self) -> int:
        """Grows with every write."""
        return self.world.objects.store.version

    def receipts(self) -> list[dict[str, Any]]:
        secrets = self.world.objects.store.select("secrets")
        return [obj for obj in secrets if obj["metadata"]["name"].startswith("harbor-doctor-undo-")]

    def secret(self, namespace: str = "shop", name: str = "harbor-pull") -> dict[str, Any]:
        found = self.world.objects.store.get("secrets", namespace, name)
        assert found is not None
        return found

    def edit(
        self, change: Callable[[dict[str, Any]], object], namespace: str = "shop", name: str = "harbor-pull"
    ) -> None:
        """Change a Secret as somebody else would."""
        self.world.objects.edit("secrets", namespace, name, change, manager="somebody")

    def pods(self, namespace: str = "shop") -> list[dict[str, Any]]:
        return self.world.objects.store.select("pods", namespace)


def _fewer(scenario: Scenario, most: int) -> Scenario:
    """Two pods of a workload are enough."""
    kept = scenario.workloads[:most]
    return replace(scenario, workloads=tuple(replace(work, replicas=min(2, work.replicas)) for work in kept))


def waiting_reasons(pod: dict[str, Any]) -> list[str]:
    """The reasons for which the pod's containers wait."""
    statuses = [s for key, listed in pod["status"].items() if key.endswith("ontainerStatuses") for s in listed]
    return [s["state"]["waiting"]["reason"] for s in statuses if "waiting" in s["state"]]


def as_json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
