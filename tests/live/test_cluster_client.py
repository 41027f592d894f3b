"""What our own cluster client makes of a real API server: reads, writes, refusals, pages, the watch and the scan."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from checks.clients.cluster import Cluster as Client
from checks.errors import Conflict, Forbidden, Invalid, NotFound, Refused, Unauthenticated, Unreachable
from checks.model import ObjectRef
from checks.scan import Scan, find
from checks.settings import Settings
from tests.live import courses
from tests.live.certificates import Authority
from tests.live.kube import STRATEGIC, Body, Cluster, inline
from tests.live.node import Node
from tests.live.registry import Registry

pytestmark = pytest.mark.live

Open = Callable[..., Client]
Connect = Callable[..., Client]


@pytest.fixture
def opened() -> Iterator[Open]:
    clients: list[Client] = []

    def start(kubeconfig: Path, **settings: Any) -> Client:
        clients.append(Client(Settings(kubeconfig=str(kubeconfig), **settings)))
        return clients[-1]

    yield start
    for each in clients:
        each.close()


@pytest.fixture
def connect(cluster: Cluster, opened: Open) -> Connect:
    return lambda user="admin", namespace="default", **settings: opened(
        cluster.kubeconfig(user, namespace=namespace), **settings
    )


def secret(namespace: str, name: str = "harbor-pull", **more: object) -> tuple[ObjectRef, Body]:
    return ObjectRef("Secret", namespace, name), {"type": "Opaque", "data": {"a": "MQ=="}, **more}


def scanned(client: Client, **settings: Any) -> Scan:
    *_, last = find(client, Settings(**settings), threading.Event())
    return last


def test_the_api_server_says_who_we_are(connect: Connect) -> None:
    assert connect().who() == "admin"
    assert connect("ines").who() == "ines"


def test_a_certificate_of_another_authority_is_nobody_s(
    opened: Open, cluster: Cluster, namespace: str, authority: Authority
) -> None:
    stranger = authority.client("stranger", ("system:masters",))
    with pytest.raises(Unauthenticated):
        opened(cluster.kubeconfig_with("stranger", inline(stranger))).read(ObjectRef("Secret", namespace, "x"))


def test_without_credentials_we_are_nobody_and_may_nothing(opened: Open, cluster: Cluster, namespace: str) -> None:
    with pytest.raises(Forbidden, match="system:anonymous"):
        opened(cluster.kubeconfig_with("nobody", {})).read(ObjectRef("Secret", namespace, "x"))


def test_an_api_server_of_another_authority_is_not_talked_to(
    opened: Open, cluster: Cluster, authority: Authority
) -> None:
    config = cluster.kubeconfig_with("trusting", inline(cluster.server.admin), ca=authority.certificate)
    with pytest.raises(Unreachable, match="certificate"):
        opened(config).who()


def test_a_service_account_s_token_is_known(opened: Open, cluster: Cluster, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/default/token"
    asked = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {"expirationSeconds": 600}}
    token = cluster.call("POST", path, asked)["status"]["token"]
    client = opened(cluster.kubeconfig_with("token", {"token": token}))
    assert client.who() == f"system:serviceaccount:{namespace}:default"


def test_who_is_impersonated_decides_what_we_may(connect: Connect, cluster: Cluster, namespace: str) -> None:
    cluster.allow(f"team-{namespace}", namespace, ("", "secrets", "get"))
    client = connect(impersonate=f"team-{namespace}", impersonate_groups=("shop",))
    assert client.who() == f"team-{namespace}"
    assert client.read(secret(namespace)[0]) is None
    with pytest.raises(Forbidden, match=f"team-{namespace}"):
        client.create(*secret(namespace))


def test_what_is_created_is_read_back_with_its_uid(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace, metadata={"labels": {"team": "shop"}})
    made = client.create(ref, body)
    read = client.read(ref)
    assert read == made
    assert read is not None
    assert (read["data"], read["metadata"]["labels"]) == ({"a": "MQ=="}, {"team": "shop"})
    assert read["metadata"]["uid"]


def test_a_missing_object_is_none_and_a_taken_name_a_conflict(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace)
    assert client.read(ref) is None
    client.create(ref, body)
    with pytest.raises(Conflict):
        client.create(ref, body)


def test_a_dry_run_writes_nothing_and_says_what_would_be(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace)
    assert client.create(ref, body, dry_run=True)["data"] == body["data"]
    assert client.read(ref) is None
    made = client.create(ref, body)
    client.delete(ref, uid=made["metadata"]["uid"], dry_run=True)
    assert client.read(ref) == made


def test_a_read_only_client_may_only_try(connect: Connect, namespace: str) -> None:
    client = connect(read_only=True)
    ref, body = secret(namespace)
    client.create(ref, body, dry_run=True)
    with pytest.raises(Refused):
        client.create(ref, body)
    assert client.read(ref) is None


def test_a_stale_version_is_not_written_over(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace)
    made = client.create(ref, body)
    client.replace(ref, {**made, "data": {"a": "Mg=="}})
    with pytest.raises(Conflict):
        client.replace(ref, {**made, "data": {"a": "Mw=="}})
    read = client.read(ref)
    assert read is not None
    assert read["data"] == {"a": "Mg=="}


def test_another_object_of_that_name_is_not_deleted(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace)
    first = client.create(ref, body)
    client.delete(ref, uid=first["metadata"]["uid"])
    client.create(ref, body)
    with pytest.raises(Conflict):
        client.delete(ref, uid=first["metadata"]["uid"])
    assert client.read(ref) is not None
    with pytest.raises(NotFound):
        client.delete(ObjectRef("Secret", namespace, "none"), uid="u")


def test_a_type_cannot_be_changed_and_nothing_of_the_value_is_told(connect: Connect, namespace: str) -> None:
    client = connect()
    ref, body = secret(namespace)
    made = client.create(ref, body)
    with pytest.raises(Invalid, match="immutable") as refused:
        client.replace(ref, {**made, "type": "kubernetes.io/dockerconfigjson", "data": {".dockerconfigjson": "e30="}})
    assert "e30=" not in str(refused.value)


def test_a_right_is_told_as_rbac_grants_it(connect: Connect, cluster: Cluster, namespace: str) -> None:
    user = f"olga-{namespace}"
    cluster.allow(user, namespace, ("", "pods,secrets", "get,list"))
    client = connect(user)
    assert client.may("list", "pods", "", namespace) is True
    assert client.may("create", "secrets", "", namespace, "harbor-pull") is False
    assert client.may("get", "secrets", "", "default") is False
    with pytest.raises(Forbidden):
        client.create(*secret(namespace))


def test_an_admission_policy_s_reason_reaches_the_person(connect: Connect, cluster: Cluster, namespace: str) -> None:
    client = connect()
    why = "the shop is frozen until Monday"
    with cluster.forbidding(f"frozen-{namespace}", namespace, "secrets", why), pytest.raises(Forbidden, match=why):
        client.create(*secret(namespace))


def test_pull_secrets_are_listed_by_name_and_others_not(connect: Connect, cluster: Cluster, namespace: str) -> None:
    cluster.pull_secret(namespace, "harbor-pull", {})
    cluster.pull_secret(namespace, "opaque", {}, type_="Opaque")
    assert connect().secret_names(namespace) == ("harbor-pull",)


def test_pages_together_hold_every_pod_once(connect: Connect, cluster: Cluster, namespace: str) -> None:
    names = [f"web-{number}" for number in range(7)]
    for name in names:
        cluster.pod(namespace, name, "registry.live.test/shop/web:1")
    pages = list(connect().pods(namespace, limit=3))
    assert [len(page.items) for page in pages] == [3, 3, 1]
    assert sorted(pod.metadata.name for page in pages for pod in page.items) == names


def test_a_watch_goes_on_where_a_list_ended(connect: Connect, cluster: Cluster, namespace: str) -> None:
    client = connect()
    (page,) = client.pods(namespace)
    cluster.pod(namespace, "web", "registry.live.test/shop/web:1")
    stop = threading.Event()
    changes = client.watch_pods(namespace, page.resource_version, stop, deadline=time.monotonic() + 20)
    assert [(kind, pod.metadata.name) for kind, pod in [next(changes)]] == [("ADDED", "web")]
    cluster.delete("Pod", namespace, "web")
    kinds = iter(kind for kind, _ in changes)
    assert "DELETED" in kinds
    stop.set()
    assert list(changes) == []


def test_pages_go_on_when_their_token_has_expired(connect: Connect, cluster: Cluster, namespace: str) -> None:
    names = [f"web-{number}" for number in range(5)]
    for name in names:
        cluster.pod(namespace, name, "registry.live.test/shop/web:1")
    pages = connect().pods(namespace, limit=2)
    seen = [pod.metadata.name for pod in next(pages).items]
    cluster.delete("Pod", namespace, "web-0")
    cluster.server.compact()
    seen += [pod.metadata.name for page in pages for pod in page.items]
    assert set(names) - {"web-0"} <= set(seen)


def test_a_scan_finds_what_the_node_reports(
    connect: Connect, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    image = registry.image("shop/web")
    cluster.pod(namespace, "web", image, ["harbor-pull"])
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")
    scan = scanned(connect())
    (pull,) = (pull for pull in scan.pulls if pull.namespace == namespace)
    assert (pull.namespace, pull.pod, pull.image, pull.pull_secrets) == (namespace, "web", image, ("harbor-pull",))
    assert (pull.node, pull.phase, scan.complete, scan.not_looked) == ("live-node", "Pending", True, ())


def test_every_recorded_waiting_course_is_found_by_a_scan(connect: Connect, cluster: Cluster, namespace: str) -> None:
    """Statuses go through the API server's own validation, as a kubelet's do."""
    ends = ((name, row["image"], row["states"][-1]) for name, row in courses.recorded().items())
    waiting = {
        name: image
        for name, image, end in ends
        if end["reason"] == "ImagePullBackOff" and end.get("phase") == "Pending" and end["list"] == "containerStatuses"
    }
    for name, image in waiting.items():
        cluster.pod(namespace, name, image, [])
        status = courses.as_recorded(name)
        cluster.patch("Pod", namespace, name, {"status": status}, sub="status", how=STRATEGIC)
    scan = scanned(connect(), namespaces=(namespace,))
    assert len(waiting) > 80
    assert {pull.pod for pull in scan.pulls} == set(waiting)
    assert scan.complete


def test_a_scan_by_a_user_of_one_namespace_is_not_complete(
    connect: Connect, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    user = f"pia-{namespace}"
    cluster.allow(user, namespace, ("", "pods,secrets", "get,list,watch"))
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")
    scan = scanned(connect(user, namespace))
    assert [pull.pod for pull in scan.pulls] == ["web"]
    assert not scan.complete
    assert [gap.namespace for gap in scan.not_looked] == [""]


def test_a_user_who_may_name_namespaces_hears_of_each_closed_one(
    connect: Connect, cluster: Cluster, namespace: str
) -> None:
    user = f"rosa-{namespace}"
    cluster.allow(user, "", ("", "namespaces", "list"))
    cluster.allow(user, namespace, ("", "pods", "get,list"))
    scan = scanned(connect(user, namespace))
    closed = {gap.namespace for gap in scan.not_looked}
    assert "default" in closed
    assert namespace not in closed
    assert not scan.complete


def test_no_key_is_left_on_disk_after_closing(
    connect: Connect, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    runtime = tmp_path_factory.mktemp("runtime")
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    client = connect()
    client.who()
    kept = [path for path in runtime.rglob("*") if path.is_file()]
    assert all(path.stat().st_mode & 0o077 == 0 for path in kept)
    client.close()
    with suppress(FileNotFoundError):
        assert [path for path in runtime.rglob("*") if path.is_file()] == []
