"""The pretend world, scanned over HTTP: everything that its kubelet reports as failing is found, and nothing else."""

import threading
from pathlib import Path

from checks.clients.cluster import Cluster
from checks.demo.world import World
from checks.model import ContainerKind
from checks.scan import find
from checks.settings import Settings

WORDS = ("ErrImage", "ImagePullBackOff", "InvalidImageName", "base64", "auth field", "json")


def test_a_scan_finds_each_container_that_the_demos_kubelet_reports(tmp_path: Path) -> None:
    with World(moving=False) as world:
        settings = Settings(kubeconfig=str(world.kubeconfig(tmp_path / "config")))
        cluster = Cluster(settings)
        *_, scan = find(cluster, settings, threading.Event())
        reported = {
            (pod["metadata"]["uid"], status["name"])
            for pod in cluster.list_objects("Pod", None)
            for key, statuses in pod["status"].items()
            if key.lower().endswith("containerstatuses")
            for status in statuses
            if any(word in status["state"].get("waiting", {}).get("reason", "") for word in WORDS)
        }
        cluster.close()
    assert scan.complete
    assert {(pull.pod_uid, pull.container) for pull in scan.pulls} == reported
    assert {pull.kind for pull in scan.pulls} == set(ContainerKind)
