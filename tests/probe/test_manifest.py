"""The manifest of a probe pod: the failing pull repeated, fit for the strictest level, and bound to its fingerprint."""

from dataclasses import replace
from typing import Any

import pytest

from checks.errors import Refused
from checks.model import ContainerKind, Pull
from checks.repair.probe.answer import Said, Seen, answered
from checks.repair.probe.plan import ProbePlan, is_probe_pod, manifest, rights_in
from checks.repair.probe.run import changed
from checks.repair.sealed import Sealed
from tests.builders import NOW

Body = dict[str, Any]
PULL = Pull(
    cluster="prod", namespace="shop", pod="web-0", pod_uid="1", container="app", kind=ContainerKind.REGULAR,
    image="h.example/shop/web:1", pull_secrets=("a",), service_account="web", node="node-1", phase="Pending",
)  # fmt: skip


def pod(**spec: Any) -> Body:
    container = {"name": "app", "image": "h.example/shop/web:1", "command": ["serve"], "env": [{"name": "X"}]}
    return {"spec": {"nodeName": "node-1", "serviceAccountName": "web", "containers": [container], **spec}}


def test_everything_that_the_restricted_level_asks_for_is_there() -> None:
    spec = manifest(PULL, pod(), 60)["spec"]
    (container,) = spec["containers"]
    assert spec["securityContext"] == {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert not {"hostNetwork", "hostPID", "volumes", "hostIPC"} & set(spec)


def test_nothing_of_the_pod_comes_along_that_is_not_part_of_its_pull() -> None:
    made = manifest(PULL, pod(volumes=[{"name": "v"}], hostNetwork=True), 60)
    assert made["spec"]["containers"][0].keys() == {
        "name", "image", "imagePullPolicy", "command", "resources", "securityContext",
    }  # fmt: skip
    assert made["metadata"].keys() == {"name", "namespace", "labels"}
    assert made["metadata"]["labels"] == {"harbor-doctor/probe": "true"}


def test_it_ends_by_itself_after_its_answer_was_awaited() -> None:
    spec = manifest(PULL, pod(), 90)["spec"]
    assert spec["activeDeadlineSeconds"] > 90
    assert (spec["restartPolicy"], spec["terminationGracePeriodSeconds"]) == ("Never", 0)
    assert spec["automountServiceAccountToken"] is False


@pytest.mark.parametrize("image", ["h.example/shop/web", "H.example/Web:1", "web@sha256:" + "0" * 64])
def test_the_reference_is_taken_from_the_pod_as_it_is_now_byte_for_byte(image: str) -> None:
    changed = pod(containers=[{"name": "other", "image": "x"}, {"name": "app", "image": image}])
    assert manifest(PULL, changed, 60)["spec"]["containers"][0]["image"] == image


@pytest.mark.parametrize(
    ("listed", "sent"),
    [
        ([{"name": "a"}, {"name": "b"}], [{"name": "a"}, {"name": "b"}]),
        ([{"name": ""}], [{"name": ""}]),
        ([], [{"name": ""}]),
        (None, [{"name": ""}]),
    ],
)
def test_the_list_of_secrets_is_always_the_pods_own(listed: object, sent: object) -> None:
    assert manifest(PULL, pod(imagePullSecrets=listed), 60)["spec"]["imagePullSecrets"] == sent


def test_an_image_of_an_init_container_or_a_volume_is_found() -> None:
    init = pod(initContainers=[{"name": "app", "image": "init:1"}], containers=[])
    assert manifest(PULL, init, 60)["spec"]["containers"][0]["image"] == "init:1"
    volume = replace(PULL, kind=ContainerKind.VOLUME, image="volume:1")
    assert manifest(volume, pod(), 60)["spec"]["containers"][0]["image"] == "volume:1"


def test_a_windows_pod_gets_no_field_that_only_linux_has() -> None:
    spec = manifest(PULL, pod(os={"name": "windows"}), 60)["spec"]
    assert spec["os"] == {"name": "windows"}
    assert spec["securityContext"] == {"runAsNonRoot": True}
    assert "securityContext" not in spec["containers"][0]


def test_each_probe_has_a_name_of_its_own_that_is_known_again() -> None:
    names = {manifest(PULL, pod(), 60)["metadata"]["name"] for _ in range(20)}
    assert len(names) == 20
    assert is_probe_pod(manifest(PULL, pod(), 60))


def test_the_fingerprint_changes_with_whatever_is_shown() -> None:
    body = manifest(PULL, pod(), 60)
    plan = ProbePlan("HD101:shop/default", PULL, Sealed(body), 60)
    other = dict(body, spec=dict(body["spec"], nodeName="node-2"))
    changed = (replace(plan, body=Sealed(other)), replace(plan, warnings=("x",)), replace(plan, why_not="x"))
    assert len({plan.fingerprint, *(each.fingerprint for each in changed)}) == 4
    assert replace(plan).fingerprint == plan.fingerprint


def test_no_more_rights_are_needed_than_to_make_read_and_delete_pods() -> None:
    assert [str(right) for right in rights_in("shop")] == [f"pods {v} in shop" for v in ("create", "get", "delete")]


# ── what admission makes of it ───────────────────────────────────────────────────────────────────────────────────


def shown(listed: object = ({"name": "a"},)) -> ProbePlan:
    return ProbePlan("HD101:shop/default", PULL, Sealed(manifest(PULL, pod(imagePullSecrets=listed), 60)), 60)


def test_a_pod_that_admission_takes_as_it_is_leaves_nothing_to_say() -> None:
    assert changed(shown(), shown().manifest) == ()


def test_defaults_that_the_api_server_fills_in_are_no_change() -> None:
    stored = shown().manifest
    stored["spec"] |= {"dnsPolicy": "ClusterFirst", "schedulerName": "default-scheduler", "priority": 0}
    assert changed(shown(), stored) == ()


def test_secrets_an_image_and_containers_that_a_webhook_puts_in_are_told() -> None:
    plan = shown()
    stored = plan.manifest
    stored["spec"]["imagePullSecrets"].append({"name": "mirror-pull"})
    stored["spec"]["containers"][0]["image"] = "mirror.example/shop/web:1"
    stored["spec"]["containers"].append({"name": "istio-proxy"})
    assert changed(plan, stored) == (
        "Admission changes the image to mirror.example/shop/web:1.",
        "Admission changes the pull Secrets to a, mirror-pull.",
        "Admission adds istio-proxy, which may run until the pod is deleted.",
    )


def test_the_answer_is_about_the_pod_as_admission_made_it() -> None:
    plan = shown()
    stored = plan.manifest
    stored["spec"]["containers"][0]["image"] = "mirror.example/shop/web:1"
    stored["spec"]["imagePullSecrets"] = [{"name": "mirror-pull"}]
    answer = answered(plan, stored, Seen(Said.PULLS), NOW, 2.0, (), left=False)
    assert answer.sentence == "node-1 pulls mirror.example/shop/web:1 now for a pod that names Secret mirror-pull."


def test_no_node_pulls_whose_pod_was_given_another_pull_policy() -> None:
    plan = shown()
    stored = plan.manifest
    stored["spec"]["containers"][0]["imagePullPolicy"] = "IfNotPresent"
    with pytest.raises(Refused, match="admission changes the pull policy of the probe pod"):
        changed(plan, stored)
    answer = answered(plan, stored, Seen(Said.PULLS), NOW, 2.0, (), left=False)
    assert answer.said is Said.UNKNOWN
    assert "admission changed the pull policy" in answer.sentence


@pytest.mark.parametrize(
    ("field", "value"), [("nodeName", "node-2"), ("restartPolicy", "Always"), ("nodeName", None), ("command", ["sh"])]
)
def test_a_pod_that_would_ask_something_else_or_run_something_is_refused(field: str, value: object) -> None:
    plan = shown()
    stored = plan.manifest
    holder = stored["spec"]["containers"][0] if field == "command" else stored["spec"]
    holder[field] = value
    with pytest.raises(Refused, match="so it would not be the pod that was shown"):
        changed(plan, stored)
