"""Which containers count as failing pulls, judged from the pod object alone."""

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from checks.clients.wire import Event, Pod, Waiting
from checks.model import ContainerKind, Owner, Pull
from checks.scan import events_complaint
from checks.waiting import failing, waits_on_image

CORPUS = Path(__file__).parents[1] / "corpus" / "kubelet_pods.jsonl"
COURSES = [json.loads(line) for line in CORPUS.read_text().splitlines()]
NOT_PULLING = {"ContainerCreating", "PodInitializing", "CrashLoopBackOff"}
LISTS = {
    "containerStatuses": "containers",
    "initContainerStatuses": "initContainers",
    "ephemeralContainerStatuses": "ephemeralContainers",
}


def container_status(name: str = "app", reason: str = "", message: str = "", image: str = "") -> dict[str, Any]:
    state = {"waiting": {"reason": reason, "message": message}} if reason else {"running": {}}
    return {"name": name, "image": image, "state": state}


def a_pod(status: dict[str, Any], spec: dict[str, Any] | None = None, **meta: Any) -> Pod:
    base_spec = {"containers": [{"name": "app", "image": "h.test/p/app:1", "imagePullPolicy": "Always"}]}
    raw = {
        "metadata": {"name": "p", "namespace": "shop", "uid": "u", **meta},
        "spec": {**base_spec, **(spec or {})},
        "status": {"phase": "Pending", **status},
    }
    return msgspec.json.decode(json.dumps(raw), type=Pod)


def pulls(reason: str, message: str = "", spec: dict[str, Any] | None = None, **meta: Any) -> tuple[Pull, ...]:
    return failing(a_pod({"containerStatuses": [container_status("app", reason, message)]}, spec, **meta), "prod")


@pytest.mark.parametrize("course", COURSES, ids=lambda course: course["id"])
def test_every_state_that_a_real_kubelet_wrote_is_told_apart(course: dict[str, Any]) -> None:
    for state in course["states"]:
        waiting = state["state"] == "waiting"
        status = container_status(state["name"], (waiting and state["reason"]) or "", state["message"] or "")
        spec = {LISTS[state["list"]]: [{"name": state["name"], "image": state["image"]}]}
        phase = state.get("phase", "Pending")
        found = failing(a_pod({"phase": phase, state["list"]: [status]}, spec), "prod")
        expected = waiting and state["reason"] not in NOT_PULLING and phase not in ("Failed", "Succeeded")
        assert bool(found) == expected, state
        assert all(pull.image == state["image"] for pull in found)


@pytest.mark.parametrize(
    "reason",
    [
        "ErrImagePull",
        "ImagePullBackOff",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "RegistryUnavailable",
        "SignatureValidationFailed",
        "illegal base64 data at input byte 0",
        "unable to parse auth field, must be formatted as base64(username:password)",
        "ErrImageSomethingNew",
    ],
)
def test_reasons_of_the_image_step_count(reason: str) -> None:
    assert waits_on_image(Waiting(reason, "some message"))


@pytest.mark.parametrize(
    "reason",
    [
        "",
        "ContainerCreating",
        "PodInitializing",
        "CrashLoopBackOff",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "PostStartHookError",
        "ImageVolumeMountFailed",
        "SomethingNew",
    ],
)
def test_reasons_of_other_steps_do_not_count(reason: str) -> None:
    assert not waits_on_image(Waiting(reason, "some message"))


def test_an_unknown_word_counts_if_it_is_its_own_message_or_speaks_of_an_image() -> None:
    assert waits_on_image(Waiting("EOF", "EOF"))
    assert waits_on_image(Waiting("Odd", 'Failed to pull image "x"'))


def test_everything_a_pull_holds_is_read_from_the_pod() -> None:
    spec = {
        "nodeName": "n1",
        "serviceAccountName": "web",
        "imagePullSecrets": [{"name": "a"}, {}, {"name": "b"}],
    }
    (pull,) = pulls("ErrImagePull", "why", spec, creationTimestamp="2026-01-02T03:04:05Z")
    assert (pull.cluster, pull.namespace, pull.pod, pull.pod_uid, pull.container) == ("prod", "shop", "p", "u", "app")
    assert (pull.image, pull.pull_policy, pull.kind) == ("h.test/p/app:1", "Always", ContainerKind.REGULAR)
    assert (pull.pull_secrets, pull.service_account, pull.node, pull.phase) == (("a", "b"), "web", "n1", "Pending")
    assert pull.complaint is not None
    assert (pull.complaint.reason, pull.complaint.message, pull.complaint.source) == ("ErrImagePull", "why", "status")
    assert pull.created is not None
    assert pull.created.isoformat() == "2026-01-02T03:04:05+00:00"
    assert (pull.mirror, pull.own_empty_list, pull.owner) == (False, False, None)


def test_a_pod_without_a_serviceaccount_name_has_the_default_one() -> None:
    assert pulls("ErrImagePull")[0].service_account == "default"


def test_a_list_of_empty_names_is_the_pods_own_list() -> None:
    (pull,) = pulls("ErrImagePull", spec={"imagePullSecrets": [{}, {"name": ""}]})
    assert (pull.pull_secrets, pull.own_empty_list) == ((), True)


