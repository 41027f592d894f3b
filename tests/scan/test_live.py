"""The list stays true while the cluster moves: over HTTP, against the demo's API server, with its kubelet at work."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.clients.cluster import Cluster
from checks.demo.world import World
from checks.doctor import Doctor, Report
from checks.live import Live
from checks.model import ObjectRef, Pull
from checks.scan import Scan, find
from checks.settings import Settings


@pytest.fixture
def world() -> Iterator[World]:
    with World(moving=False) as world:
        yield world


@pytest.fixture
def settings(world: World, tmp_path: Path) -> Settings:
    path = world.kubeconfig(tmp_path / "kubeconfig")
    return Settings(kubeconfig=str(path), state_dir=tmp_path / "state")


def scanned(cluster: Cluster, settings: Settings) -> Scan:
    return list(find(cluster, settings, threading.Event()))[-1]


class Following:
    """Follows a scan in a thread and keeps the newest snapshot."""

    def __init__(self, live: Live) -> None:
        self.live = live
        self.last = live.scan
        self.count = 0
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        for scan in self.live.follow():
            self.last, self.count = scan, self.count + 1

    def until(self, done: "object", seconds: float = 10.0) -> bool:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if done(self.last):  # type: ignore[operator]
                return True
            time.sleep(0.05)
        return False


@pytest.fixture(params=[(None,), ("shop", "pay")], ids=["whole cluster", "namespace by namespace"])
def following(world: World, settings: Settings, request: pytest.FixtureRequest) -> Iterator[Following]:
    cluster, stop = Cluster(settings), threading.Event()
    yield Following(Live(cluster, scanned(cluster, settings), request.param, stop))
    stop.set()
    cluster.close()


def failing_in(scan: Scan, namespace: str) -> list[Pull]:
    return [pull for pull in scan.pulls if pull.namespace == namespace]


def test_a_deleted_pod_leaves_the_list(following: Following, settings: Settings) -> None:
    cluster = Cluster(settings)
    pull = failing_in(following.last, "shop")[0]
    pod = cluster.read(ObjectRef("Pod", "shop", pull.pod))
    assert pod is not None
    cluster.delete(ObjectRef("Pod", "shop", pull.pod), uid=pod["metadata"]["uid"])
    assert following.until(lambda scan: pull.pod_uid not in {p.pod_uid for p in scan.pulls})


def test_a_pod_that_begins_to_wait_appears(following: Following, settings: Settings) -> None:
    cluster = Cluster(settings)
    broken = failing_in(following.last, "shop")[0]
    body = cluster.read(ObjectRef("Pod", "shop", broken.pod))
    assert body is not None
    status = body["status"]
    fresh = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"namespace": "shop", "name": "newcomer"},
        "spec": {key: body["spec"][key] for key in ("containers", "serviceAccountName") if key in body["spec"]},
    }
    made = cluster.create(ObjectRef("Pod", "shop", "newcomer"), fresh)
    _patch_status(cluster, made, status)
    assert following.until(lambda scan: "newcomer" in {p.pod for p in scan.pulls})


def _patch_status(cluster: Cluster, pod: dict[str, object], status: dict[str, object]) -> None:
    import json
    import urllib.request

    access = cluster._transport.link.access
    meta = pod["metadata"]
    assert isinstance(meta, dict)
    url = f"{access.server}/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}/status"
    body = json.dumps({"status": status}).encode()
    request = urllib.request.Request(url, data=body, method="PATCH")
    request.add_header("Content-Type", "application/merge-patch+json")
    request.add_header("Authorization", f"Bearer {access.user['token']}")
    import ssl

    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    urllib.request.urlopen(request, context=context).close()


def test_the_list_equals_a_fresh_one_after_the_watched_version_has_expired(world: World, settings: Settings) -> None:
    cluster, stop = Cluster(settings), threading.Event()
    scan = scanned(cluster, settings)
    gone = scan.pulls[0]
    pod = cluster.read(ObjectRef("Pod", gone.namespace, gone.pod))
    assert pod is not None
    cluster.delete(ObjectRef("Pod", gone.namespace, gone.pod), uid=pod["metadata"]["uid"])
    world.api.store.compact()
    following = Following(Live(cluster, scan, (None,), stop))
    fresh = {pull.key for pull in scanned(cluster, settings).pulls}
    assert gone.key not in fresh
    assert following.until(lambda now: {pull.key for pull in now.pulls} == fresh)
    stop.set()
    cluster.close()


def test_a_healed_problem_leaves_the_report_and_the_others_keep_their_verdict(tmp_path: Path) -> None:
    with World() as world:
        path = world.kubeconfig(tmp_path / "kubeconfig")
        doctor = Doctor(Settings(kubeconfig=str(path), namespaces=("crm",), state_dir=tmp_path / "state"))
        doctor.connect()
        stop = threading.Event()
        scan = list(doctor.find(stop))[-1]
        report = doctor.diagnose(scan, stop)
        stuck = next(p for p in report.problems if p.code == "HD102")
        others = {p.id for p in report.problems} - {stuck.id}
        reports: list[Report] = []
        thread = threading.Thread(target=lambda: reports.extend(r for r, _ in doctor.follow(report, stop)), daemon=True)
        thread.start()
        plan = doctor.offers(stuck)[0]
        doctor.apply(plan, lambda _: None)  # type: ignore[arg-type]
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if reports and stuck.id not in {p.id for p in reports[-1].problems}:
                break
            time.sleep(0.1)
        stop.set()
        doctor.close()
        ids = {p.id for p in reports[-1].problems}
        assert stuck.id not in ids
        assert others <= ids
