"""What the live tests do to their cluster as its administrator: namespaces, Secrets, pods, rights, kubeconfigs."""

import json
import time
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from tests.live.certificates import KeyPair
from tests.live.servers import ApiServer
from tests.live.web import Answer

Body = dict[str, Any]

MERGE = "application/merge-patch+json"
_JSON = {"Accept": "application/json"}
STRATEGIC = "application/strategic-merge-patch+json"

_PATHS = {
    "Namespace": "/api/v1/namespaces",
    "Node": "/api/v1/nodes",
    "Pod": "/api/v1/namespaces/{}/pods",
    "Secret": "/api/v1/namespaces/{}/secrets",
    "ServiceAccount": "/api/v1/namespaces/{}/serviceaccounts",
    "Event": "/api/v1/namespaces/{}/events",
    "ReplicaSet": "/apis/apps/v1/namespaces/{}/replicasets",
    "Deployment": "/apis/apps/v1/namespaces/{}/deployments",
    "StatefulSet": "/apis/apps/v1/namespaces/{}/statefulsets",
    "DaemonSet": "/apis/apps/v1/namespaces/{}/daemonsets",
    "ControllerRevision": "/apis/apps/v1/namespaces/{}/controllerrevisions",
    "Job": "/apis/batch/v1/namespaces/{}/jobs",
    "CronJob": "/apis/batch/v1/namespaces/{}/cronjobs",
    "PodDisruptionBudget": "/apis/policy/v1/namespaces/{}/poddisruptionbudgets",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/{}/rolebindings",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "ValidatingAdmissionPolicy": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicies",
    "ValidatingAdmissionPolicyBinding": "/apis/admissionregistration.k8s.io/v1/validatingadmissionpolicybindings",
}


class Denied(Exception):
    """The API server did not do what the test's administrator asked."""


