"""The pretend world's troubles on the real API server: the same objects in namespaces of their own, the same Harbor.

No controller and no kubelet runs there: whatever changes was written by the program, or by the hands below.
"""

import json
import ssl
from itertools import count
from pathlib import Path
from typing import Any

from tests.headless.between import Between, Upstream
from tests.headless.courses import Course
from tests.headless.stage import Stage, running
from tests.live.kube import Body, Cluster

_NUMBERS = count(1)
_KINDS = {
    "secrets": "Secret", "serviceaccounts": "ServiceAccount", "pods": "Pod", "deployments": "Deployment",
    "replicasets": "ReplicaSet", "statefulsets": "StatefulSet", "daemonsets": "DaemonSet", "jobs": "Job",
    "cronjobs": "CronJob",
}  # fmt: skip
_WORKLOADS = ("deployments", "replicasets", "statefulsets", "daemonsets", "cronjobs", "jobs")
_KEPT = ("name", "labels", "annotations")
_TOKEN = "kube-api-access-"


class LiveStage(Stage):
    """The real API server with the pretend Harbor beside it."""

    def __init__(self, folder: Path, course: Course, cluster: Cluster) -> None:
        super().__init__(folder, course)
        self.cluster = cluster
        number = next(_NUMBERS)
        self._new = {space: f"{space}-live-{number}" for space in course.namespaces}
        self.namespaces = tuple(self._new.values())
        self._uids: dict[str, str] = {}
        self._pods: list[Body] = []

    def _start(self) -> None:
        for space, new in self._new.items():
            self._transplant(space, new)
        server = self.cluster.server
        trust = ssl.create_default_context(cafile=server.endpoint.ca)
        trust.load_cert_chain(server.admin.certificate, server.admin.key)
        self.between = Between(Upstream(server.endpoint.address, trust)).__enter__()
        self.between.passed = lambda seen: self.settle() if seen.method == "DELETE" and not seen.dry else None
        self.kubeconfig = self.config_of("admin")

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        for space in self.namespaces:
            self.cluster.delete_all("Pod", space)

    def config_of(self, user: str) -> Path:
        """A kubeconfig of a user, straight to the API server, that knows the pretend registries."""
        config = json.loads(self.cluster.kubeconfig(user, namespace=self.namespaces[0]).read_text())
        places = {"registry-ca": str(self.world.ca_file), "resolve": dict(self.world.resolve)}
        config["contexts"][0]["context"]["extensions"] = [{"name": "harbor-doctor", "extension": places}]
        path = self.folder / f"config-{user}"
        path.write_text(json.dumps(config))
        return path

    # ── laid out ─────────────────────────────────────────────────────────────────────────────────────────────

    def _transplant(self, space: str, new: str) -> None:
        """Pods come before the lists of their ServiceAccounts, which admission would give them."""
        self.cluster.namespace(new)
        store = self.world.objects.store
        accounts = store.select("serviceaccounts", space)
        for account in accounts:
            if account["metadata"]["name"] != "default":
                self.cluster.create("ServiceAccount", new, account["metadata"]["name"])
        for secret in store.select("secrets", space):
            kept: Body = {key: secret[key] for key in ("type", "data", "immutable") if key in secret}
            self.cluster.create("Secret", new, secret["metadata"]["name"], {**kept, "metadata": _meta(secret)})
        for plural in _WORKLOADS:
            for obj in store.select(plural, space):
                body = {"metadata": self._owned(obj), "spec": _spec(plural, obj)}
                made = self.cluster.create(_KINDS[plural], new, obj["metadata"]["name"], body)
                self._uids[obj["metadata"]["uid"]] = made["metadata"]["uid"]
        for kept in store.select("controllerrevisions", space):
            body = {"metadata": self._owned(kept), "data": kept["data"], "revision": kept["revision"]}
            self.cluster.create("ControllerRevision", new, kept["metadata"]["name"], body)
        for pod in store.select("pods", space):
            body = {"metadata": {**self._owned(pod), "namespace": new}, "spec": _pod_spec(pod), "status": pod["status"]}
            self._pods.append(body)
            self._make(body)
        for account in accounts:
            listed = {"imagePullSecrets": account.get("imagePullSecrets"), "metadata": _meta(account)}
            self.cluster.patch("ServiceAccount", new, account["metadata"]["name"], listed)

    def _owned(self, obj: Body) -> Body:
        owners = [
            {**owner, "uid": self._uids[owner["uid"]]}
            for owner in obj["metadata"].get("ownerReferences") or ()
            if owner["uid"] in self._uids
        ]
        return {**_meta(obj), "ownerReferences": owners}

    def _make(self, pod: Body) -> None:
        meta = pod["metadata"]
        body = {"metadata": meta, "spec": pod["spec"]}
        # The account's list of the moment must not get into a pod that never had one.
        name = pod["spec"].get("serviceAccountName") or "default"
        path = f"/api/v1/namespaces/{meta['namespace']}/serviceaccounts/{name}"
        account = self.cluster.call("GET", path)
        bare = {key: value for key, value in account.items() if key != "imagePullSecrets"}
        if account.get("imagePullSecrets"):
            self.cluster.call("PUT", path, bare)
        made = self.cluster.create("Pod", meta["namespace"], meta["name"], body)
        if account.get("imagePullSecrets"):
            listed = {"imagePullSecrets": account["imagePullSecrets"]}
            self.cluster.patch("ServiceAccount", meta["namespace"], account["metadata"]["name"], listed)
        self.cluster.patch("Pod", meta["namespace"], meta["name"], {"status": pod["status"]}, sub="status")
        pod["uid"] = made["metadata"]["uid"]

    # ── what stands, and what a cluster does by itself ───────────────────────────────────────────────────────

    def objects(self, plural: str) -> list[dict[str, Any]]:
        return [obj for space in self.namespaces for obj in self.cluster.list(_KINDS[plural], space)]

    def settle(self) -> None:
        for pod in self.objects("pods"):
            meta = pod["metadata"]
            if meta.get("deletionTimestamp") and not meta.get("ownerReferences"):
                self.cluster.delete("Pod", meta["namespace"], meta["name"])

    def run_pods(self) -> None:
        for pod in self.objects("pods"):
            meta = pod["metadata"]
            self.cluster.patch("Pod", meta["namespace"], meta["name"], {"status": running(pod)}, sub="status")

    def restore(self) -> None:
        """The pods are those of the beginning; all else is undo's work."""
        there = {(pod["metadata"]["namespace"], pod["metadata"]["name"]): pod for pod in self.objects("pods")}
        for body in self._pods:
            meta = body["metadata"]
            pod = there.get((meta["namespace"], meta["name"]))
            same = pod is not None and pod["metadata"]["uid"] == body["uid"] and pod["status"]["phase"] == "Pending"
            same = same and pod is not None and _images(pod) == _images(body)
            if same and pod is not None and not pod["metadata"].get("deletionTimestamp"):
                continue
            if pod is not None:
                self.cluster.delete("Pod", meta["namespace"], meta["name"])
            self._make(body)


