"""The pods of a benchmark: a few made by the API server itself, all others copies of what it stored.

A copy differs from its pattern in name, namespace, uid and project, all of the same length, so that the stored
protobuf stays true. What is listed afterwards is what a cluster with so many pods would list.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from tests.bench.store import Entry, Store
from tests.live.kube import Body, Cluster

HOST = "harbor.bench.test"
SPACES = 40
"""Namespaces, `team-00` and on."""
TROUBLED = 20
"""Of these the first so many hold the failing pods: each has a login, a repository and a trouble of its own."""
MISSING_TAG, OTHER_PROJECT, WRONG_PASSWORD = range(3)
"""Troubles, in turn."""


class Kind(StrEnum):
    """What a pod is like; three letters, as a part of its name."""

    GOOD = "run"
    NOT_FOUND = "nil"
    REFUSED = "bad"


@dataclass(frozen=True, slots=True)
class Crowd:
    """So many pods, the first ones failing."""

    pods: int
    failing: int

    def entries(self, patterns: "Patterns") -> Iterator[Entry]:
        """Yield them as etcd holds them."""
        for number in range(self.pods):
            yield patterns.pod(number, failing=number < self.failing)


def space(number: int) -> str:
    """Name of a namespace."""
    return f"team-{number:02}"


def project(number: int) -> str:
    """The Harbor project of a namespace."""
    return f"pro-{number:02}"


def trouble(namespace: int) -> int:
    """Why the failing pods of this namespace fail."""
    return namespace % 3


class Patterns:
    """One stored pod of each kind, and how others are made of it."""

    def __init__(self, cluster: Cluster) -> None:
        self._store = Store(cluster.server.etcd)
        self._born = set[str]()
        self._stored = self._all_made(cluster)

    def pod(self, number: int, *, failing: bool) -> Entry:
        """Return pod `number` as etcd holds it. The same number keeps name and uid, failing or not."""
        where = number % (TROUBLED if number % 2 == 0 else SPACES) if not failing else number % TROUBLED
        return self.at(number, where, failing=failing)

    def at(self, number: int, where: int, *, failing: bool) -> Entry:
        """Return pod `number` of one namespace."""
        kind = Kind.GOOD
        if failing:
            kind = Kind.NOT_FOUND if trouble(where) == MISSING_TAG else Kind.REFUSED
        stored, uid = self._stored[kind]
        name = pod_name(number)
        copied = stored.replace(_PATTERN.encode(), name.encode()).replace(uid.encode(), _uid(number).encode())
        copied = copied.replace(space(0).encode(), space(where).encode())
        copied = copied.replace(project(0).encode(), project(where).encode())
        return f"/registry/pods/{space(where)}/{name}", copied

    def _all_made(self, cluster: Cluster) -> dict[Kind, tuple[bytes, str]]:
        """Make them within one second: then none is older, and problems of as many pods always stand in one order."""
        while True:
            self._born.clear()
            stored = {kind: self._made(cluster, kind) for kind in Kind}
            if len(self._born) == 1:
                return stored

    def _made(self, cluster: Cluster, kind: Kind) -> tuple[bytes, str]:
        body = cluster.create("Pod", space(0), _PATTERN, _pod(kind))
        self._born.add(body["metadata"]["creationTimestamp"])
        cluster.patch("Pod", space(0), _PATTERN, {"status": _status(kind)}, sub="status")
        stored = self._store.get(f"/registry/pods/{space(0)}/{_PATTERN}")
        cluster.delete("Pod", space(0), _PATTERN)
        return stored, body["metadata"]["uid"]


_PATTERN = "pattern-00000000"


def pod_name(number: int) -> str:
    """Name of a pod, as long as the pattern's."""
    return f"web-{number:06}-x7k2p"


def _uid(number: int) -> str:
    return f"{number:08x}-5eed-4bee-8bee-0123456789ab"


