"""Replaced pods are counted: neither healthy siblings nor a pod that is merely gone count as mended."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from checks.demo.api.objects import Deletion
from checks.lookout import LATE, Lookout, uids
from checks.model import ObjectRef, Problem, Pull
from checks.repair.verify import Clock, sentence, wait
from tests.repair.test_verify import APPLIED, Time

DEPLOYMENT = ObjectRef("Deployment", "crm", "crm-backend")


class Scene:
    """Three stuck pods of one Deployment in a world that moves only by hand; the first of them runs before all else."""

    def __init__(self, desk: Any) -> None:
        self.desk = desk
        self.problem: Problem = desk.problem("HD102")
        self.healthy, *self.stuck = self.problem.pulls
        self.runs(self.healthy.pod)
        self.there = uids(desk.cluster, [("crm", "")])

    def lookout(self, *names: str, now: Callable[[], float] = time.monotonic) -> Lookout:
        targets = [("crm", name) for name in names or ("crm-backend",)]
        return Lookout(self.desk.cluster, targets, self.stuck, self.there, now)

    def runs(self, pod: str) -> None:
        """The kubelet has pulled."""

        def change(body: Any) -> None:
            names = [container["name"] for container in body["spec"]["containers"]]
            statuses = [{"name": name, "state": {"running": {}}} for name in names]
            body["status"] = {"phase": "Running", "containerStatuses": statuses}

        self.desk.world.objects.edit("pods", "crm", pod, change, subresource="status")

    def waits(self, pull: Pull, reason: str) -> None:
        """The kubelet says for what reason the container waits now."""

        def change(body: Any) -> None:
            for status in body["status"]["containerStatuses"]:
                status["state"]["waiting"]["reason"] = reason

        self.desk.world.objects.edit("pods", "crm", pull.pod, change, subresource="status")

    def terminates(self, pull: Pull) -> None:
        self.desk.cluster.delete(ObjectRef("Pod", "crm", pull.pod), uid=pull.pod_uid)

    def ends(self, pull: Pull) -> None:
        self.desk.world.objects.delete("pods", "crm", pull.pod, Deletion(grace=0))

    def replaced(self) -> list[str]:
        """The controllers make new pods; their names."""
        before = self._names()
        self.desk.world.controllers.settle("crm")
        return sorted(self._names() - before)

    def _names(self) -> set[str]:
        return {pod["metadata"]["name"] for pod in self.desk.cluster.list_objects("Pod", "crm")}

    def scaled(self, number: int) -> None:
        body = self.desk.read(DEPLOYMENT)
        body["spec"]["replicas"] = number
        self.desk.replace(DEPLOYMENT, body)


@pytest.fixture
def scene(desk: Any) -> Scene:
    return Scene(desk("HD102"))


def told(lookout: Lookout) -> str:
    return sentence(lookout.look())


def clock() -> Clock:
    return Time().clock()


def test_a_pod_on_its_way_out_is_not_made_up_for_by_its_healthy_siblings(scene: Scene) -> None:
    for pull in scene.stuck:
        scene.terminates(pull)
    lookout = scene.lookout()
    assert told(lookout) == "1 of 3 pods have pulled, 2 wait"
    assert {look.says for look in lookout.look() if not look.pulled} == {"being replaced"}


def test_an_owner_that_makes_no_new_pod_is_told_and_nothing_is_mended(scene: Scene) -> None:
    for pull in scene.stuck:
        scene.ends(pull)
    seen = wait(APPLIED, scene.lookout().look, 3, clock())
    assert seen.mended is None
    assert seen.sentence == "1 of 3 pods have pulled, 2 wait"
    assert all("Deployment crm-backend has not made a new one yet" in line for line in seen.waiting)


def test_as_many_new_pods_as_were_replaced_must_have_pulled(scene: Scene) -> None:
    for pull in scene.stuck:
        scene.ends(pull)
    lookout = scene.lookout()
    one, two = scene.replaced()
    assert told(lookout) == "1 of 3 pods have pulled, 2 wait"
    scene.runs(one)
    assert told(lookout) == "2 of 3 pods have pulled, 1 wait"
    scene.runs(two)
    assert wait(APPLIED, lookout.look, 3, clock()).mended is True


def test_a_new_pod_makes_up_for_one_that_has_not_gone_yet(scene: Scene) -> None:
    for pull in scene.stuck:
        scene.terminates(pull)
    for name in scene.replaced():
        scene.runs(name)
    assert told(scene.lookout()) == "3 of 3 pods have pulled"


def test_a_pod_named_one_by_one_that_vanishes_waits_for_its_successor(scene: Scene) -> None:
    lookout = scene.lookout(*(pull.pod for pull in scene.stuck))
    assert told(lookout) == "0 of 2 pods have pulled, 2 wait"
    scene.runs(scene.stuck[0].pod)
    scene.ends(scene.stuck[1])
    assert told(lookout) == "1 of 2 pods have pulled, 1 wait"
    (name,) = scene.replaced()
    assert told(lookout) == "1 of 2 pods have pulled, 1 wait"
    scene.runs(name)
    assert told(lookout) == "2 of 2 pods have pulled"


def test_a_pod_that_has_pulled_may_go(scene: Scene) -> None:
    lookout = scene.lookout(*(pull.pod for pull in scene.stuck))
    for pull in scene.stuck:
        scene.runs(pull.pod)
    assert told(lookout) == "2 of 2 pods have pulled"
    scene.ends(scene.stuck[0])
    assert told(lookout) == "1 of 1 pods have pulled"


def test_a_failure_that_may_be_older_than_the_repair_is_none_of_its_own(scene: Scene) -> None:
    """A kubelet's status tells of an attempt 10 to 15 s late: watched on a real node (1.34.4, containerd 1.6.20)."""
    watch = Time()
    first, _ = scene.stuck
    lookout = scene.lookout(*(pull.pod for pull in scene.stuck), now=lambda: watch.now)
    for seconds, reason, says in (
        (0, "ImagePullBackOff", "0 of 2 pods have pulled, 2 wait"),
        (12, "ErrImagePull", "0 of 2 pods have pulled, 2 wait"),
        (13, "ErrImagePull", "0 of 2 pods have pulled, 2 wait"),
        (LATE + 1, "ErrImagePull", "0 of 2 pods have pulled, 2 wait"),
        (LATE + 5, "ImagePullBackOff", "0 of 2 pods have pulled, 2 wait"),
        (60, "ErrImagePull", "0 of 2 pods have pulled, 1 failed again, 1 wait"),
        (75, "ImagePullBackOff", "0 of 2 pods have pulled, 1 failed again, 1 wait"),
    ):
        watch.now = seconds
        scene.waits(first, reason)
        assert told(lookout) == says


