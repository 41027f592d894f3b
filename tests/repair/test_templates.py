"""A changed pod template under each kind of owner: who gets new pods by itself, who waits, who is never touched."""

import threading
import time
from pathlib import Path
from typing import Any

import pytest

from checks.demo.scenarios import Scenario
from checks.demo.world import World
from checks.doctor import Doctor
from checks.repair.plan import FixPlan, Outcome, Refusal
from checks.repair.plans import PLANS
from checks.repair.steps import Verb
from checks.settings import Settings
from tests.repair.conftest import Desk, hurried
from tests.repair.misspelt import PLURALS, containers, desk_on, list_of_its_own, project_misspelt

KINDS = ("Deployment", "StatefulSet", "DaemonSet")


def quiet(_: object) -> None:
    pass


def attach(desk: Desk) -> FixPlan | Refusal | None:
    return PLANS["attach"](desk.problem("HD101"), desk.bench, None)


def attached(desk: Desk) -> FixPlan:
    found = attach(desk)
    assert isinstance(found, FixPlan), found
    return found


def change(desk: Desk, kind: str, **spec: Any) -> None:
    desk.world.objects.edit(PLURALS[kind], "pay", "ledger", lambda one: one["spec"].update(spec))


# ── the way whole: the pods pull ─────────────────────────────────────────────────────────────────────────────────


class Course:
    """One plan carried out in a world that moves, and taken back."""

    def __init__(self, folder: Path, scenario: Scenario, plan: str) -> None:
        work = scenario.workloads[0]
        with hurried(World((scenario,), (), moving=True)) as world:
            doctor = Doctor(Settings(
                kubeconfig=str(world.kubeconfig(folder / "config")), resolve=world.resolve, registry_ca=world.ca_file,
                allow_loopback=True, state_dir=folder / "state", namespaces=(work.namespace,),
            ))  # fmt: skip
            place = (PLURALS[work.kind], work.namespace, work.name)
            try:
                *_, scan = doctor.find(threading.Event())
                (problem,) = doctor.diagnose(scan, threading.Event()).problems
                offers = [offer for offer in doctor.offers(problem) if offer.id == plan]
                assert isinstance(offers[0], FixPlan), offers
                self.plan: FixPlan = offers[0]
                self.before = world.objects.get(*place)["spec"]
                written = doctor.apply(self.plan, quiet)
                self.after = world.objects.get(*place)["spec"]
                self.outcome: Outcome = doctor.verify(self.plan, problem, 30, quiet, threading.Event(), written)
                doctor.undo(written.receipt, quiet)
                self.undone = world.objects.get(*place)["spec"]
                self.receipts = doctor.receipts()
            finally:
                doctor.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_secret_attached_to_a_template_lets_the_pods_pull(tmp_path: Path, kind: str) -> None:
    course = Course(tmp_path, list_of_its_own(kind), "attach")
    assert course.outcome.mended is True, course.outcome
    names = [one["name"] for one in course.after["template"]["spec"]["imagePullSecrets"]]
    assert names == ["", "harbor-pull"], "appended, never replaced"
    assert (course.undone, course.receipts) == (course.before, ())


@pytest.mark.parametrize("kind", [*KINDS, "Pod"])
def test_a_corrected_image_is_pulled(tmp_path: Path, kind: str) -> None:
    course = Course(tmp_path, project_misspelt(kind), "correct-image")
    assert course.outcome.mended is True, course.outcome
    assert (course.undone == course.before, course.receipts) == (True, ())


def test_a_cron_jobs_stuck_run_is_not_waited_for(tmp_path: Path) -> None:
    begun = time.monotonic()
    course = Course(tmp_path, project_misspelt("CronJob"), "correct-image")
    assert course.outcome.mended is None
    assert course.outcome.sentence == "Written; none of the pods that wait now can show whether it helped"
    assert course.plan.retry == "with the next run"
    assert time.monotonic() - begun < 25
    assert course.undone == course.before