def image(kind: Kind) -> str:
    """The image of a pod of namespace 0."""
    return f"{HOST}/{project(0)}/app:{'1.0.0' if kind is Kind.GOOD else '9.9.9'}"


def _pod(kind: Kind) -> Body:
    """A Deployment's pod as people have them: two containers, probes, limits, labels, annotations."""
    labels = {"app.kubernetes.io/name": "web", "app.kubernetes.io/part-of": "shop", "pod-template-hash": "6d4b75cb6d"}
    noted = {"checksum/config": "9" * 64, "prometheus.io/scrape": "true", "prometheus.io/port": "8080"}
    owner = {
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-6d4b75cb6d", "controller": True,
        "uid": "11111111-2222-4333-8444-555555555555", "blockOwnerDeletion": True,
    }  # fmt: skip
    return {
        "metadata": {"labels": labels, "annotations": noted, "ownerReferences": [owner]},
        "spec": {
            "nodeName": "live-node",
            "imagePullSecrets": [{"name": "harbor-pull"}],
            "containers": [_container("app", image(kind)), _container("proxy", f"{HOST}/library/proxy:1.0.0")],
            "volumes": [{"name": "config", "configMap": {"name": "web"}}, {"name": "work", "emptyDir": {}}],
        },
    }


def _container(name: str, of: str) -> Body:
    check = {"httpGet": {"path": "/healthz", "port": 8080}, "periodSeconds": 10}
    return {
        "name": name,
        "image": of,
        "env": [{"name": f"SETTING_{n}", "value": f"value-of-{n}"} for n in range(8)],
        "ports": [{"containerPort": 8080, "name": "http" if name == "app" else "admin"}],
        "resources": {"requests": {"cpu": "50m", "memory": "64Mi"}, "limits": {"memory": "256Mi"}},
        "readinessProbe": check,
        "livenessProbe": check,
        "volumeMounts": [{"name": "config", "mountPath": "/etc/web"}, {"name": "work", "mountPath": "/work"}],
    }


def _status(kind: Kind) -> Body:
    ready = kind is Kind.GOOD
    said = "True" if ready else "False"
    since = "2026-11-24T08:00:00Z"
    conditions = [
        {"type": name, "status": said if name in ("Ready", "ContainersReady") else "True", "lastTransitionTime": since}
        for name in ("Initialized", "Ready", "ContainersReady", "PodScheduled")
    ]
    return {
        "phase": "Running" if ready else "Pending",
        "startTime": since,
        "podIP": "10.0.0.1",
        "hostIP": "192.0.2.2",
        "conditions": conditions,
        "containerStatuses": [
            _container_status("app", image(kind), None if ready else _waiting(kind)),
            _container_status("proxy", f"{HOST}/library/proxy:1.0.0", None),
        ],
    }


def _container_status(name: str, of: str, waiting: Body | None) -> Body:
    state = {"waiting": waiting} if waiting else {"running": {"startedAt": "2026-11-24T08:00:05Z"}}
    pulled = {} if waiting else {"containerID": f"containerd://{'a' * 64}"}
    return {
        "name": name, "image": of, "imageID": "" if waiting else f"{HOST}/library/proxy@sha256:{'b' * 64}",
        "ready": not waiting, "started": not waiting, "restartCount": 0, "state": state, **pulled,
    }  # fmt: skip


def _waiting(kind: Kind) -> Body:
    """What kubelet 1.34 over containerd 1.6 writes (pkg/kubelet/images/image_manager.go)."""
    of = image(kind)
    head = f'Back-off pulling image "{of}": ErrImagePull: rpc error: code = '
    tried = f'failed to pull and unpack image "{of}": failed to resolve reference "{of}": '
    if kind is Kind.NOT_FOUND:
        text = f"{head}NotFound desc = {tried}{of}: not found"
    else:
        text = (
            f"{head}Unknown desc = {tried}pulling from host {HOST} failed with status code "
            "[manifests 9.9.9]: 401 Unauthorized"
        )
    return {"reason": "ImagePullBackOff", "message": text}
