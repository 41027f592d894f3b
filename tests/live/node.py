"""Plays the kubelet and the ReplicaSet controller for one namespace of the live cluster.

Whether a pod runs is never decided here: the Secrets that stand in the cluster go through the kubelet's keyring rules,
and the real registry is asked for the manifest with each login in turn, as a kubelet and containerd would. What the pod
then shows is what a real kubelet wrote (courses.py). Only the back-off is shortened.
"""

import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from checks.credentials import PullSecret
from checks.dockerconfig import read_secret
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer as keyring_answer
from tests.live import courses
from tests.live.kube import STRATEGIC, Body, Cluster
from tests.live.registry import OCI_INDEX, OCI_MANIFEST, Registry
from tests.live.web import Endpoint

_OPENSSL_EXPIRED = 10
_REPLIES = {401: "d-wrong", 404: "hb-public-notag"}
_ACCEPT = {"Accept": f"{OCI_MANIFEST}, {OCI_INDEX}"}


class Node:
    """A thread that pulls for the pods of one namespace and says in their status how it went."""

    def __init__(self, cluster: Cluster, namespace: str, registries: Iterable[Registry], back_off: float = 0.3) -> None:
        self._cluster = cluster
        self._namespace = namespace
        self._registries = {registry.host: registry.endpoint for registry in registries}
        self._back_off = back_off
        self._stop = threading.Event()
        self._failure: Exception | None = None
        self._thread = threading.Thread(target=self._run, name=f"node-{namespace}")

    def __enter__(self) -> "Node":
        self._thread.start()
        return self

    def __exit__(self, kind: object, error: BaseException | None, where: object) -> None:
        self._stop.set()
        self._thread.join()
        if self._failure is not None and error is None:
            raise self._failure

    def wait_for(self, what: str, true: Callable[[], bool], seconds: float = 20) -> None:
        """Return once `true()`; raises the node's own failure, or AssertionError naming `what` after `seconds`."""
        for _ in range(int(seconds / 0.1)):
            if self._failure is not None:
                raise self._failure
            if true():
                return
            self._stop.wait(0.1)
        raise AssertionError(f"{what}: not within {seconds} s")

    def reason(self, pod: str) -> str:
        """Return the waiting reason of a pod's container, or its phase where it does not wait."""
        body = self._cluster.get("Pod", self._namespace, pod)
        return _reason(body) if body else "gone"

    def reasons(self) -> list[str]:
        """Return the same of all pods that are not being deleted."""
        pods = self._cluster.list("Pod", self._namespace)
        return [_reason(pod) for pod in pods if "deletionTimestamp" not in pod["metadata"]]

    def replica_set(self, name: str, image: str, replicas: int) -> None:
        """Create a ReplicaSet of pods with one container `app` and no pull secret of their own."""
        labels = {"app": name}
        template = {"metadata": {"labels": labels}, "spec": {"containers": [{"name": "app", "image": image}]}}
        spec = {"replicas": replicas, "selector": {"matchLabels": labels}, "template": template}
        self._cluster.create("ReplicaSet", self._namespace, name, {"spec": spec})

    def message(self, pod: str) -> str:
        """Return what the kubelet says about a waiting container; empty where it does not wait."""
        body = self._cluster.get("Pod", self._namespace, pod)
        states = _states(body["status"]) if body else []
        return "".join(state["waiting"]["message"] for state in states if "waiting" in state)

    def _run(self) -> None:
        try:
            while not self._stop.is_set():
                self._replace_lost_pods()
                for pod in self._cluster.list("Pod", self._namespace):
                    self._sync(pod)
                self._stop.wait(self._back_off)
        except Exception as failure:  # handed to the test, which fails with it
            self._failure = failure

    def _sync(self, pod: Body) -> None:
        if "deletionTimestamp" in pod["metadata"]:
            self._let_go(pod)
            return
        if pod["status"]["phase"] == "Running":
            return
        status = self._pull(pod)
        status["containerStatuses"][0]["name"] = pod["spec"]["containers"][0]["name"]
        if _states(status) == _states(pod["status"]):
            return
        name = pod["metadata"]["name"]
        answer = self._cluster.ask(
            "PATCH",
            f"/api/v1/namespaces/{self._namespace}/pods/{name}/status",
            {"metadata": {"uid": pod["metadata"]["uid"]}, "status": status},
            STRATEGIC,
        )
        # 404, 409: the pod was deleted meanwhile, or another of its name stands there.
        if answer.status not in (200, 404, 409):
            raise AssertionError(f"status of {name}: {answer.status} {answer.body[:300]!r}")

    def _let_go(self, pod: Body) -> None:
        """Confirm a deletion: a pod that never ran has nothing to wind down, whatever its grace period."""
        path = f"/api/v1/namespaces/{self._namespace}/pods/{pod['metadata']['name']}?gracePeriodSeconds=0"
        self._cluster.ask("DELETE", path)

    def _pull(self, pod: Body) -> Body:
        written = pod["spec"]["containers"][0]["image"]
        try:
            image = parse(written)
        except ImageNameError as why:
            text = f'Failed to apply default image tag "{written}": {why}'
            return courses.waiting_for("n-upper", text, written)
        keyring = keyring_answer(image, self._secrets(pod))
        if keyring.error:
            return courses.waiting_for("w-nocolon", keyring.error.text, written)
        logins = [(a.login.username, a.login.password.reveal()) for a in keyring.attempts]
        course = self._attempts(image, logins)
        # The first attempt shows as ErrImagePull, every later one soon as ImagePullBackOff.
        state = -1 if "ImagePull" in _reason(pod) else -2
        return courses.waiting(course, image, state) if course else courses.running(written)

    def _attempts(self, image: ImageRef, logins: Sequence[tuple[str, str]]) -> str:
        """Ask the registry with each login, or with none; returns the course of the last failure, or nothing."""
        endpoint = self._registries.get(image.registry)
        if endpoint is None:
            return "net-nx"
        course = ""
        for login in logins or (None,):
            course = _ask(replace(endpoint, login=login), image)
            if not course:
                break
        return course

    def _secrets(self, pod: Body) -> list[PullSecret]:
        """The Secrets that the pod names and that exist; the kubelet goes on without the others."""
        names = [entry.get("name") for entry in pod["spec"].get("imagePullSecrets", [])]
        found = (self._cluster.get("Secret", self._namespace, name) for name in names if name)
        return [read_secret(body) for body in found if body]

    def _replace_lost_pods(self) -> None:
        known = [pod["metadata"] for pod in self._cluster.list("Pod", self._namespace)]
        living = [metadata for metadata in known if "deletionTimestamp" not in metadata]
        owners = [owner["uid"] for metadata in living for owner in metadata.get("ownerReferences", [])]
        for owner in self._cluster.list("ReplicaSet", self._namespace):
            for _ in range(owner["spec"]["replicas"] - owners.count(owner["metadata"]["uid"])):
                self._cluster.call("POST", f"/api/v1/namespaces/{self._namespace}/pods", _pod_of(owner))