# ── what the plan does under each owner ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "more", "deletes", "rolls"),
    [
        ("Deployment", {}, 0, True),
        ("StatefulSet", {}, 1, True),
        ("StatefulSet", {"updateStrategy": {"type": "OnDelete"}}, 1, False),
        ("DaemonSet", {}, 0, True),
        ("DaemonSet", {"updateStrategy": {"type": "OnDelete"}}, 1, False),
        ("CronJob", {}, 0, False),
    ],
)
def test_only_pods_that_their_owner_would_leave_stuck_are_deleted(
    tmp_path: Path, kind: str, more: dict[str, Any], deletes: int, rolls: bool
) -> None:
    with desk_on(tmp_path, list_of_its_own(kind)) as desk:
        change(desk, kind, **more)
        plan = attached(desk)
        assert [step.verb for step in plan.steps] == [Verb.REPLACE] + [Verb.REPLACE_POD] * deletes
        assert any("are rolled out anew, running ones too" in text for text in plan.asks) is rolls


def test_a_pod_below_the_partition_of_a_stateful_set_is_left_and_told_of(tmp_path: Path) -> None:
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"partition": 1}}
    with desk_on(tmp_path, list_of_its_own("StatefulSet")) as desk:
        change(desk, "StatefulSet", updateStrategy=strategy)
        plan = attached(desk)
        assert [step.verb for step in plan.steps] == [Verb.REPLACE]
        assert "ledger-0 stays as it is: it is below the partition of StatefulSet pay/ledger." in plan.warnings
        change(desk, "StatefulSet", ordinals={"start": -1})
        assert [step.verb for step in attached(desk).steps] == [Verb.REPLACE, Verb.REPLACE_POD]


def test_a_paused_deployment_is_told_of(tmp_path: Path) -> None:
    with desk_on(tmp_path, list_of_its_own("Deployment")) as desk:
        change(desk, "Deployment", paused=True)
        assert "The rollout of Deployment pay/ledger is paused: resume it." in attached(desk).warnings


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({}, ("only the next run of CronJob pay/ledger names the Secret",)),
        ({"suspend": True}, ("is suspended: it has no next run before it is resumed",)),
        ({"concurrencyPolicy": "Forbid"}, ("its next run waits until the stuck Job is gone",)),
    ],
)
def test_a_cron_job_says_when_its_change_takes_effect(tmp_path: Path, more: dict[str, Any], says: tuple[str]) -> None:
    with desk_on(tmp_path, list_of_its_own("CronJob")) as desk:
        change(desk, "CronJob", **more)
        plan = attached(desk)
        assert [str(step.target) for step in plan.steps] == ["CronJob pay/ledger"]
        told = " ".join(plan.warnings)
        assert all(text in told for text in says)
        assert plan.verify == ()


def test_a_jobs_pod_is_never_deleted_and_its_template_never_changed(tmp_path: Path) -> None:
    with desk_on(tmp_path, list_of_its_own("Job")) as desk:
        found = attach(desk)
        assert isinstance(found, Refusal)
        assert found.why == (
            "Job pay/ledger cannot be changed in place: add harbor-pull to imagePullSecrets where it is made from."
        )


def test_a_template_that_names_the_secret_already_has_its_older_pods_replaced(tmp_path: Path) -> None:
    listed = [{"name": ""}, {"name": "harbor-pull"}]
    with desk_on(tmp_path, list_of_its_own("Deployment")) as desk:
        desk.world.objects.edit(
            "deployments", "pay", "ledger", lambda d: d["spec"]["template"]["spec"].update(imagePullSecrets=listed)
        )
        plan = attached(desk)
        assert {step.verb for step in plan.steps} == {Verb.REPLACE_POD}
        assert not any("rolled out" in text for text in plan.asks)


def test_nothing_else_of_a_template_changes(tmp_path: Path) -> None:
    with desk_on(tmp_path, list_of_its_own("StatefulSet")) as desk:
        (step, *_) = attached(desk).steps
        assert step.before is not None
        assert step.after is not None
        before, after = step.before.body(), step.after.body()
        assert containers(before) == containers(after)
        after["spec"]["template"]["spec"]["imagePullSecrets"] = [{"name": ""}]
        assert after == before