def _images(pod: Body) -> list[str]:
    return [container["image"] for container in pod["spec"]["containers"]]


def _meta(obj: Body) -> Body:
    return {key: value for key, value in obj["metadata"].items() if key in _KEPT}


def _spec(plural: str, obj: Body) -> Body:
    spec: Body = json.loads(json.dumps(obj["spec"]))
    wanted = (spec.get("selector") or {}).get("matchLabels") or {}
    if wanted:
        spec["template"]["metadata"]["labels"] = {**spec["template"]["metadata"].get("labels", {}), **wanted}
    if plural == "jobs":
        spec.pop("selector", None)
        for key in ("controller-uid", "batch.kubernetes.io/controller-uid"):
            (spec["template"].get("metadata", {}).get("labels") or {}).pop(key, None)
    return spec


def _pod_spec(pod: Body) -> Body:
    spec: Body = json.loads(json.dumps(pod["spec"]))
    spec["nodeName"] = "live-node"
    spec["volumes"] = [v for v in spec.get("volumes") or () if not v["name"].startswith(_TOKEN)]
    for container in (*spec["containers"], *spec.get("initContainers", ())):
        mounts = container.get("volumeMounts") or ()
        container["volumeMounts"] = [mount for mount in mounts if not mount["name"].startswith(_TOKEN)]
    return spec
