"""The whole way on real servers: the installed program finds, explains, mends and undoes, and the pods do pull."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.live.kube import Body, Cluster, declared
from tests.live.node import Node
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.tool import Tool

pytestmark = pytest.mark.live

ToolFor = Callable[..., Tool]


@pytest.fixture
def tool_for(cluster: Cluster, namespace: str, registry: Registry, tmp_path: Path) -> ToolFor:
    def make(user: str = "admin") -> Tool:
        home = tmp_path / user
        home.mkdir(exist_ok=True)
        return Tool(cluster.kubeconfig(user, namespace=namespace), home, [registry])

    return make


@pytest.fixture
def tool(tool_for: ToolFor) -> Tool:
    return tool_for()


def login(password: str = PASSWORD) -> Body:
    return {"username": USER, "password": password}


def broken_line(cluster: Cluster, namespace: str, registry: Registry, node: Node) -> str:
    """Make a Secret whose password ends in a line break and a pod that waits for it; returns the problem's id."""
    entry = login(PASSWORD + "\n")
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: entry}, metadata={"labels": {"team": "shop"}})
    waiting_pod(cluster, namespace, registry, node)
    return f"HD109:{namespace}/harbor-pull"


def waiting_pod(cluster: Cluster, namespace: str, registry: Registry, node: Node) -> None:
    cluster.pod(namespace, "web", registry.image("shop/web"), ["harbor-pull"])
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")


def secrets(cluster: Cluster, namespace: str) -> list[Body]:
    """The declared fields of all Secrets in a namespace, by name."""
    return sorted(map(declared, cluster.list("Secret", namespace)), key=lambda body: body["metadata"]["name"])