def _ask(endpoint: Endpoint, image: ImageRef) -> str:
    try:
        answer = endpoint.ask("HEAD", f"/v2/{image.repository}/manifests/{image.reference}", headers=_ACCEPT)
    except ssl.SSLCertVerificationError as error:
        return "tls-expired" if error.verify_code == _OPENSSL_EXPIRED else "tls-unknownca"
    except ssl.SSLError:
        return "tls-http"
    except ConnectionRefusedError:
        return "net-refused"
    return "" if answer.status == 200 else _REPLIES[answer.status]


def _pod_of(owner: Body) -> Body:
    """Return the pod that a ReplicaSet makes of its template."""
    template = owner["spec"]["template"]
    name = owner["metadata"]["name"]
    reference = {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "name": name,
        "uid": owner["metadata"]["uid"],
        "controller": True,
        "blockOwnerDeletion": True,
    }
    metadata = {**template.get("metadata", {}), "generateName": f"{name}-", "ownerReferences": [reference]}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": metadata,
        "spec": {**template["spec"], "nodeName": "live-node"},
    }


def _states(status: Body) -> list[Body]:
    return [container["state"] for container in status.get("containerStatuses", [])]


def _reason(pod: Body) -> str:
    waiting = [state["waiting"]["reason"] for state in _states(pod["status"]) if "waiting" in state]
    phase: str = pod["status"]["phase"]
    return waiting[0] if waiting else phase
