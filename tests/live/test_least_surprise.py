"""What is repaired keeps all but the one change: what the real API server holds, compared byte for byte."""

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.headless.courses import BY_NAME
from tests.headless.warm import Warm
from tests.live.kube import Body, Cluster
from tests.live.node import Node
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.tool import Tool
from tests.live.transplant import LiveStage

pytestmark = pytest.mark.live

_BOOKS = ("resourceVersion", "managedFields")


@pytest.fixture
def tool(cluster: Cluster, namespace: str, registry: Registry, tmp_path: Path) -> Tool:
    home = tmp_path / "home"
    home.mkdir()
    return Tool(cluster.kubeconfig("admin", namespace=namespace), home, [registry])


def stored(body: Body | None) -> bytes:
    """All that the server holds of an object, in the order in which it holds it, but for its book-keeping."""
    assert body is not None
    kept = {key: value for key, value in body["metadata"].items() if key not in _BOOKS}
    # What a list holds does not tell its kind.
    whole = {**{key: value for key, value in body.items() if key not in ("kind", "apiVersion")}, "metadata": kept}
    return json.dumps(whole).encode()


def raw(body: Body | None) -> bytes:
    """A pull Secret's payload."""
    assert body is not None
    return base64.b64decode(body["data"][".dockerconfigjson"])


def _entry(password: str) -> str:
    return f'{{"username":"{USER}", "password":{json.dumps(password)}, "x-team": null, "x-more": [1.0, "\\u00e9"]}}'


def payload(host: str, password: str) -> bytes:
    """Written by hand: three registries, fields that nobody knows, odd spaces, letters and numbers."""
    other = base64.b64encode(b"me:other:with:colons").decode()
    return (
        '{\n\t"credsStore" : "ecr-login", "HttpHeaders":{"X-Meta":"a\\u00e9 \\/ b"},\n'
        f'  "auths": {{ "quay.io" :{{"auth":"{other}","email":"me@example.com","note":1.50e2}},\n'
        f'    "{host}": {_entry(password)},\n'
        '    "https://index.docker.io/v1/":{"auth":""} },\n  "currentContext":"", "big": 12345678901234567890}\n'
    ).encode()


def _owned(cluster: Cluster, namespace: str, registry: Registry) -> Body:
    """Make a ReplicaSet; returns the metadata of a pod of it."""
    labels = {"app": "web"}
    template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": registry.image("x")}]}}
    spec = {"replicas": 1, "selector": {"matchLabels": labels}, "template": template}
    made = cluster.create("ReplicaSet", namespace, "web", {"spec": spec})
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web", "controller": True}
    return {"labels": labels, "ownerReferences": [{**owner, "uid": made["metadata"]["uid"]}]}


def _failing_pod(cluster: Cluster, namespace: str, registry: Registry, node: Node, **more: Any) -> None:
    cluster.pod(namespace, "web", registry.image("shop/web"), **more)
    node.wait_for("web backs off", lambda: node.reason("web") == "ImagePullBackOff")


def _undone(tool: Tool, now: Callable[[], dict[str, bytes]], before: dict[str, bytes]) -> None:
    assert tool("undo", "--yes").code == 0
    assert now() == before


def _account(cluster: Cluster, namespace: str, names: tuple[str, ...]) -> Body:
    """Give `default` a list of pull secrets, and all else that a ServiceAccount may hold; returns it as stored."""
    return cluster.patch("ServiceAccount", namespace, "default", {
        "imagePullSecrets": [{"name": name} for name in names], "automountServiceAccountToken": False,
        "secrets": [{"name": "default-token"}, {"name": "default-dockercfg-x7k2p"}],
        "metadata": {
            "labels": {"team": "shop", "helm.sh/chart": "shop-1.2"}, "annotations": {"b": "2", "a": "1"},
            "finalizers": ["example.com/hold"],
        },
    })  # fmt: skip


@pytest.fixture
def let_go(cluster: Cluster, namespace: str) -> Iterator[None]:
    yield
    cluster.patch("ServiceAccount", namespace, "default", {"metadata": {"finalizers": None}})


