"""Pod templates, images and budgets on a real kube-apiserver: what it takes and refuses, and what stands there then."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from checks.doctor import Doctor
from checks.repair.plan import FixPlan, Refusal
from checks.repair.steps import Verb
from tests.headless.courses import BY_NAME, Course, misspelt, own_list
from tests.headless.stage import running
from tests.live.kube import Body, Cluster
from tests.live.transplant import LiveStage

pytestmark = pytest.mark.live

JOBS = (
    Course("attach, list of a Job", "attach", own_list("Job"), "pay"),
    Course("correct-image, Job", "correct-image", misspelt("Job"), "web"),
)
COURSES = tuple(course for name, course in BY_NAME.items() if ", list of" in name or course.plan == "correct-image")
DELETES = {"StatefulSet": 1}


@contextmanager
def on_stage(folder: Path, course: Course, cluster: Cluster) -> Iterator[tuple[LiveStage, Doctor]]:
    with LiveStage(folder, course, cluster) as stage, stage.doctor(folder / "state") as doctor:
        yield stage, doctor


def offer(doctor: Doctor, plan: str) -> FixPlan | Refusal:
    *_, scan = doctor.find(threading.Event())
    (problem,) = doctor.diagnose(scan, threading.Event()).problems
    return next(one for one in doctor.offers(problem) if one.id == plan)


def planned(doctor: Doctor, plan: str) -> FixPlan:
    found = offer(doctor, plan)
    assert isinstance(found, FixPlan), found
    return found


def stored(cluster: Cluster, plan: FixPlan) -> Body:
    target = plan.steps[0].target
    found = cluster.get(target.kind, target.namespace, target.name)
    assert found is not None
    return found


def pod_spec(kind: str, body: Body) -> Body:
    spec: Body = body["spec"]
    spec = spec["jobTemplate"]["spec"] if kind == "CronJob" else spec
    found: Body = spec if kind == "Pod" else spec["template"]["spec"]
    return found


def pods(stage: LiveStage) -> set[str]:
    return {pod["metadata"]["uid"] for pod in stage.objects("pods") if not pod["metadata"].get("deletionTimestamp")}


def quiet(_: object) -> None:
    pass


@pytest.mark.parametrize("course", COURSES, ids=[course.name for course in COURSES])
def test_the_stored_object_changes_in_one_field_only_and_undo_brings_that_back(
    course: Course, cluster: Cluster, tmp_path: Path
) -> None:
    kind = course.scenario.workloads[0].kind
    with on_stage(tmp_path, course, cluster) as (stage, doctor):
        plan = planned(doctor, course.plan)
        before, there = stored(cluster, plan), pods(stage)
        outcome = doctor.apply(plan, quiet)
        assert outcome.applied, outcome.sentence
        after = stored(cluster, plan)
        old, new = pod_spec(kind, before), pod_spec(kind, after)
        if course.plan == "attach":
            assert [one.get("name", "") for one in new["imagePullSecrets"]] == ["", "harbor-pull"]
            new["imagePullSecrets"] = old["imagePullSecrets"]
        else:
            assert new["containers"][0]["image"] == "harbor.demo.test/team/app:2.1"
            new["containers"][0]["image"] = old["containers"][0]["image"]
        assert after["spec"] == before["spec"]
        assert len(there - pods(stage)) == DELETES.get(kind, 0), "only pods that the owner would leave stuck"
        doctor.undo(outcome.receipt, quiet)
        assert stored(cluster, plan)["spec"] == before["spec"]
        assert stage.receipts() == []


def test_a_bare_replica_set_gets_the_image_and_its_stuck_pods_are_deleted(cluster: Cluster, tmp_path: Path) -> None:
    with on_stage(tmp_path, BY_NAME["correct-image"], cluster) as (stage, doctor):
        (space,) = stage.namespaces
        (owner,) = cluster.list("ReplicaSet", space)
        cluster.patch("ReplicaSet", space, owner["metadata"]["name"], {"metadata": {"ownerReferences": None}})
        for pod in stage.objects("pods"):
            hashless = {"metadata": {"labels": {"pod-template-hash": None}}}
            cluster.patch("Pod", space, pod["metadata"]["name"], hashless)
        plan, there = planned(doctor, "correct-image"), pods(stage)
        assert plan.steps[0].target.kind == "ReplicaSet"
        assert {step.verb for step in plan.steps[1:]} == {Verb.REPLACE_POD}
        outcome = doctor.apply(plan, quiet)
        assert outcome.applied, outcome.sentence
        assert pods(stage).isdisjoint(there)
        assert pod_spec("ReplicaSet", stored(cluster, plan))["containers"][0]["image"].endswith("/team/app:2.1")
        doctor.undo(outcome.receipt, quiet)
        assert pod_spec("ReplicaSet", stored(cluster, plan))["containers"][0]["image"].endswith("/taem/app:2.1")


@pytest.mark.parametrize("course", JOBS, ids=[course.name for course in JOBS])
def test_the_api_server_refuses_a_jobs_new_template_and_so_does_the_plan(
    course: Course, cluster: Cluster, tmp_path: Path
) -> None:
    with on_stage(tmp_path, course, cluster) as (stage, doctor):
        (space,) = stage.namespaces
        (job,) = cluster.list("Job", space)
        found = offer(doctor, course.plan)
        assert isinstance(found, Refusal)
        assert "cannot be changed in place" in found.why
        job["spec"]["template"]["spec"]["containers"][0]["image"] = "harbor.demo.test/team/app:2.1"
        answer = cluster.ask("PUT", f"/apis/batch/v1/namespaces/{space}/jobs/{job['metadata']['name']}", job)
        assert answer.status == 422
        assert "field is immutable" in answer.json["message"]


def test_of_a_live_pod_the_image_may_change_and_the_list_of_its_secrets_may_not(
    cluster: Cluster, namespace: str
) -> None:
    cluster.pod(namespace, "web", "harbor.demo.test/taem/app:2.1", ["team-pull"])
    containers = [{"name": "app", "image": "harbor.demo.test/team/app:2.1"}]
    strategic = "application/strategic-merge-patch+json"
    changed = cluster.patch("Pod", namespace, "web", {"spec": {"containers": containers}}, how=strategic)
    assert changed["spec"]["containers"][0]["image"] == "harbor.demo.test/team/app:2.1"
    more = {"spec": {"imagePullSecrets": [{"name": "other"}]}}
    answer = cluster.ask("PATCH", f"/api/v1/namespaces/{namespace}/pods/web", more, strategic)
    assert answer.status == 422


def budget(cluster: Cluster, space: str, selector: Body) -> None:
    """One that allows no disruption, as its controller would note it."""
    made = cluster.create("PodDisruptionBudget", space, "all", {"spec": {"minAvailable": 1, "selector": selector}})
    status: dict[str, Any] = {
        "disruptionsAllowed": 0, "currentHealthy": 1, "desiredHealthy": 1, "expectedPods": 1,
        "observedGeneration": made["metadata"]["generation"],
    }  # fmt: skip
    cluster.patch("PodDisruptionBudget", space, "all", {"status": status}, sub="status")


def test_a_budget_holds_back_an_eviction_and_not_a_deletion(cluster: Cluster, namespace: str) -> None:
    pod = cluster.pod(namespace, "web", "harbor.demo.test/team/app:2.1", metadata={"labels": {"app": "web"}})
    ready = {**running(pod), "conditions": [{"type": "Ready", "status": "True"}]}
    cluster.patch("Pod", namespace, "web", {"status": ready}, sub="status")
    budget(cluster, namespace, {"matchLabels": {"app": "web"}})
    path = f"/api/v1/namespaces/{namespace}/pods/web"
    evict = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "web", "namespace": namespace}}
    held = cluster.ask("POST", f"{path}/eviction", evict)
    assert (held.status, "disruption budget" in held.json["message"]) == (429, True)
    assert cluster.ask("DELETE", path).status == 200


def test_a_plan_over_a_budget_that_allows_nothing_is_told_of_and_carried_out(cluster: Cluster, tmp_path: Path) -> None:
    with on_stage(tmp_path, BY_NAME["replace-pods"], cluster) as (stage, doctor):
        (space,) = stage.namespaces
        budget(cluster, space, {})
        plan, there = planned(doctor, "replace-pods"), pods(stage)
        told = [text for text in plan.warnings if "PodDisruptionBudget" in text]
        assert told == [
            f"PodDisruptionBudget {space}/all allows no disruptions now; "
            "the pods that are deleted are not ready, so they take nothing from it."
        ]
        assert doctor.apply(plan, quiet).applied
        assert pods(stage).isdisjoint(there)


def test_without_the_right_to_list_budgets_the_plan_says_so_and_is_offered(cluster: Cluster, tmp_path: Path) -> None:
    with LiveStage(tmp_path, BY_NAME["correct-image"], cluster) as stage:
        (space,) = stage.namespaces
        user = f"no-budgets-of-{space}"
        everything = ("create", "delete", "get", "list", "update", "watch")
        cluster.allow(user, space, ("", "pods,secrets,serviceaccounts", ",".join(everything)),
                      ("apps", "deployments,replicasets,controllerrevisions", ",".join(everything)))  # fmt: skip
        stage.kubeconfig = stage.config_of(user)
        with stage.doctor(tmp_path / "state") as doctor:
            plan = planned(doctor, "correct-image")
            assert f"Nothing is known of PodDisruptionBudgets in {space}: no right to list them." in plan.warnings
            assert plan.steps
            assert plan.advice == ""
