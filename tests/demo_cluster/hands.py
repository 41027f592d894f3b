"""A small HTTP client for the pretend cluster, and waiting for what should happen in it."""

import json
import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from checks.demo.api.server import CA_FILE
from checks.demo.world import World

Obj = dict[str, Any]
TRUST = ssl.create_default_context(cafile=CA_FILE)
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


@dataclass(frozen=True, slots=True)
class Hands:
    """Somebody with a token."""

    world: World
    token: str = "demo-admin"

    def ask(self, method: str, path: str, body: object = None, **headers: str) -> tuple[int, Obj]:
        sent = {"Content-Type": "application/json"} | {key.replace("_", "-"): value for key, value in headers.items()}
        if self.token:
            sent["Authorization"] = f"Bearer {self.token}"
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.world.url + path, data, sent, method=method)
        try:
            with urllib.request.urlopen(request, timeout=20, context=TRUST) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as refused:
            with refused:
                return refused.code, json.loads(refused.read())

    def get(self, path: str) -> Obj:
        status, obj = self.ask("GET", path)
        assert status == 200, obj
        return obj

    def patch(self, path: str, body: object, media: str = MERGE) -> Obj:
        status, obj = self.ask("PATCH", path, body, Content_Type=media)
        assert status == 200, obj
        return obj

    def pods(self, namespace: str, app: str = "") -> list[Obj]:
        query = f"?labelSelector=app%3D{app}" if app else ""
        items: list[Obj] = self.get(f"/api/v1/namespaces/{namespace}/pods{query}")["items"]
        return items

    def delete_pod(self, pod: Obj) -> None:
        meta = pod["metadata"]
        status, answer = self.ask("DELETE", f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}")
        assert status == 200, answer

    def events(self, pod: Obj) -> list[Obj]:
        selector = f"involvedObject.uid%3D{pod['metadata']['uid']}"
        items: list[Obj] = self.get(f"/api/v1/events?fieldSelector={selector}")["items"]
        return items


def uid(pod: Obj) -> str:
    return str(pod["metadata"]["uid"])


def ready(pod: Obj) -> bool:
    return any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions", ()))


def waiting(pod: Obj, field: str = "containerStatuses", place: int = 0) -> tuple[str, str]:
    """Reason and message of one container's waiting state; empty where it does not wait."""
    state = pod["status"].get(field, [{}] * (place + 1))[place].get("state", {}).get("waiting", {})
    return state.get("reason", ""), state.get("message", "")


def eventually(what: Callable[[], bool], seconds: float = 15.0) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)
