"""What a probe pod's status means, from statuses as kubelets and runtimes write them; pure."""

from typing import Any

import pytest

from checks.imagestep import OTHER_REASONS
from checks.repair.probe.answer import Said, look
from checks.repair.probe.plan import is_probe

Body = dict[str, Any]
RUNC = (
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: "
    'unable to start container process: error during container init: exec: "/harbor-doctor-probe-does-not-exist": stat '
    "/harbor-doctor-probe-does-not-exist: no such file or directory: unknown"
)
CRIO = "container create failed: executable file `/harbor-doctor-probe-does-not-exist` not found: No such file"
PULL = 'failed to pull and unpack image "h.example/p/a:1": failed to resolve image: unexpected status: 401 Unauthorized'


def pod(state: Body | None, phase: str = "Pending", **more: Any) -> Body:
    entry = {"name": "probe", "image": "h.example/p/a:1", "imageID": "", "state": state}
    sidecar = {"name": "istio-proxy", "imageID": "x", "state": {"running": {}}}
    return {"status": {"phase": phase, "containerStatuses": [sidecar, *([entry] if state else [])], **more}}


def waiting(reason: str, message: str = "") -> Body:
    return {"waiting": {"reason": reason, "message": message}}


def ended(reason: str, code: int = 128, message: str = "") -> Body:
    return {"terminated": {"reason": reason, "exitCode": code, "message": message}}


@pytest.mark.parametrize(
    ("state", "phase"),
    [
        (ended("StartError", 128, RUNC), "Failed"),
        (ended("ContainerCannotRun", 127), "Failed"),
        (ended("Completed", 0), "Succeeded"),
        (waiting("RunContainerError", RUNC), "Pending"),
        (waiting("CreateContainerError", CRIO), "Pending"),
        (waiting("CreateContainerConfigError", "container has runAsNonRoot and image will run as root"), "Pending"),
        (waiting("CrashLoopBackOff", "back-off 10s restarting failed container"), "Running"),
        ({"running": {"startedAt": "2026-11-24T12:00:00Z"}}, "Running"),
    ],
)
def test_a_container_that_fails_after_the_image_step_proves_the_pull(state: Body, phase: str) -> None:
    assert look(pod(state, phase), "node-1").said is Said.PULLS


def test_the_nodes_own_words_come_along() -> None:
    seen = look(pod(ended("StartError", 128, RUNC), "Failed"), "node-1")
    assert (seen.reason, seen.text) == ("StartError", RUNC)


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff", "InvalidImageName", "RegistryUnavailable"])
def test_a_container_that_waits_for_its_image_has_failed_to_pull(reason: str) -> None:
    seen = look(pod(waiting(reason, PULL)), "node-1")
    assert (seen.said, seen.reason, seen.text) == (Said.FAILS, reason, PULL)


def test_a_malformed_secret_is_a_failed_pull_though_its_reason_is_the_error_itself() -> None:
    text = "illegal base64 data at input byte 0"
    assert look(pod(waiting(text, text)), "node-1").said is Said.FAILS


@pytest.mark.parametrize("state", [None, waiting("ContainerCreating"), waiting("PodInitializing")])
def test_before_the_image_step_there_is_no_answer(state: Body | None) -> None:
    assert look(pod(state), "node-1").said is None


def test_every_reason_of_a_step_after_the_image_counts_as_pulled() -> None:
    after = OTHER_REASONS - {"ContainerCreating", "PodInitializing"}
    assert {reason for reason in after if look(pod(waiting(reason)), "n").said is not Said.PULLS} == set()


def test_a_container_that_the_kubelet_lost_sight_of_proves_nothing() -> None:
    lost = pod(ended("ContainerStatusUnknown", 137), "Failed", reason="DeadlineExceeded", message="was active too long")
    seen = look(lost, "node-1")
    assert (seen.said, seen.why) == (Said.UNKNOWN, "the pod's time was up before node-1 had an answer")


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("OutOfpods", "Node didn't have enough resource: pods, requested: 1, used: 110, capacity: 110"),
        ("Evicted", "The node had condition: [DiskPressure]. "),
    ],
)
def test_a_pod_that_the_kubelet_turns_away_leaves_the_question_open(reason: str, message: str) -> None:
    seen = look({"status": {"phase": "Failed", "reason": reason, "message": message}}, "node-1")
    assert seen.said is Said.UNKNOWN
    assert seen.why.startswith(f"the kubelet of node-1 turned the pod away: {reason}: {message[:20]}")


@pytest.mark.parametrize(
    ("name", "labels", "ours"),
    [
        ("harbor-doctor-probe-0123456789", {"harbor-doctor/probe": "true"}, True),
        ("harbor-doctor-probe-0123456789", {}, False),
        ("harbor-doctor-probe-0123456789-x", {"harbor-doctor/probe": "true"}, False),
        ("web-0", {"harbor-doctor/probe": "true"}, False),
    ],
)
def test_a_probe_is_known_by_label_and_name_together(name: str, labels: Body, ours: bool) -> None:
    assert is_probe(name, labels) is ours
