"""What is exported for Git is taken by a real API server, which is asked by dry runs."""

from pathlib import Path

import pytest
import yaml

from tests.live.kube import Body, Cluster
from tests.live.node import Node
from tests.live.registry import PASSWORD, USER, Registry
from tests.live.tool import Tool

pytestmark = pytest.mark.live
STRATEGIC = "application/strategic-merge-patch+json"


def exported(tool: Tool, problem: str, folder: Path) -> dict[str, Body]:
    done = tool("fix", problem, "--export", str(folder))
    assert done.code == 0, done.err
    return {path.name: yaml.safe_load(path.read_text()) for path in folder.glob("*.yaml")}


def test_a_manifest_and_patches_are_taken_as_they_are(
    cluster: Cluster, namespace: str, registry: Registry, node: Node, tmp_path: Path
) -> None:
    tool = Tool(cluster.kubeconfig("admin", namespace=namespace), tmp_path, [registry])
    login = {"username": USER, "password": PASSWORD}
    flux = {"kustomize.toolkit.fluxcd.io/name": "apps", "kustomize.toolkit.fluxcd.io/namespace": "flux-system"}
    broken = {registry.host: {**login, "password": PASSWORD + "\n"}}
    cluster.pull_secret(namespace, "broken", broken, metadata={"labels": flux})
    cluster.pull_secret(namespace, "good", {registry.host: login})
    cluster.pod(namespace, "web", registry.image("shop/web"), ["broken"])
    cluster.pod(namespace, "api", registry.image("shop/web"))
    for pod in ("web", "api"):
        node.wait_for(f"{pod} backs off", lambda name=pod: node.reason(name) == "ImagePullBackOff")  # type: ignore[misc]

    secret = exported(tool, f"HD109:{namespace}/broken", tmp_path / "secret")
    assert sorted(secret) == [f"flux-secret-{namespace}-broken.yaml", f"secret-{namespace}-broken.yaml"]
    account = exported(tool, f"HD101:{namespace}/default", tmp_path / "account")
    assert list(account) == [f"serviceaccount-patch-{namespace}-default.yaml"]
    for body in (*secret.values(), *account.values()):
        plural = f"{body['kind'].lower()}s"
        path = f"/api/v1/namespaces/{namespace}/{plural}/{body['metadata']['name']}?dryRun=All"
        taken = cluster.call("PATCH", path, body, STRATEGIC)
        assert taken["metadata"]["name"] == body["metadata"]["name"]
    manifest = secret[f"secret-{namespace}-broken.yaml"]
    anew = {**manifest, "metadata": {**manifest["metadata"], "name": "anew"}}
    made = cluster.call("POST", f"/api/v1/namespaces/{namespace}/secrets?dryRun=All", anew)
    assert made["type"] == "kubernetes.io/dockerconfigjson"
    assert cluster.get("Secret", namespace, "anew") is None
