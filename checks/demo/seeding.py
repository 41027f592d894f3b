"""Lays out the cluster as if its story had happened: each object is made at its own time, by the usual ways.

Pods come from their owners through the pretend controllers, so that what a repair does later meets no special case.
What the kubelet had said by now is written down instead of being tried again, which would take minutes.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from checks.demo.api.objects import Deletion, Objects, Options
from checks.demo.api.problems import Obj
from checks.demo.controllers import Controllers
from checks.demo.controllers.common import is_ready, owner_reference
from checks.demo.kubelet import Kubelet, events, words
from checks.demo.kubelet.statuses import Outcome
from checks.demo.scenarios import NAMESPACES, NODES, SCENARIOS, SECRETS, WORKLOADS, Scenario, Workload
from checks.demo.scenarios.manifests import PLURALS, failing_container, manifest
from checks.demo.scenarios.model import CRIO_NODE
from checks.demo.scenarios.node import FULL_NODE

_LONG_AGO = 24.0 * 90
_ROUNDS = 12
_KUBECTL = Options(manager="kubectl-client-side-apply")
_CRONJOB_RUN = 29734080
"""Minutes since 1970 of a nightly run: the tail of the name of a CronJob's Job."""


class Clock:
    """The cluster's time; `ago` moves it back while the past is laid out."""

    def __init__(self, real: Callable[[], datetime] | None = None) -> None:
        self._real = real or (lambda: datetime.now(UTC))
        self._shift = timedelta()

    def __call__(self) -> datetime:
        """Return the time."""
        return self._real() - self._shift

    def ago(self, hours: float) -> None:
        """From now on it is so many hours earlier; 0 is the present."""
        self._shift = timedelta(hours=hours)