def test_each_list_of_containers_has_its_kind() -> None:
    spec = {
        "initContainers": [{"name": "i", "image": "i"}, {"name": "s", "image": "s", "restartPolicy": "Always"}],
        "ephemeralContainers": [{"name": "e", "image": "e"}],
    }
    status = {
        "phase": "Running",
        "initContainerStatuses": [container_status("i", "ErrImagePull"), container_status("s", "ImagePullBackOff")],
        "containerStatuses": [container_status("app", "ErrImagePull")],
        "ephemeralContainerStatuses": [container_status("e", "ErrImagePull")],
    }
    assert [(p.container, p.image, p.kind) for p in failing(a_pod(status, spec), "prod")] == [
        ("i", "i", ContainerKind.INIT),
        ("s", "s", ContainerKind.SIDECAR),
        ("app", "h.test/p/app:1", ContainerKind.REGULAR),
        ("e", "e", ContainerKind.EPHEMERAL),
    ]


VOLUMES = {
    "containers": [{"name": "app", "image": "h.test/p/app:1", "volumeMounts": [{"name": "models"}]}],
    "volumes": [
        {"name": "models", "image": {"reference": "h.test/p/models", "pullPolicy": "IfNotPresent"}},
        {"name": "other", "image": {"reference": "h.test/p/other:2"}},
        {"name": "plain", "emptyDir": {}},
    ],
}


@pytest.mark.parametrize(
    "message",
    [
        'Back-off pulling image "h.test/p/models": ErrImagePull: not found',
        'Back-off pulling image "h.test/p/models:latest"',
        "image pull failed for h.test/p/models because the registry is unavailable: refused",
    ],
)
def test_a_message_that_quotes_an_image_volume_is_about_the_volume(message: str) -> None:
    (pull,) = pulls("ImagePullBackOff", message, VOLUMES)
    assert (pull.kind, pull.image, pull.pull_policy) == (ContainerKind.VOLUME, "h.test/p/models", "IfNotPresent")


def test_a_message_that_quotes_the_containers_own_image_is_about_it() -> None:
    (pull,) = pulls("ErrImagePull", 'Failed to pull image "h.test/p/app:1": no', VOLUMES)
    assert (pull.kind, pull.image) == (ContainerKind.REGULAR, "h.test/p/app:1")


def test_a_volume_that_another_container_mounts_is_not_blamed() -> None:
    (pull,) = pulls("ErrImagePull", 'Failed to pull image "h.test/p/other:2": no', VOLUMES)
    assert pull.kind is ContainerKind.REGULAR


def test_pods_that_are_over_or_going_do_not_count() -> None:
    waiting = {"containerStatuses": [container_status("app", "ErrImagePull")]}
    for phase in ("Succeeded", "Failed"):
        assert failing(a_pod({**waiting, "phase": phase}), "prod") == ()
    assert pulls("ErrImagePull", deletionTimestamp="2026-01-02T03:04:05Z") == ()


def owned(kind: str, name: str, **labels: str) -> Owner | None:
    (pull,) = pulls(
        "ErrImagePull",
        ownerReferences=[
            {"kind": "Noise", "name": "n", "uid": "0"},
            {"kind": kind, "name": name, "uid": "o", "controller": True},
        ],
        labels={k.replace("_", "-"): v for k, v in labels.items()},
    )
    return pull.owner


def test_the_owner_is_the_controller_or_the_deployment_above_it() -> None:
    assert owned("ReplicaSet", "web-5d", pod_template_hash="5d") == Owner("Deployment", "web")
    assert owned("ReplicaSet", "web-5d") == Owner("ReplicaSet", "web-5d", "o")
    assert owned("Job", "j-1", pod_template_hash="1") == Owner("Job", "j-1", "o")


def test_a_static_pods_mirror_is_marked() -> None:
    assert pulls("ErrImagePull", annotations={"kubernetes.io/config.mirror": "x"})[0].mirror


def event(message: str, at: str, reason: str = "Failed", path: str = "spec.containers{app}", **more: Any) -> Event:
    raw = {"metadata": {}, "reason": reason, "message": message, "involvedObject": {"fieldPath": path}, **more}
    return msgspec.json.decode(json.dumps({"lastTimestamp": at or None, **raw}), type=Event)


OLD, NEW = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"
FAILED = 'Failed to pull image "h.test/p/app:1": '


def test_the_newest_cause_among_the_events_is_taken() -> None:
    (pull,) = pulls("ImagePullBackOff", 'Back-off pulling image "h.test/p/app:1"')
    events = [
        event(FAILED + "old", OLD),
        event("(combined from similar events): " + FAILED + "new", NEW),
        event("Error: ImagePullBackOff", "2026-01-01T02:00:00Z"),
        event('Back-off pulling image "h.test/p/app:1"', "2026-01-01T03:00:00Z", "BackOff"),
        event(FAILED + "undated", ""),
        event(FAILED + "of another container", "2026-01-01T04:00:00Z", path="spec.containers{web-app}"),
        event('Failed to pull image "h.test/p/app:0": of the image before', "2026-01-01T05:00:00Z"),
    ]
    found = events_complaint(events, pull)
    assert found is not None
    assert (found.reason, found.message, found.source) == ("Failed", FAILED + "new", "event")
    assert found.at is not None
    assert found.at.hour == 1


def test_events_of_the_newer_api_are_dated_too() -> None:
    (pull,) = pulls("ImagePullBackOff")
    series: dict[str, Any] = {"series": {"lastObservedTime": NEW}, "eventTime": "2025-12-31T23:00:00.123456Z"}
    found = events_complaint([event(FAILED + "old", OLD), event(FAILED + "new", "", **series)], pull)
    assert found is not None
    assert found.message == FAILED + "new"


def test_events_without_a_cause_tell_nothing() -> None:
    (pull,) = pulls("ImagePullBackOff")
    assert events_complaint([], pull) is None
    assert events_complaint([event("Error: ErrImagePull", NEW)], pull) is None
    assert events_complaint([event('Pulling image "h.test/p/app:1"', NEW, "Pulling")], pull) is None