def test_a_line_break_in_a_password_is_found_explained_mended_and_undone(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = broken_line(cluster, namespace, registry, node)
    before = secrets(cluster, namespace)

    found = tool("scan", "-n", namespace, "-o", "json")
    assert found.code == 1
    assert list(found.problems) == [problem]
    assert "the password ends in a line break" in found.problems[problem]["sentence"]
    assert [pod["name"] for pod in found.problems[problem]["pods"]] == ["web"]

    fixed = tool("fix", problem, "--yes", "--wait", "60s")
    assert (fixed.code, fixed.out) == (0, "1 of 1 pods have pulled\n")
    assert node.reason("web") == "Running"
    assert tool("scan", "-n", namespace).code == 0

    assert tool("undo", "--yes", "-n", namespace).code == 0
    assert secrets(cluster, namespace) == before
    assert "nothing to undo" in tool("undo", "--list", "-n", namespace).err


def test_a_dry_run_shows_the_plan_and_writes_nothing(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = broken_line(cluster, namespace, registry, node)
    before = cluster.list("Secret", namespace)
    tried = tool("fix", problem, "--dry-run")
    assert (tried.code, "••••••⏎ → ••••••" in tried.out) == (1, True)
    assert cluster.list("Secret", namespace) == before


def test_a_secret_of_the_wrong_type_is_made_anew_and_comes_back_as_it_was(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login()}, type_="Opaque")
    waiting_pod(cluster, namespace, registry, node)
    (before,) = secrets(cluster, namespace)

    (problem,) = tool("scan", "-n", namespace, "-o", "json").problems
    assert problem == f"HD104:{namespace}/harbor-pull"
    assert tool("fix", problem, "--yes", "--wait", "60s").code == 0
    assert node.reason("web") == "Running"
    made = declared(cluster.get("Secret", namespace, "harbor-pull"))
    assert made == {**before, "type": "kubernetes.io/dockerconfigjson"}

    assert tool("undo", "--yes").code == 0
    assert secrets(cluster, namespace) == [before]


def test_a_missing_secret_is_made_from_a_login_given_on_standard_input(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    waiting_pod(cluster, namespace, registry, node)
    (problem,) = tool("scan", "-n", namespace, "-o", "json").problems
    assert problem == f"HD103:{namespace}/harbor-pull"
    typed = ("--username", USER, "--password-stdin")

    fixed = tool("fix", problem, *typed, "--yes", "--wait", "60s", given=PASSWORD + "\n")
    assert fixed.code == 0
    assert "Not proven" not in fixed.err
    assert node.reason("web") == "Running"
    assert cluster.get("Secret", namespace, "harbor-pull") is not None

    assert tool("undo", "--yes").code == 0
    assert secrets(cluster, namespace) == []


def test_a_login_that_the_registry_refuses_is_not_written_without_a_yes(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    waiting_pod(cluster, namespace, registry, node)
    typed = ("--username", USER, "--password-stdin", "--server", registry.host)
    refused = tool("fix", f"HD103:{namespace}/harbor-pull", *typed, given="wrong")
    assert refused.code == 5
    assert f"the registry refuses the login {USER}" in refused.err
    assert secrets(cluster, namespace) == []


def test_a_service_account_gets_the_secret_and_its_pods_are_replaced(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    node.replica_set("web", registry.image("shop/web"), 2)
    node.wait_for("both back off", lambda: node.reasons() == ["ImagePullBackOff"] * 2)
    cluster.pull_secret(namespace, "harbor-pull", {registry.host: login()})
    before = declared(cluster.get("ServiceAccount", namespace, "default"))

    (problem,) = tool("scan", "-n", namespace, "-o", "json").problems
    assert problem == f"HD101:{namespace}/default"
    fixed = tool("fix", problem, "--yes", "--wait", "60s")
    assert (fixed.code, fixed.out) == (0, "2 of 2 pods have pulled\n")
    assert node.reasons() == ["Running"] * 2

    assert tool("undo", "--yes").code == 0
    assert declared(cluster.get("ServiceAccount", namespace, "default")) == before
    assert node.reasons() == ["Running"] * 2


def test_an_object_that_somebody_changed_after_the_repair_is_left_alone(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = broken_line(cluster, namespace, registry, node)
    assert tool("fix", problem, "--yes", "--wait", "60s").code == 0
    cluster.patch("Secret", namespace, "harbor-pull", {"metadata": {"labels": {"team": "other"}}})
    changed = cluster.get("Secret", namespace, "harbor-pull")
    undone = tool("undo", "--yes")
    assert undone.code == 5
    assert f"Secret {namespace}/harbor-pull was changed after the repair and is left alone" in undone.err
    assert cluster.get("Secret", namespace, "harbor-pull") == changed


def test_pruned_receipts_leave_nothing_in_the_cluster(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    assert tool("fix", broken_line(cluster, namespace, registry, node), "--yes", "--wait", "0").code == 0
    receipts = [body for body in secrets(cluster, namespace) if "undo" in body["metadata"]["name"]]
    assert [body["type"] for body in receipts] == ["Opaque"]
    assert tool("undo", "--prune", "-n", namespace).code == 0
    assert [body["metadata"]["name"] for body in secrets(cluster, namespace)] == ["harbor-pull"]


def test_an_admission_policy_s_no_is_passed_on_and_nothing_is_written(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = broken_line(cluster, namespace, registry, node)
    before = cluster.list("Secret", namespace)
    why = "the shop is frozen until Monday"
    with cluster.forbidding(f"frozen-{namespace}", namespace, "secrets", why):
        refused = tool("fix", problem, "--yes", "--wait", "5s")
    assert refused.code == 3
    assert why in refused.err
    assert cluster.list("Secret", namespace) == before


def test_a_user_of_one_namespace_sees_it_and_is_told_that_it_is_not_all(
    tool_for: ToolFor, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    user = f"una-{namespace}"
    cluster.allow(user, namespace, ("", "pods,secrets", "get,list,watch"))
    tool = tool_for(user)
    assert tool("scan").code == 4

    problem = broken_line(cluster, namespace, registry, node)
    found = tool("scan", "-o", "json")
    assert (found.code, list(found.problems), found.json["complete"]) == (1, [problem], False)
    assert [gap["namespace"] for gap in found.json["not_looked"]] == [""]
    assert "no right to list the pods of all namespaces" in found.err


def test_who_may_not_write_gets_advice_and_writes_nothing(
    tool_for: ToolFor, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    user = f"nils-{namespace}"
    cluster.allow(user, namespace, ("", "pods,secrets", "get,list,watch"))
    problem = broken_line(cluster, namespace, registry, node)
    before = cluster.list("Secret", namespace)
    refused = tool_for(user)("fix", problem, "--yes")
    assert refused.code == 5
    assert f"No right: secrets update in {namespace}" in refused.out
    assert cluster.list("Secret", namespace) == before


def test_who_may_not_read_secrets_is_told_that_the_cause_is_not_known(
    tool_for: ToolFor, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    user = f"otto-{namespace}"
    cluster.allow(user, namespace, ("", "pods", "get,list,watch"))
    broken_line(cluster, namespace, registry, node)
    (problem,) = tool_for(user)("scan", "-o", "json").problems.values()
    assert problem["code"] == "HD000"
    assert f"no right to read Secrets in {namespace}" in problem["sentence"]


def test_who_may_change_a_secret_but_make_none_is_asked_and_mends_it_without_undo(
    tool_for: ToolFor, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    user = f"vera-{namespace}"
    cluster.allow(user, namespace, ("", "pods,secrets", "get,list,watch"), ("", "secrets", "update"))
    problem = broken_line(cluster, namespace, registry, node)
    tool = tool_for(user)
    assert tool("fix", problem, "--wait", "60s").code == 5
    assert tool("fix", problem, "--yes", "--wait", "60s").code == 0
    assert node.reason("web") == "Running"
    assert [body["metadata"]["name"] for body in secrets(cluster, namespace)] == ["harbor-pull"]


def test_a_read_only_run_writes_nothing(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    problem = broken_line(cluster, namespace, registry, node)
    before = cluster.list("Secret", namespace)
    assert tool("fix", problem, "--yes", "--read-only").code == 5
    assert cluster.list("Secret", namespace) == before


def test_a_cluster_that_does_not_answer_is_one_sentence(tool: Tool, tmp_path: Path) -> None:
    kubeconfig = tmp_path / "gone"
    server = {"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}
    context = {"name": "gone", "context": {"cluster": "c", "user": "u"}}
    users = [{"name": "u", "user": {}}]
    config = {"current-context": "gone", "clusters": [server], "contexts": [context], "users": users}
    kubeconfig.write_text(json.dumps(config))
    gone = tool("scan", "--kubeconfig", str(kubeconfig))
    assert (gone.code, gone.out) == (3, "")
    assert len(gone.err.splitlines()) == 1
