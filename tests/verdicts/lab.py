"""A cluster without controllers and kubelet: pods stand in it as a test lays them out, and everything is over HTTP."""

import base64
import json
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from checks.demo.api.access import ADMIN, Rule, User
from checks.demo.api.objects import Options
from checks.demo.api.requests import Api
from checks.demo.api.server import ApiServer
from checks.demo.api.store import Store
from checks.doctor import Doctor, Report
from checks.model import Diagnosis
from checks.settings import Settings
from tests.clients.kubeserver import kubeconfig

NODE = "node-1"
JSON_TYPE, JSON_KEY = "kubernetes.io/dockerconfigjson", ".dockerconfigjson"
Body = dict[str, Any]


class Lab:
    """A pretend API server, and what is done to it from within."""

    def __init__(self) -> None:
        self.api = Api(Store())
        self.objects = self.api.objects
        info = {"architecture": "amd64", "operatingSystem": "linux", "kubeletVersion": "v1.34.4"}
        self.objects.create("nodes", "", {"metadata": {"name": NODE}})
        self._status("nodes", "", NODE, {"nodeInfo": info})
        self._server = ApiServer(self.api)
        self._server.start()

    def stop(self) -> None:
        self._server.stop()

    def allow(self, *rules: Rule) -> str:
        """Add a user who may only do this; returns the token."""
        token = f"token-{len(self.api.users)}"
        self.api.users[token] = User(f"user-{token}", token, rules)
        return token

    def namespace(self, name: str, *account_secrets: str) -> None:
        self.objects.create("namespaces", "", {"metadata": {"name": name}})
        listed = {"imagePullSecrets": [{"name": each} for each in account_secrets]}
        self.objects.create("serviceaccounts", name, {"metadata": {"name": "default"}, **listed})

    def attach(self, namespace: str, *secrets: str) -> None:
        """Put Secrets on the ServiceAccount `default`."""

        def change(obj: Body) -> None:
            obj["imagePullSecrets"] = [{"name": each} for each in secrets]

        self.objects.edit("serviceaccounts", namespace, "default", change)

    def secret(self, namespace: str, name: str, payload: object, type_: str = JSON_TYPE, key: str = JSON_KEY) -> None:
        text = payload if isinstance(payload, str) else json.dumps(payload)
        data = {key: base64.b64encode(text.encode()).decode("ascii")}
        self.objects.create("secrets", namespace, {"metadata": {"name": name}, "type": type_, "data": data})

    def pod(self, namespace: str, name: str, spec: Body) -> None:
        self.objects.create("pods", namespace, {"metadata": {"name": name}, "spec": {"nodeName": NODE, **spec}})

    def show(self, namespace: str, name: str, status: Body) -> None:
        """Write a pod's status as its kubelet does."""
        self._status("pods", namespace, name, status)

    def _status(self, plural: str, namespace: str, name: str, status: Body) -> None:
        def change(obj: Body) -> None:
            obj["status"] = status

        self.objects.edit(plural, namespace, name, change, manager="kubelet", subresource="status")

    def event(self, namespace: str, pod: str, **fields: Any) -> None:
        """Write one event about a pod."""
        uid = self.objects.get("pods", namespace, pod)["metadata"]["uid"]
        name = f"{pod}.{self.objects.store.version}"
        place = {"kind": "Pod", "namespace": namespace, "name": pod, "uid": uid, **fields.pop("where", {})}
        body = {"metadata": {"name": name}, "involvedObject": place, **fields}
        self.objects.create("events", namespace, body, Options(manager="kubelet"))

    @contextmanager
    def doctor(self, token: str = ADMIN.token, **choice: Any) -> Iterator[Doctor]:
        """The program's own facade, as the user with this token."""
        with tempfile.TemporaryDirectory() as folder:
            path = kubeconfig(Path(folder) / "config", self._server.url, {"token": token})
            doctor = Doctor(Settings(kubeconfig=str(path), state_dir=Path(folder), **choice))
            try:
                yield doctor
            finally:
                doctor.close()


def examine(doctor: Doctor) -> tuple[Report, dict[str, Diagnosis]]:
    """Scan and explain everything; diagnoses by `namespace/pod`."""
    never, found = threading.Event(), dict[str, Diagnosis]()
    *_, scan = doctor.find(never)
    report = doctor.diagnose(scan, never)
    for problem in report.problems:
        for diagnosis in problem.diagnoses:
            assert diagnosis.crashed == ()
            assert found.setdefault(f"{diagnosis.pull.namespace}/{diagnosis.pull.pod}", diagnosis) is diagnosis
    return report, found


def waiting(image: str, reason: str, message: str, name: str = "app") -> Body:
    """The status of a pod whose one container waits."""
    state = {"waiting": {"reason": reason, **({"message": message} if message else {})}}
    status = {"name": name, "image": image, "imageID": "", "ready": False, "restartCount": 0, "state": state}
    return {"phase": "Pending", "containerStatuses": [status]}


def spec(image: str, *secrets: str) -> Body:
    """A pod of one container, with these pull secrets."""
    return {"containers": [{"name": "app", "image": image}], "imagePullSecrets": [{"name": each} for each in secrets]}


def auths(entries: Mapping[str, tuple[str, str]]) -> Body:
    """A docker config by registry key."""
    return {"auths": {key: _entry(*login) for key, login in entries.items()}}


def _entry(user: str, password: str) -> dict[str, str]:
    auth = base64.b64encode(f"{user}:{password}".encode()).decode("ascii")
    return {"username": user, "password": password, "auth": auth}
