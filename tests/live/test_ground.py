"""The ground that the live tests stand on: real servers, and a node that tells the truth about them."""

import subprocess

import pytest

from tests.live.kube import Cluster, Denied
from tests.live.node import Node
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.servers import Binaries

pytestmark = pytest.mark.live


def login(password: str = PASSWORD) -> dict[str, str]:
    return {"username": USER, "password": password}


def test_the_api_server_is_the_version_that_was_asked_for(cluster: Cluster) -> None:
    version = subprocess.run([Binaries.find().folder / "kube-apiserver", "--version"], capture_output=True, text=True)
    assert cluster.call("GET", "/version")["gitVersion"] == version.stdout.split()[-1]


def test_a_pod_with_the_right_login_runs(cluster: Cluster, namespace: str, registry: Registry, node: Node) -> None:
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login()})
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    node.wait_for("web runs", lambda: node.reason("web") == "Running")


def test_a_pod_without_a_login_waits_until_its_secret_is_made(
    cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")
    words = f"pulling from host {registry.host} failed with status code [manifests 1]: 401 Unauthorized"
    assert node.message("web").endswith(words)
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login()})
    node.wait_for("web runs", lambda: node.reason("web") == "Running")


def test_a_password_with_a_line_break_is_refused_by_the_real_registry(
    cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login(PASSWORD + "\n")})
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")


def test_an_unreadable_secret_shows_its_error_as_the_reason(
    cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    cluster.pull_secret(namespace, "harbor-pull", {"other.live.test": {"auth": "AAAA"}})
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    words = "unable to parse auth field, must be formatted as base64(username:password)"
    node.wait_for("web shows it", lambda: node.reason("web") == words)


def test_a_replica_set_gets_a_new_pod_for_a_deleted_one(
    cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    node.replica_set("web", registry.image("shop/web"), 1)
    node.wait_for("a first pod", lambda: len(cluster.list("Pod", namespace)) == 1)
    first = cluster.list("Pod", namespace)[0]["metadata"]["name"]
    cluster.delete("Pod", namespace, first)
    node.wait_for("another", lambda: [p["metadata"]["name"] != first for p in cluster.list("Pod", namespace)] == [True])


def test_a_user_may_only_what_its_role_allows(cluster: Cluster, namespace: str) -> None:
    cluster.allow("ines", namespace, ("", "pods", "get,list"))
    cluster.kubeconfig("ines")
    other = cluster.namespace(f"{namespace}-other")
    assert cluster.asks_as("ines", "GET", f"/api/v1/namespaces/{namespace}/pods").status == 200
    assert cluster.asks_as("ines", "GET", f"/api/v1/namespaces/{other}/pods").status == 403
    assert cluster.asks_as("ines", "GET", f"/api/v1/namespaces/{namespace}/secrets").status == 403


def test_an_admission_policy_refuses_writes_while_it_stands(cluster: Cluster, namespace: str) -> None:
    with (
        cluster.forbidding("frozen", namespace, "secrets", "the shop is frozen until Monday"),
        pytest.raises(Denied, match=r"403 .*the shop is frozen until Monday"),
    ):
        cluster.pull_secret(namespace, "harbor-pull", {})