def test_an_owner_scaled_down_is_not_waited_for_and_that_is_said(scene: Scene) -> None:
    for pull in scene.stuck:
        scene.ends(pull)
    scene.scaled(2)
    scene.runs(*scene.replaced())
    seen = wait(APPLIED, scene.lookout().look, 3, clock())
    assert seen.mended is True
    assert seen.sentence == "2 of 2 pods have pulled, 1 not wanted any more"


def test_an_owner_scaled_to_nothing_is_no_success_and_ends_the_wait(scene: Scene) -> None:
    for pull in scene.problem.pulls:
        scene.ends(pull)
    scene.scaled(0)
    time = Time()
    seen = wait(APPLIED, scene.lookout().look, 60, time.clock())
    assert time.now == 0
    assert seen.mended is None
    assert seen.sentence == "The pods are gone: Deployment crm-backend wants no more pods"


def test_a_job_that_has_run_meanwhile_is_not_waited_for(desk: Any) -> None:
    here = desk("HD101")
    (pull,) = (p for p in here.problem("HD101").pulls if p.owner and p.owner.kind == "Job")
    there = uids(here.cluster, [("pay", "")])
    lookout = Lookout(here.cluster, [("pay", pull.pod)], (pull,), there)
    assert told(lookout) == "0 of 1 pods have pulled, 1 wait"

    def over(body: Any) -> None:
        body["status"] = {"phase": "Succeeded", "containerStatuses": [{"name": "app", "state": {"terminated": {}}}]}

    here.world.objects.edit("pods", "pay", pull.pod, over, subresource="status")
    assert told(lookout) == "1 of 1 pods have pulled"
