"""Small worlds in which one image is misspelt, or one template lacks its pull Secret, under each kind of owner."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checks.demo.harbor_content import SECRET
from checks.demo.kubelet.faults import Faults
from checks.demo.registries import Registries
from checks.demo.scenarios import Scenario, says
from checks.demo.scenarios.model import HARBOR, Prepare, Workload, pull_secret
from checks.demo.world import World
from checks.model import ObjectRef
from tests.repair.conftest import Desk, hurried

SPACE, NAME, LIST = "web", "team-app", "team-pull"
WRONG, RIGHT = f"{HARBOR}/taem/app:2.1", f"{HARBOR}/team/app:2.1"
PLURALS = {
    "Deployment": "deployments", "StatefulSet": "statefulsets", "DaemonSet": "daemonsets", "CronJob": "cronjobs",
    "Job": "jobs", "Pod": "pods", "ReplicaSet": "replicasets",
}  # fmt: skip


def pushed(*images: str, platforms: tuple[str, ...] = ("linux/amd64",)) -> Prepare:
    """Projects and images that are there; the robot `robot$team+pull` may pull from the first project."""

    def prepare(registries: Registries, _: Faults) -> None:
        harbor = registries.harbor
        for image in images:
            repository, _colon, tag = image.rpartition(":")
            if (project := repository.partition("/")[0]) not in harbor.projects:
                harbor.add_project(project)
            harbor.push_image(repository, tag, platforms=platforms)
        harbor.add_robot("pull", images[0].partition("/")[0], secret=SECRET)

    return prepare


def project_misspelt(kind: str = "Deployment", where: str = "container", **more: Any) -> Scenario:
    """`taem/app:2.1`, where the pods' robot is one of `team`."""
    values = {
        "replicas": 2,
        "secrets": (LIST,),
        "where": where,
        "node": "node-1" if kind == "DaemonSet" else "",
        **more,
    }
    workload = Workload(SPACE, NAME, WRONG, 0.2, says.unauthorized, kind, **values)
    secret = pull_secret(SPACE, LIST, "robot$team+pull", SECRET)
    return Scenario("HD501", f"{HARBOR}/taem", (workload,), (secret,), pushed("team/app:2.1"))


def tag_misspelt(tag: str, *there: str, **more: Any) -> Scenario:
    """`team/app` with a tag that is not there, and with those that are."""
    workload = Workload(SPACE, NAME, f"{HARBOR}/team/app:{tag}", 0.2, says.not_found, secrets=(LIST,), **more)
    secret = pull_secret(SPACE, LIST, "robot$team+pull", SECRET)
    prepare = pushed(*(f"team/app:{one}" for one in there))
    return Scenario("HD503", f"{HARBOR}/team/app:{tag}", (workload,), (secret,), prepare)


def list_of_its_own(kind: str, **more: Any) -> Scenario:
    """A template whose list names nothing, which keeps its ServiceAccount's out; a good Secret lies beside it."""
    values = {"replicas": 2, "secrets": ("",), "node": "node-1" if kind == "DaemonSet" else "", **more}
    workload = Workload("pay", "ledger", f"{HARBOR}/pay/api:7.2.0", 5.3, says.nothing_sent, kind, **values)
    return Scenario("HD101", "pay/ledger", (workload,), (pull_secret("pay", "harbor-pull", "robot$pay+pull", SECRET),))


@contextmanager
def desk_on(
    folder: Path, *scenarios: Scenario, moving: bool = False, user: str = "admin", **settings: Any
) -> Iterator[Desk]:
    """The real clients on a world of these scenarios."""
    with hurried(World(scenarios, (), moving=moving)) as world:
        yield Desk(world, folder, user, **settings)


def ref(kind: str, namespace: str = SPACE, name: str = NAME) -> ObjectRef:
    return ObjectRef(kind, namespace, name)


def containers(body: dict[str, Any], part: str = "containers") -> list[dict[str, Any]]:
    """The containers of a pod, or of a workload's template."""
    spec = body["spec"]
    spec = spec.get("jobTemplate", {}).get("spec", spec)
    found: list[dict[str, Any]] = spec.get("template", {"spec": spec})["spec"][part]
    return found


def owned_by(desk: Desk, *owners: dict[str, Any]) -> None:
    """Make the ReplicaSets somebody else's, or nobody's, and their pods those of no Deployment."""
    objects = desk.world.objects
    for one in objects.store.select("replicasets", SPACE):
        meta = {"ownerReferences": list(owners)}
        objects.edit("replicasets", SPACE, one["metadata"]["name"], lambda r, meta=meta: r["metadata"].update(meta))
    for pod in objects.store.select("pods", SPACE):
        labels = {key: value for key, value in pod["metadata"]["labels"].items() if key != "pod-template-hash"}
        objects.edit("pods", SPACE, pod["metadata"]["name"], lambda p, kept=labels: p["metadata"].update(labels=kept))