@dataclass(slots=True)
class Seeding:
    """Fills an empty cluster."""

    objects: Objects
    controllers: Controllers
    kubelet: Kubelet
    clock: Clock

    def run(self, scenarios: tuple[Scenario, ...] = SCENARIOS, healthy: tuple[Workload, ...] = WORKLOADS) -> None:
        """Make everything, the oldest first."""
        self.clock.ago(_LONG_AGO)
        self._ground()
        secrets = [*SECRETS, *(secret for scenario in scenarios for secret in scenario.secrets)]
        for secret in secrets:
            self.objects.create("secrets", secret.namespace, secret.manifest(), Options(manager="kubectl-create"))
        workloads = [*healthy, *(workload for scenario in scenarios for workload in scenario.workloads)]
        for workload in sorted(workloads, key=lambda one: -one.hours):
            self._workload(workload)
        for scenario in scenarios:
            if scenario.afterwards:
                self.clock.ago(min(workload.hours for workload in scenario.workloads) - 0.1)
                scenario.afterwards(self.objects)
        self.clock.ago(0)

    def _ground(self) -> None:
        for namespace in ("default", *NAMESPACES):
            self.objects.create("namespaces", "", {"metadata": {"name": namespace}}, _KUBECTL)
        for name in NODES:
            self.objects.create("nodes", "", _node(name), Options(manager="kubelet"))
        budget = {"minAvailable": 2, "selector": {"matchLabels": {"app": "web"}}}
        self.objects.create("poddisruptionbudgets", "shop", {"metadata": {"name": "web"}, "spec": budget}, _KUBECTL)
        self.controllers.settle()

    def _workload(self, workload: Workload) -> None:
        plural, place = PLURALS[workload.kind], workload.namespace
        images = (*workload.before, workload.image)
        for number, image in enumerate(images):
            last = number == len(images) - 1
            self.clock.ago(workload.hours + (len(images) - 1 - number) * 24 * 9)
            body = manifest(workload, image)
            if number == 0:
                made = self.objects.create(plural, place, body, _KUBECTL)
                if workload.kind == "CronJob":
                    self._cron_run(made)
            else:
                self._apply(plural, place, body)
            self._bring_up(workload, workload.says if last else None)

    def _apply(self, plural: str, namespace: str, body: Obj) -> None:
        def change(new: Obj) -> None:
            new["spec"] = body["spec"]

        self.objects.edit(plural, namespace, body["metadata"]["name"], change, manager=_KUBECTL.manager)

    def _cron_run(self, cron: Obj) -> None:
        meta = cron["metadata"]
        body = {
            "metadata": {"name": f"{meta['name']}-{_CRONJOB_RUN}", "ownerReferences": [owner_reference(cron)]},
            "spec": cron["spec"]["jobTemplate"]["spec"],
        }
        self.objects.create("jobs", meta["namespace"], body, Options(manager="kube-controller-manager"))

    def _bring_up(self, workload: Workload, says: Callable[[str, str], Outcome] | None) -> None:
        for _ in range(_ROUNDS):
            self.controllers.settle(workload.namespace)
            fresh = [pod for pod in self._pods(workload) if not self._shown(pod)]
            if not fresh:
                return
            for pod in fresh:
                self._show(workload, pod, says)

    def _pods(self, workload: Workload) -> list[Obj]:
        pods = self.objects.store.select("pods", workload.namespace)
        return [pod for pod in pods if (pod["metadata"].get("labels") or {}).get("app") == workload.name]

    def _shown(self, pod: Obj) -> bool:
        meta = pod["metadata"]
        if meta.get("deletionTimestamp"):
            self.objects.delete("pods", meta["namespace"], meta["name"], Deletion(meta["uid"], grace=0))
        return is_ready(pod) or "containerStatuses" in pod["status"]

    def _show(self, workload: Workload, pod: Obj, says: Callable[[str, str], Outcome] | None) -> None:
        if says is None:
            self.kubelet.show(pod, {})
            return
        now, name = self.objects.store.now(), failing_container(workload)
        outcome = says(workload.image, now)
        if workload.where == "ephemeral":
            self.kubelet.show(pod, {})
            pod = self._debug(pod, workload)
        self._tell(pod, workload, outcome)
        self.kubelet.show(pod, {name: _in_back_off(outcome)})
        if workload.slow:
            self.kubelet.rest(pod)

    def _debug(self, pod: Obj, workload: Workload) -> Obj:
        container = {"name": failing_container(workload), "image": workload.image, "targetContainerName": "app"}
        meta = pod["metadata"]

        def change(fresh: Obj) -> None:
            fresh["spec"]["ephemeralContainers"] = [container | {"imagePullPolicy": "IfNotPresent"}]

        how = {"manager": "kubectl-debug", "subresource": "ephemeralcontainers"}
        return self.objects.edit("pods", meta["namespace"], meta["name"], change, **how)

    def _tell(self, pod: Obj, workload: Workload, outcome: Outcome) -> None:
        lists = {"init": "initContainers", "sidecar": "initContainers", "ephemeral": "ephemeralContainers"}
        path = f"spec.{lists.get(workload.where, 'containers')}{{{failing_container(workload)}}}"
        if outcome.reason != "ErrImagePull":
            events.record(self.objects, pod, path, "Warning", "Failed", f"Error: {outcome.reason}")
            return
        image = outcome.image
        for kind, reason, text in (
            ("Normal", "Pulling", f'Pulling image "{image}"'),
            ("Warning", "Failed", f'Failed to pull image "{image}": {outcome.message}'),
            ("Warning", "Failed", "Error: ErrImagePull"),
            ("Normal", "BackOff", f'Back-off pulling image "{image}"'),
        ):
            events.record(self.objects, pod, path, kind, reason, text)


def _in_back_off(outcome: Outcome) -> Outcome:
    if outcome.reason != "ErrImagePull":
        return outcome
    text = words.backing_off(outcome.image, outcome.reason, outcome.message)
    return Outcome("ImagePullBackOff", text, outcome.image)


def _node(name: str) -> Obj:
    info = {"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.34.4"}
    runtime = "cri-o://1.34.1" if name == CRIO_NODE else "containerd://2.1.4"
    info |= {"containerRuntimeVersion": runtime, "osImage": "Debian GNU/Linux 13 (trixie)"}
    info |= {"kernelVersion": "6.12.48", "kubeProxyVersion": "", "bootID": "", "machineID": "", "systemUUID": ""}
    full = {"type": "DiskPressure", "status": "True" if name == FULL_NODE else "False"}
    labels = {"kubernetes.io/hostname": name, "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux"}
    conditions = [{"type": "Ready", "status": "True"}, full]
    return {"metadata": {"name": name, "labels": labels}, "status": {"nodeInfo": info, "conditions": conditions}}