@pytest.mark.usefixtures("let_go")
def test_of_three_entries_of_a_service_account_one_gets_another_name_and_all_else_stays(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    wrong = {registry.host: {"username": USER, "password": PASSWORD + "\n"}}
    cluster.pull_secret(namespace, "stiff-pull", wrong, immutable=True)
    before = _account(cluster, namespace, ("legacy-pull", "stiff-pull", "default-dockercfg-x7k2p"))
    _failing_pod(cluster, namespace, registry, node, metadata=_owned(cluster, namespace, registry))
    secret = stored(cluster.get("Secret", namespace, "stiff-pull"))

    mended = tool("fix", f"HD109:{namespace}/stiff-pull", "-n", namespace, "--yes", "--wait", "0")
    assert mended.code == 0, mended.err
    listed = [{"name": name} for name in ("legacy-pull", "stiff-pull-2", "default-dockercfg-x7k2p")]
    assert stored(cluster.get("ServiceAccount", namespace, "default")) == stored({**before, "imagePullSecrets": listed})
    assert stored(cluster.get("Secret", namespace, "stiff-pull")) == secret

    assert tool("undo", "--yes").code == 0
    assert stored(cluster.get("ServiceAccount", namespace, "default")) == stored(before)
    assert [body["metadata"]["name"] for body in cluster.list("Secret", namespace)] == ["stiff-pull"]


def test_a_service_account_with_three_entries_gets_a_fourth_and_all_else_stays(
    cluster: Cluster, tmp_path: Path
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    with LiveStage(tmp_path, BY_NAME["onboard, robot"], cluster) as stage, Warm() as warm:
        (namespace,) = stage.namespaces
        # A name that is there twice, and an empty one, are somebody else's business.
        names = ("legacy-pull", "", "default-dockercfg-x7k2p", "legacy-pull")
        before = _account(cluster, namespace, names)
        done = warm.run(home, stage.environment(), *stage.course.command(stage.namespaces))
        assert done.code == 0, done
        listed = [*before["imagePullSecrets"], {"name": "harbor-pull"}]
        after = stored(cluster.get("ServiceAccount", namespace, "default"))
        undone = warm.run(home, stage.environment(), "undo", "--yes", "-n", namespace)
        back = stored(cluster.get("ServiceAccount", namespace, "default"))
        cluster.patch("ServiceAccount", namespace, "default", {"metadata": {"finalizers": None}})
    assert after == stored({**before, "imagePullSecrets": listed})
    assert undone.code == 0, undone
    assert back == stored(before)


def test_a_secret_of_several_registries_with_unknown_fields_loses_its_line_break_and_nothing_else(
    tool: Tool, cluster: Cluster, namespace: str, registry: Registry, node: Node
) -> None:
    text = payload(registry.host, PASSWORD + "\n")
    data = {".dockerconfigjson": base64.b64encode(text).decode(), "more.txt": "AAEC/w==", "empty": ""}
    meta = {"labels": {"team": "shop"}, "annotations": {"z": "1", "a": "2"}}
    made = {"type": "kubernetes.io/dockerconfigjson", "data": data, "metadata": meta}
    cluster.create("Secret", namespace, "many", made)
    cluster.pull_secret(namespace, "unrelated", {"quay.io": {"username": "a", "password": "b"}})
    _failing_pod(cluster, namespace, registry, node, pull_secrets=["many"])

    def now() -> dict[str, bytes]:
        return {body["metadata"]["name"]: stored(body) for body in cluster.list("Secret", namespace)}

    before = now()
    mended = tool("fix", f"HD109:{namespace}/many", "-n", namespace, "--yes", "--wait", "0")
    assert mended.code == 0, mended.err

    after = {name: text for name, text in now().items() if "harbor-doctor-undo-" not in name}
    secret = cluster.get("Secret", namespace, "many")
    assert secret is not None
    # Of the payload one entry gives way to one with the fields that nobody knows as they stood.
    head, tail = text.split(_entry(PASSWORD + "\n").encode())
    changed = raw(secret)
    assert (changed[: len(head)], changed[-len(tail) :]) == (head, tail)
    entry = changed[len(head) : -len(tail)].decode()
    auth = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    login = {"username": USER, "password": PASSWORD, "auth": auth}
    assert json.loads(entry) == {**login, "x-team": None, "x-more": [1.0, "é"]}
    assert '"x-team": null' in entry or '"x-team":null' in entry
    assert '[1.0, "\\u00e9"]' in entry
    secret["data"][".dockerconfigjson"] = data[".dockerconfigjson"]
    assert {**after, "many": stored(secret)} == before
    _undone(tool, now, before)
    assert raw(cluster.get("Secret", namespace, "many")) == text
