"""Pods that a person makes by hand on a chosen node: where they run, how they fail after a pull, and how they end."""

from collections.abc import Iterator
from typing import Any

import pytest

from checks.demo.world import World
from tests.demo_cluster.hands import STRATEGIC, Hands, eventually, uid, waiting

IMAGE = "harbor.demo.test/library/busybox:1.37"
PODS = "/api/v1/namespaces/shop/pods"


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World((), ()) as made:
        yield made


@pytest.fixture
def hands(world: World) -> Hands:
    return Hands(world)


def made(hands: Hands, name: str, node: str = "node-2", command: str = "/nowhere", **spec: Any) -> dict[str, Any]:
    container = {"name": "one", "image": IMAGE, "command": [command]}
    body = {"metadata": {"name": name}, "spec": {"nodeName": node, "containers": [container], **spec}}
    status, pod = hands.ask("POST", PODS, body)
    assert status == 201, pod
    return pod


def seen(hands: Hands, name: str) -> dict[str, Any]:
    return hands.get(f"{PODS}/{name}")


def state(hands: Hands, name: str) -> dict[str, Any]:
    entries = seen(hands, name)["status"].get("containerStatuses") or [{"state": {}}]
    return dict(entries[0]["state"])


def test_a_pod_runs_on_the_node_that_it_names(hands: Hands) -> None:
    made(hands, "placed", "node-6", "/bin/sleep")
    eventually(lambda: seen(hands, "placed")["status"]["phase"] == "Running")
    assert seen(hands, "placed")["spec"]["nodeName"] == "node-6"


def test_a_command_that_is_not_in_the_image_fails_after_the_pull_and_for_good(hands: Hands) -> None:
    pod = made(hands, "once", restartPolicy="Never")
    eventually(lambda: seen(hands, "once")["status"]["phase"] == "Failed")
    ended = state(hands, "once")["terminated"]
    assert (ended["reason"], ended["exitCode"]) == ("StartError", 128)
    assert 'exec: "/nowhere": stat /nowhere: no such file or directory' in ended["message"]
    assert {"Pulled", "Created", "Failed"} <= {event["reason"] for event in hands.events(pod)}


def test_with_restarts_it_is_tried_again_and_backs_off(hands: Hands) -> None:
    pod = made(hands, "again")
    eventually(lambda: waiting(seen(hands, "again"))[0] == "CrashLoopBackOff")
    entry = seen(hands, "again")["status"]["containerStatuses"][0]
    assert entry["lastState"]["terminated"]["reason"] == "StartError"
    eventually(lambda: seen(hands, "again")["status"]["containerStatuses"][0]["restartCount"] > 1)
    assert uid(seen(hands, "again")) == uid(pod)


def test_a_failed_pull_comes_before_a_missing_command(hands: Hands) -> None:
    body = {"metadata": {"name": "both"}, "spec": {"nodeName": "node-2", "restartPolicy": "Never"}}
    body["spec"]["containers"] = [{"name": "one", "image": "harbor.demo.test/shop/web:1.4.2", "command": ["/nowhere"]}]
    assert hands.ask("POST", PODS, body)[0] == 201
    eventually(lambda: waiting(seen(hands, "both"))[0] in ("ErrImagePull", "ImagePullBackOff"))
    assert "terminated" not in state(hands, "both")


@pytest.mark.parametrize("command", ["/bin/sleep", "/nowhere"])
def test_a_pod_ends_when_its_time_is_up(hands: Hands, command: str) -> None:
    name = f"timed-{command.rpartition('/')[2]}"
    made(hands, name, command=command, activeDeadlineSeconds=2)
    eventually(lambda: seen(hands, name)["status"].get("reason") == "DeadlineExceeded")
    assert seen(hands, name)["status"]["phase"] == "Failed"
    assert state(hands, name)["terminated"]["reason"] == "ContainerStatusUnknown"


def test_a_node_that_is_not_ready_takes_up_nothing_until_it_is(hands: Hands) -> None:
    def ready(value: str) -> None:
        path = "/api/v1/nodes/node-4/status"
        hands.patch(path, {"status": {"conditions": [{"type": "Ready", "status": value}]}}, STRATEGIC)

    ready("Unknown")
    made(hands, "left", "node-4", "/bin/sleep")
    made(hands, "taken", "node-6", "/bin/sleep")
    eventually(lambda: seen(hands, "taken")["status"]["phase"] == "Running")
    assert "containerStatuses" not in seen(hands, "left")["status"]
    ready("True")
    eventually(lambda: seen(hands, "left")["status"]["phase"] == "Running")


def test_a_pod_without_grace_is_gone_as_soon_as_it_is_deleted(hands: Hands) -> None:
    made(hands, "brief", command="/bin/sleep", terminationGracePeriodSeconds=0)
    eventually(lambda: seen(hands, "brief")["status"]["phase"] == "Running")
    assert hands.ask("DELETE", f"{PODS}/brief")[0] == 200
    assert hands.ask("GET", f"{PODS}/brief")[0] == 404