class Cluster:
    """The administrator's hands on a running API server."""

    def __init__(self, server: ApiServer, folder: Path) -> None:
        self.server = server
        self._folder = folder

    def ask(self, method: str, path: str, body: Body | None = None, content_type: str = "application/json") -> Answer:
        """Send one request and return the answer, whatever it is."""
        data = None if body is None else json.dumps(body).encode()
        return self.server.endpoint.ask(method, path, data, {"Content-Type": content_type, **_JSON})

    def asks_as(self, user: str, method: str, path: str) -> Answer:
        """Send one request with a user's certificate."""
        client = self.server.authority.client(user)
        return replace(self.server.endpoint, client=client).ask(method, path, headers=_JSON)

    def call(self, method: str, path: str, body: Body | None = None, content_type: str = "application/json") -> Body:
        """Send one request and return the object; raises Denied on a 4xx or 5xx."""
        answer = self.ask(method, path, body, content_type)
        if answer.status >= 400:
            raise Denied(f"{method} {path}: {answer.status} {answer.json.get('message')}")
        result: Body = answer.json
        return result

    def create(self, kind: str, namespace: str, name: str, body: Body | None = None) -> Body:
        """Create one object of a kind in `_PATHS`; `namespace` is empty for kinds of the whole cluster."""
        metadata = {"name": name, **(body or {}).get("metadata", {})}
        return self.call("POST", _PATHS[kind].format(namespace), _typed(kind, {**(body or {}), "metadata": metadata}))

    def replace(self, kind: str, namespace: str, name: str, body: Body) -> Body:
        """Make one object that exists what `body` says, whatever it is now."""
        metadata = {key: value for key, value in body["metadata"].items() if key != "resourceVersion"}
        return self.call("PUT", self._path(kind, namespace, name), _typed(kind, {**body, "metadata": metadata}))

    def get(self, kind: str, namespace: str, name: str) -> Body | None:
        """Read one object, or None where it does not exist."""
        answer = self.ask("GET", self._path(kind, namespace, name))
        if answer.status == 404:
            return None
        if answer.status >= 400:
            raise Denied(f"GET {kind} {namespace}/{name}: {answer.status}")
        found: Body = answer.json
        return found

    def list(self, kind: str, namespace: str, **query: str) -> list[Body]:
        """Read all objects of one kind in one namespace."""
        suffix = f"?{urlencode(query)}" if query else ""
        items: list[Body] = self.call("GET", _PATHS[kind].format(namespace) + suffix)["items"]
        return items

    def patch(self, kind: str, namespace: str, name: str, body: Body, *, sub: str = "", how: str = MERGE) -> Body:
        """Patch one object, or its subresource `sub`."""
        return self.call("PATCH", self._path(kind, namespace, name) + (f"/{sub}" if sub else ""), body, how)

    def delete(self, kind: str, namespace: str, name: str) -> None:
        """Delete one object at once."""
        self.call(
            "DELETE",
            self._path(kind, namespace, name),
            {"gracePeriodSeconds": 0, "kind": "DeleteOptions", "apiVersion": "v1"},
        )

    def delete_all(self, kind: str, namespace: str) -> None:
        """Delete all objects of one kind in one namespace at once."""
        self.call("DELETE", f"{_PATHS[kind].format(namespace)}?gracePeriodSeconds=0")

    def namespace(self, name: str, pull_secrets: Sequence[str] = ()) -> str:
        """Create a namespace with its `default` ServiceAccount, which no controller makes here; returns its name."""
        self.create("Namespace", "", name)
        self.service_account(name, "default", pull_secrets)
        return name

    def node(self, name: str, architecture: str = "amd64") -> None:
        """Create a Node with what its kubelet would say about the machine."""
        self.create("Node", "", name)
        said = {
            "architecture": architecture,
            "operatingSystem": "linux",
            "kubeletVersion": "v1.34.4",
            "containerRuntimeVersion": "containerd://1.6.20",
            "osImage": "",
            "kernelVersion": "",
            "machineID": "",
            "bootID": "",
            "systemUUID": "",
            "kubeProxyVersion": "",
        }
        self.patch("Node", "", name, {"status": {"nodeInfo": said}}, sub="status")

    def service_account(self, namespace: str, name: str, pull_secrets: Sequence[str] = ()) -> Body:
        """Create a ServiceAccount with a list of pull secrets."""
        listed = [{"name": secret} for secret in pull_secrets]
        return self.create("ServiceAccount", namespace, name, {"imagePullSecrets": listed} if listed else {})

    def pull_secret(
        self,
        namespace: str,
        name: str,
        auths: Mapping[str, Body],
        *,
        type_: str = "kubernetes.io/dockerconfigjson",
        **more: Any,
    ) -> Body:
        """Create a Secret with a docker config of `auths`, of whatever type; `more` are further fields."""
        payload = json.dumps({"auths": auths}).encode()
        data = {".dockerconfigjson": b64encode(payload).decode()}
        return self.create("Secret", namespace, name, {"type": type_, "data": data, **more})

    def pod(
        self,
        namespace: str,
        name: str,
        image: str,
        pull_secrets: Sequence[str] | None = None,
        *,
        metadata: Body | None = None,
        **spec: Any,
    ) -> Body:
        """Create a pod with one container `app`, bound to a node; with `pull_secrets` None admission fills the list."""
        container = {"name": "app", "image": image}
        full: Body = {"containers": [container], "nodeName": "live-node", **spec}
        if pull_secrets is not None:
            full["imagePullSecrets"] = [{"name": secret} for secret in pull_secrets]
        return self.create("Pod", namespace, name, {"metadata": metadata or {}, "spec": full})

    def allow(self, user: str, namespace: str, *rules: tuple[str, str, str]) -> None:
        """Bind a Role with rules (API group, resources, verbs), comma-separated words, to a user.

        An empty namespace grants them in the whole cluster.
        """
        scope = "" if namespace else "Cluster"
        name = f"{user}-{time.monotonic_ns()}"
        listed = [
            {"apiGroups": [group], "resources": resources.split(","), "verbs": verbs.split(",")}
            for group, resources, verbs in rules
        ]
        api = "rbac.authorization.k8s.io"
        self.create(f"{scope}Role", namespace, name, {"rules": listed})
        self.create(
            f"{scope}RoleBinding",
            namespace,
            name,
            {
                "roleRef": {"apiGroup": api, "kind": f"{scope}Role", "name": name},
                "subjects": [{"apiGroup": api, "kind": "User", "name": user}],
            },
        )

    def kubeconfig(self, user: str = "admin", *, namespace: str = "default") -> Path:
        """Write a kubeconfig with inline certificates: of the administrator, or of a user with the rights given."""
        pair = self.server.admin if user == "admin" else self.server.authority.client(user)
        return self.kubeconfig_with(f"{user}-{namespace}", inline(pair), namespace=namespace)

    def kubeconfig_with(
        self, name: str, credentials: Body, *, namespace: str = "default", ca: Path | None = None
    ) -> Path:
        """Write a kubeconfig with any credentials (the `user` of a kubeconfig), and another authority if given."""
        endpoint = self.server.endpoint
        trusted = ca or endpoint.ca
        assert trusted is not None
        cluster = {"server": endpoint.url, "certificate-authority-data": _base64(trusted)}
        context = {"cluster": "live", "user": name, "namespace": namespace}
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "live",
            "clusters": [{"name": "live", "cluster": cluster}], "users": [{"name": name, "user": credentials}],
            "contexts": [{"name": "live", "context": context}],
        }  # fmt: skip
        path = self._folder / f"{name}.kubeconfig"
        path.touch(mode=0o600)
        path.write_text(json.dumps(config))
        return path

    @contextmanager
    def forbidding(self, name: str, namespace: str, resources: str, why: str) -> Iterator[None]:
        """Refuse every write to `resources` in one namespace by an admission policy (403), until the block ends."""
        self._forbid(name, namespace, resources.split(","), why)
        try:
            yield
        finally:
            self.delete("ValidatingAdmissionPolicyBinding", "", name)
            self.delete("ValidatingAdmissionPolicy", "", name)

    def _forbid(self, name: str, namespace: str, resources: Sequence[str], why: str) -> None:
        operations = ["CREATE", "UPDATE", "DELETE"]
        rule = {"apiGroups": [""], "apiVersions": ["v1"], "operations": operations, "resources": resources}
        self.create(
            "ValidatingAdmissionPolicy",
            "",
            name,
            {
                "spec": {
                    "failurePolicy": "Fail",
                    "matchConstraints": {"resourceRules": [rule]},
                    "validations": [{"expression": "false", "message": why, "reason": "Forbidden"}],
                }
            },
        )
        self.create(
            "ValidatingAdmissionPolicyBinding",
            "",
            name,
            {
                "spec": {
                    "policyName": name,
                    "validationActions": ["Deny"],
                    "matchResources": {
                        "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": namespace}}
                    },
                }
            },
        )
        self._await_refusal(namespace)

    def _await_refusal(self, namespace: str) -> None:
        """Wait until a policy is in force: the API server's admission learns of it through a watch."""
        probe = _PATHS["Secret"].format(namespace) + "?dryRun=All"
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "probe"}}
        end = time.monotonic() + 30
        while self.ask("POST", probe, body).status != 403:
            if time.monotonic() > end:
                raise Denied(f"the policy for {namespace} did not come into force")
            time.sleep(0.1)

    def _path(self, kind: str, namespace: str, name: str) -> str:
        return f"{_PATHS[kind].format(namespace)}/{quote(name, safe='')}"


def declared(body: Body | None) -> Body:
    """Return the declared fields of an object: what an undo must bring back byte for byte."""
    assert body is not None
    metadata = {k: body["metadata"].get(k) for k in ("name", "namespace", "labels", "annotations")}
    declared_fields = ("type", "data", "immutable", "imagePullSecrets", "secrets", "spec")
    return {"metadata": metadata, **{k: body[k] for k in declared_fields if k in body}}


def _typed(kind: str, body: Body) -> Body:
    """An object with its kind and version, as it is sent."""
    path = _PATHS[kind].split("/")
    return {**body, "apiVersion": "/".join(path[2:4]) if path[1] == "apis" else "v1", "kind": kind}


def inline(pair: KeyPair) -> Body:
    """Return a client certificate as a kubeconfig's `user` holds it."""
    return {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}


def _base64(path: Path) -> str:
    return b64encode(path.read_bytes()).decode()
