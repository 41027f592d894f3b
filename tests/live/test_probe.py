"""Probe pods on a real API server: admission takes the manifest as it is, the rights suffice, the pod goes at once.

No kubelet is real here: whether the node pulls is asked of the real registry (node.py). What a kubelet says of a
command that does not exist is judged from its own texts elsewhere.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.live.kube import MERGE, Body, Cluster
from tests.live.node import Node
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.tool import Run, Tool

pytestmark = pytest.mark.live

LOOK = (
    ("", "pods", "get,list,watch"), ("", "secrets", "get,list"), ("", "serviceaccounts,nodes", "get"),
    ("", "events", "list"),
)  # fmt: skip


@pytest.fixture
def tool_for(cluster: Cluster, namespace: str, registry: Registry, tmp_path: Path) -> Callable[..., Tool]:
    def make(user: str = "admin") -> Tool:
        home = tmp_path / user
        home.mkdir(exist_ok=True)
        return Tool(cluster.kubeconfig(user, namespace=namespace), home, [registry])

    return make


def stuck(
    cluster: Cluster, namespace: str, registry: Registry, node: Node, login: Body, secrets: list[str] | None
) -> str:
    """A pod that waits for its image, and the id of its problem."""
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login})
    cluster.pod(namespace, "web", registry.image("shop/web"), secrets)
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")
    return "HD109" if secrets else "HD101"


def wrong() -> Body:
    return {"username": USER, "password": PASSWORD + "\n"}


def answer_of(run: Run) -> Any:
    assert run.out, run.err
    return json.loads(run.out)


def pods(cluster: Cluster, namespace: str) -> list[str]:
    return [pod["metadata"]["name"] for pod in cluster.list("Pod", namespace)]


def may_make_pods(cluster: Cluster, namespace: str) -> bool:
    """Does admission take a pod? It learns of the end of a policy through a watch."""
    spec = {"containers": [{"name": "a", "image": "a"}]}
    body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "tried"}, "spec": spec}
    return cluster.ask("POST", f"/api/v1/namespaces/{namespace}/pods?dryRun=All", body).status == 201


def enforce(cluster: Cluster, namespace: str, level: str) -> None:
    labels = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": level}}}
    cluster.call("PATCH", f"/api/v1/namespaces/{namespace}", labels, MERGE)


def test_the_strictest_pod_security_level_takes_the_pod_as_it_is_shown(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, wrong(), ["harbor-pull"])
    enforce(cluster, namespace, "restricted")
    run = tool_for()("probe", problem, "-n", namespace, "--dry-run", "-o", "json")
    assert "the API server takes the pod; nothing was written" in run.err
    answer = answer_of(run)
    assert answer["notes"] == []
    assert pods(cluster, namespace) == ["web"]


def test_the_node_is_asked_and_the_pod_is_gone_afterwards_at_once(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, wrong(), ["harbor-pull"])
    run = tool_for()("probe", problem, "-n", namespace, "--yes", "-o", "json")
    answer = answer_of(run)
    assert (run.code, answer["answer"], answer["node"], answer["deleted"]) == (1, "fails", "live-node", True)
    assert "401 Unauthorized" in answer["text"]
    assert pods(cluster, namespace) == ["web"]


def test_an_own_empty_name_keeps_admission_from_adding_the_service_accounts_secrets(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, {"username": USER, "password": PASSWORD}, None)
    account = {"imagePullSecrets": [{"name": "harbor-pull"}]}
    cluster.patch("ServiceAccount", namespace, "default", account)
    run = tool_for()("probe", "HD102", "-n", namespace, "--yes", "-o", "json")
    assert problem == "HD101"
    answer = answer_of(run)
    assert (answer["manifest"]["spec"]["imagePullSecrets"], answer["notes"]) == ([{"name": ""}], [])
    assert (run.code, answer["answer"], answer["pull_secrets"]) == (1, "fails", [])


def test_the_rights_that_are_named_suffice_and_without_them_nothing_is_written(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, wrong(), ["harbor-pull"])
    cluster.allow("looker", namespace, *LOOK)
    run = tool_for("looker")("probe", problem, "-n", namespace, "--yes")
    missing = f"no right: pods create in {namespace}, pods delete in {namespace}"
    assert (run.code, missing in run.err) == (5, True)
    cluster.allow("asker", namespace, *LOOK, ("", "pods", "create,delete"))
    run = tool_for("asker")("probe", problem, "-n", namespace, "--yes", "-o", "json")
    assert (run.code, answer_of(run)["answer"]) == (1, "fails")
    assert pods(cluster, namespace) == ["web"]


def test_a_limit_range_that_is_not_met_is_one_sentence_before_anything_is_asked(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, wrong(), ["harbor-pull"])
    limits = {"limits": [{"type": "Container", "min": {"cpu": "50m"}}]}
    body = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "small"}, "spec": limits}
    cluster.call("POST", f"/api/v1/namespaces/{namespace}/limitranges", body)
    for _ in range(20):  # the API server learns of it through a watch
        run = tool_for()("probe", problem, "-n", namespace)
        if "asked first and nobody answered" not in run.err:
            break
    assert (run.code, "minimum cpu usage per Container is 50m, but request is 10m" in run.err) == (3, True)
    cluster.call("DELETE", f"/api/v1/namespaces/{namespace}/limitranges/small")
    assert pods(cluster, namespace) == ["web"]


def test_an_admission_policy_that_forbids_pods_is_one_sentence_before_anything_is_asked(
    tool_for: Callable[..., Tool], cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = stuck(cluster, namespace, registry, node, wrong(), ["harbor-pull"])
    with cluster.forbidding(f"{namespace}-no-pods", namespace, "pods,secrets", "no pods by hand here"):
        run = tool_for()("probe", problem, "-n", namespace)
    assert (run.code, "no pods by hand here" in run.err.splitlines()[-1]) == (3, True)
    node.wait_for("the policy is gone", lambda: may_make_pods(cluster, namespace))
    assert pods(cluster, namespace) == ["web"]
