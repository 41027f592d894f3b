"""What troubles are laid out on: a cluster with a real node, registries that it can reach, a namespace for each."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from checks.demo.harbor.state import HarborState
from tests.live.certificates import Authority
from tests.live.kube import Body, Cluster
from tests.live.realnode import images
from tests.live.realnode.harbor import harbor, robot
from tests.live.realnode.images import Image
from tests.live.realnode.machine import machine, need_machine
from tests.live.registry import PASSWORD, Registry
from tests.live.servers import Binaries, api_server

SECRET = "harbor-pull"


@dataclass(frozen=True, slots=True)
class Ground:
    """A cluster with a real node, and a Harbor and a plain registry that the node can reach."""

    cluster: Cluster
    harbor: Registry
    state: HarborState
    registry: Registry
    program: Path


@dataclass(frozen=True, slots=True)
class Spot:
    """The place of one trouble: a namespace of its own, and an image of its own in both registries."""

    ground: Ground
    namespace: str
    image: Image

    @property
    def cluster(self) -> Cluster:
        """The cluster."""
        return self.ground.cluster

    @property
    def harbor_login(self) -> Body:
        """A login of Harbor's that may pull the image."""
        return {"username": robot(self.ground.state, self.namespace), "password": PASSWORD}

    def await_one(self, kind: str) -> None:
        """Wait until a controller has made the first object of a kind."""
        end = time.monotonic() + 30
        while not self.cluster.list(kind, self.namespace):
            if time.monotonic() > end:
                raise TimeoutError(f"no {kind} in {self.namespace} after 30 s")
            time.sleep(0.1)

    def secret(self, auths: dict[str, Body], **more: Any) -> None:
        """Make the pull Secret `harbor-pull`; `more` as for `Cluster.pull_secret`."""
        self.cluster.pull_secret(self.namespace, SECRET, auths, **more)

    def workload(
        self, kind: str, registry: Registry, secrets: Sequence[str] = (), *, account: str = "default", replicas: int = 1
    ) -> None:
        """Make a workload `web` of this kind, or a bare pod."""
        spec: Body = {
            "containers": [{"name": "app", "image": registry.image(f"shop/{self.namespace}")}],
            "imagePullSecrets": [{"name": name} for name in secrets],
            "serviceAccountName": account,
            "terminationGracePeriodSeconds": 2,
        }
        self.cluster.create(kind, self.namespace, "web", {"spec": _around(kind, spec, replicas)})


def _around(kind: str, pod: Body, replicas: int) -> Body:
    if kind == "Pod":
        return pod
    labels = {"app": "web"}
    if kind == "Job":
        return {"backoffLimit": 0, "template": {"spec": {**pod, "restartPolicy": "Never"}}}
    spec: Body = {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}
    return spec if kind == "DaemonSet" else {**spec, "replicas": replicas}


@contextmanager
def real_ground(folder: Path, authority: Authority, registry: Registry) -> Iterator[Ground]:
    """Start a cluster with a real node and a Harbor; `authority` has signed for `registry`, too. Raises Missing."""
    need_machine()
    folder.mkdir()
    binaries, state = Binaries.find(node=True), HarborState()
    with api_server(binaries, folder, node=True) as server, harbor(authority, state) as harbor_registry:
        cluster = Cluster(server, folder)
        with machine(cluster, folder / "node", [harbor_registry, registry]):
            yield Ground(cluster, harbor_registry, state, registry, binaries.folder / "sleeper")


def prepared(ground: Ground, namespace: str) -> Spot:
    """Make a namespace, and put an image of its own into both registries."""
    image = images.build(ground.program, namespace)
    image.into_harbor(ground.state, f"shop/{namespace}", "1")
    image.into_registry(ground.registry, f"shop/{namespace}", "1")
    ground.cluster.create("Namespace", "", namespace)
    spot = Spot(ground, namespace, image)
    # A controller makes it; without it no pod may be made.
    spot.await_one("ServiceAccount")
    return spot
