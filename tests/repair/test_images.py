"""Key c: a misspelt image is corrected where it stands, if that is certain and proven, and comes back with undo."""

import base64
import copy
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor_content import SECRET
from checks.demo.scenarios.model import pull_secret
from checks.errors import Conflict, Refused
from checks.facts import Beginning, Fact
from checks.repair.apply import apply
from checks.repair.plan import FixPlan, Keep, Refusal, Safety
from checks.repair.plans import PLANS
from checks.repair.plans.correct_image import propose
from checks.repair.shelves import PREFIX
from checks.repair.spelling import spelling
from checks.repair.steps import Verb
from checks.repair.undo import preview, undo
from tests.repair.conftest import Desk, chosen
from tests.repair.misspelt import (
    LIST,
    NAME,
    PLURALS,
    RIGHT,
    SPACE,
    WRONG,
    containers,
    desk_on,
    owned_by,
    project_misspelt,
    pushed,
    tag_misspelt,
)
from tests.repair.misspelt import ref as of

EVIL = "evil.example/miner:1"


def quiet(_: object) -> None:
    pass


def offered(desk: Desk, code: str = "HD501") -> FixPlan | Refusal | None:
    return PLANS["correct_image"](desk.problem(code), desk.bench, None)


def plan_of(desk: Desk, code: str = "HD501") -> FixPlan:
    found = offered(desk, code)
    assert isinstance(found, FixPlan), found
    return found


def refused(desk: Desk, code: str = "HD501") -> str:
    found = offered(desk, code)
    assert isinstance(found, Refusal), found
    return found.why


# ── what is offered ──────────────────────────────────────────────────────────────────────────────────────────────


def test_a_project_that_the_pods_own_robot_names_is_corrected_after_asking(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        plan = plan_of(desk)
        assert (plan.id, plan.key, plan.safety, plan.keep) == ("correct-image", "c", Safety.CONFIRM, Keep.CLUSTER)
        assert plan.title == "Correct project taem to team"
        assert plan.lines == (
            ("~", f"Deployment {SPACE}/{NAME}"), ("-", f"  app  image  {WRONG}"), ("+", f"  app  image  {RIGHT}"),
        )  # fmt: skip
        assert plan.proof is not None
        assert (plan.proof.proven, plan.proof.sentence) == (True, f"robot$team+pull pulls {RIGHT}")
        assert plan.asks[0].startswith(f"Is {RIGHT} meant? team is nearest to project taem: the project of robot$team+")
        assert {str(answer.right) for answer in plan.rights} == {"deployments update in web", "secrets create in web"}


def test_of_two_names_that_are_equally_near_none_is_taken(tmp_path: Path) -> None:
    with desk_on(tmp_path, tag_misspelt("stabl", "stable", "stabil")) as desk:
        assert refused(desk, "HD503") == (
            "stabil and stable are equally near to tag stabl: only who wrote it can tell which is meant"
        )


def test_a_tag_is_corrected_where_only_letters_are_wrong(tmp_path: Path) -> None:
    with desk_on(tmp_path, tag_misspelt("1.4.2-apline", "1.4.2-alpine", "1.4.1-alpine", "latest")) as desk:
        plan = plan_of(desk, "HD503")
        assert plan.title == "Correct tag 1.4.2-apline to 1.4.2-alpine"
        apply(plan, desk, desk.journal(), quiet)
        assert containers(desk.read(of("Deployment")) or {})[0]["image"].endswith("/team/app:1.4.2-alpine")


@pytest.mark.parametrize(("tag", "there"), [("1.4.2", ("1.4.1", "1.4.3")), ("2.0", ("1.0",)), ("latets", ("latest",))])
def test_another_version_and_latest_are_never_offered(tmp_path: Path, tag: str, there: tuple[str, ...]) -> None:
    with desk_on(tmp_path, tag_misspelt(tag, *there)) as desk:
        assert offered(desk, "HD503") is None


def test_a_tag_list_that_was_not_read_to_its_end_makes_no_tag_certain(tmp_path: Path) -> None:
    with desk_on(tmp_path, tag_misspelt("1.4.2-apline", "1.4.2-alpine")) as desk:
        diagnosis = desk.problem("HD503").diagnoses[0]
        tags, nearby = diagnosis.evidence.nearby.tags, diagnosis.evidence.nearby
        assert isinstance(tags, Fact)
        assert spelling(diagnosis)
        cut = replace(nearby, tags=Beginning(tags.value, tags.source, tags.at))
        assert spelling(replace(diagnosis, evidence=replace(diagnosis.evidence, nearby=cut))) is None


def test_an_image_that_is_pinned_by_a_digest_is_left_to_its_writer(tmp_path: Path) -> None:
    pinned = f"1.4.2-apline@sha256:{'9' * 64}"
    with desk_on(tmp_path, tag_misspelt(pinned, "1.4.2-alpine")) as desk:
        assert offered(desk, "HD503") is None


def test_a_tag_that_is_no_name_is_never_written(tmp_path: Path) -> None:
    with desk_on(tmp_path, tag_misspelt("1.4.2-apline", "1.4.2-alpine")) as desk:
        (diagnosis,) = desk.problem("HD503").diagnoses
        tags = diagnosis.evidence.nearby.tags
        assert isinstance(tags, Fact)
        for hostile in ("1.4.2-alpin\n", "1.4.2-alpin$", "1.4.2-alpin "):
            nearby = replace(diagnosis.evidence.nearby, tags=replace(tags, value=(hostile,)))
            told = replace(diagnosis, evidence=replace(diagnosis.evidence, nearby=nearby))
            assert spelling(told) is None, hostile


@pytest.mark.parametrize("code", ["HD502", "HD503"])
def test_what_was_right_and_is_gone_is_no_slip(tmp_path: Path, code: str) -> None:
    with desk_on(tmp_path, *chosen(code)) as desk:
        assert {propose(problem, desk.bench) for problem in desk.problems().values()} == {None}


def test_a_repository_is_corrected_to_what_the_workload_ran_before(tmp_path: Path) -> None:
    scenario = tag_misspelt("2.1", "2.0", "2.1", before=("harbor.demo.test/team/app:2.0",))
    work = replace(scenario.workloads[0], image="harbor.demo.test/team/apps:2.1")
    wrong = replace(scenario, code="HD502", workloads=(work,))
    with desk_on(tmp_path, wrong) as desk:
        plan = plan_of(desk, "HD502")
        assert plan.title == "Correct repository team/apps to team/app"
        assert ("+", "  app  image  harbor.demo.test/team/app:2.1") in plan.lines


def test_a_name_whose_image_is_not_there_either_is_refused_and_says_so(tmp_path: Path) -> None:
    with desk_on(tmp_path, replace(project_misspelt(), prepare=pushed("team/other:1"))) as desk:
        assert refused(desk) == f"{RIGHT} is near, but not proven: the registry answers 404 to robot$team+pull"


def test_a_name_that_the_pods_own_login_may_not_pull_is_refused(tmp_path: Path) -> None:
    wrong = pull_secret(SPACE, LIST, "robot$team+pull", SECRET + "!")
    with desk_on(tmp_path, replace(project_misspelt(), secrets=(wrong,))) as desk:
        assert refused(desk) == f"{RIGHT} is near, but not proven: the registry answers 401 to robot$team+pull"


def test_an_image_for_another_platform_than_the_nodes_is_refused(tmp_path: Path) -> None:
    arm = replace(project_misspelt(), prepare=pushed("team/app:2.1", platforms=("linux/arm64",)))
    with desk_on(tmp_path, arm) as desk:
        assert refused(desk) == f"{RIGHT} is near, but it is built for linux/arm64, not for linux/amd64"


def test_the_proof_takes_the_list_that_the_new_pods_will_have(tmp_path: Path) -> None:
    """The stuck pods have a login, and the template has lost it since."""
    with desk_on(tmp_path, project_misspelt()) as desk:
        drop = {"imagePullSecrets": [{"name": "nobody"}]}
        desk.world.objects.edit("deployments", SPACE, NAME, lambda d: d["spec"]["template"]["spec"].update(drop))
        assert refused(desk) == f"{RIGHT} is near, but not proven: the registry answers 401 to nobody"


def test_without_the_right_to_change_the_template_the_command_is_given(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt(), read_only=True) as desk:
        plan = plan_of(desk)
        assert plan.safety is Safety.ADVICE
        command = f"kubectl --context demo -n {SPACE} set image deployment/{NAME} app={RIGHT}"
        assert plan.advice.splitlines()[-1] == command


@pytest.mark.parametrize(
    ("marks", "says", "asked"),
    [
        ({"annotations": {"argocd.argoproj.io/tracking-id": f"x:apps/Deployment:{SPACE}/{NAME}"}}, "Argo CD", True),
        ({"labels": {f"kustomize.toolkit.fluxcd.io/{key}": "a" for key in ("name", "namespace")}}, "Flux", True),
        ({"labels": {"app.kubernetes.io/managed-by": "Helm"},
          "annotations": {"meta.helm.sh/release-name": "a", "meta.helm.sh/release-namespace": "b"}}, "Helm", False),
    ],
)  # fmt: skip
def test_who_owns_the_workload_is_told_and_asked_about_where_they_take_it_back(
    tmp_path: Path, marks: dict[str, Any], says: str, asked: bool
) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        desk.world.objects.edit("deployments", SPACE, NAME, lambda d: d["metadata"].update(marks))
        plan = plan_of(desk)
        assert any(says in text for text in (plan.asks if asked else plan.warnings))


# ── each kind of owner: what changes, who is replaced, and back ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("kind", "where", "deleted"),
    [
        ("Deployment", "container", 0), ("Deployment", "init", 0), ("Deployment", "sidecar", 0),
        ("StatefulSet", "container", 1), ("DaemonSet", "container", 0), ("CronJob", "container", 0),
        ("Pod", "container", 0), ("Pod", "init", 0),
    ],
)  # fmt: skip
def test_only_that_containers_image_changes_and_undo_puts_it_back(
    tmp_path: Path, kind: str, where: str, deleted: int
) -> None:
    with desk_on(tmp_path, project_misspelt(kind, where)) as desk:
        plan = plan_of(desk)
        part, name = {"container": ("containers", "app"), "init": ("initContainers", "migrate")}.get(
            where, ("initContainers", "proxy")
        )
        assert [s.verb for s in plan.steps] == [Verb.REPLACE] + [Verb.REPLACE_POD] * deleted
        before = desk.read(of(kind)) or {}
        outcome = apply(plan, desk, desk.journal(), quiet)
        assert outcome.applied
        after = desk.read(of(kind)) or {}
        (changed,) = (c for c in containers(after, part) if c["name"] == name)
        assert changed["image"] == RIGHT
        changed["image"] = WRONG
        assert after["spec"] == before["spec"]
        undo(desk.journal().all(), desk, desk.journal(), quiet)
        assert (desk.read(of(kind)) or {})["spec"] == before["spec"]
        assert desk.journal().all() == ()


def test_a_bare_replica_set_gets_the_image_and_its_stuck_pods_are_replaced(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        owned_by(desk)
        plan = plan_of(desk)
        assert [s.verb for s in plan.steps] == [Verb.REPLACE, Verb.REPLACE_POD, Verb.REPLACE_POD]
        assert plan.steps[0].target.kind == "ReplicaSet"
        assert not any("rolled out" in text for text in plan.asks)


def test_a_replica_set_of_an_unknown_owner_is_left_to_it(tmp_path: Path) -> None:
    rollout = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout", "name": "x", "uid": "u", "controller": True}
    with desk_on(tmp_path, project_misspelt()) as desk:
        owned_by(desk, rollout)
        assert "cannot be changed in place: change the image where it is made from." in refused(desk)


def test_a_jobs_template_cannot_be_changed_and_the_refusal_says_so(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt("Job")) as desk:
        why = "cannot be changed in place: change the image where it is made from."
        assert refused(desk) == f"Job {SPACE}/{NAME} {why}"


def test_a_job_beside_a_deployment_does_not_keep_the_deployment_from_being_mended(tmp_path: Path) -> None:
    both = project_misspelt()
    job = replace(project_misspelt("Job").workloads[0], name="migrate")
    with desk_on(tmp_path, replace(both, workloads=(*both.workloads, job))) as desk:
        plan = plan_of(desk)
        assert [str(s.target) for s in plan.steps] == [f"Deployment {SPACE}/{NAME}"]
        assert any("Job web/migrate cannot be changed in place" in text for text in plan.warnings)


def test_an_image_volume_is_not_changed_from_here(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt(where="volume")) as desk:
        assert "stands in an image volume, which is not changed from here" in refused(desk)


def test_a_cron_job_says_what_its_stuck_run_and_its_next_one_do(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt("CronJob")) as desk:
        more = {"concurrencyPolicy": "Forbid", "suspend": True}
        desk.world.objects.edit("cronjobs", SPACE, NAME, lambda c: c["spec"].update(more))
        told = " ".join(plan_of(desk).warnings)
        assert f"keeps waiting: only the next run of CronJob {SPACE}/{NAME} has the right image." in told
        assert "forbids two runs at a time: its next run waits until the stuck Job is gone." in told
        assert "is suspended: it has no next run before it is resumed." in told


def test_other_containers_of_the_workload_keep_their_images(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt(where="init")) as desk:
        apply(plan_of(desk), desk, desk.journal(), quiet)
        assert containers(desk.read(of("Deployment")) or {})[0]["image"] == "harbor.demo.test/library/busybox:1.37"


def test_what_others_wrote_into_a_pod_meanwhile_stays(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt("Pod")) as desk:
        plan = plan_of(desk)
        desk.world.objects.edit("pods", SPACE, NAME, lambda p: p["metadata"].update(annotations={"seen": "by me"}))
        apply(plan, desk, desk.journal(), quiet)
        pod = desk.read(of("Pod")) or {}
        assert (containers(pod)[0]["image"], pod["metadata"]["annotations"]) == (RIGHT, {"seen": "by me"})


@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_an_image_that_somebody_else_changed_meanwhile_is_left_alone(tmp_path: Path, kind: str) -> None:
    with desk_on(tmp_path, project_misspelt(kind)) as desk:
        plan = plan_of(desk)
        desk.world.objects.edit(PLURALS[kind], SPACE, NAME, lambda o: containers(o)[0].update(image="other:1"))
        with pytest.raises(Conflict, match=r"somebody changed the (pod template|image) meanwhile"):
            apply(plan, desk, desk.journal(), quiet)
        assert containers(desk.read(of(kind)) or {})[0]["image"] == "other:1"


# ── the way back, and who may be believed ────────────────────────────────────────────────────────────────────────


def rewritten(desk: Desk, change: Callable[[list[dict[str, Any]]], object]) -> None:
    """Whoever may write Secrets here changes the steps of the receipt."""
    secrets = desk.world.objects.store.select("secrets", SPACE)
    (receipt,) = (one for one in secrets if one["metadata"]["name"].startswith(PREFIX))
    document = json.loads(base64.b64decode(receipt["data"]["receipt.json"]))
    change(document["steps"])
    text = base64.b64encode(json.dumps(document).encode()).decode()
    name = receipt["metadata"]["name"]
    desk.world.objects.edit("secrets", SPACE, name, lambda s: s["data"].update({"receipt.json": text}))


def another_image(steps: list[dict[str, Any]]) -> None:
    containers(steps[0]["before"])[0]["image"] = EVIL


def another_step(steps: list[dict[str, Any]]) -> None:
    first = copy.deepcopy(steps[0])
    containers(first["before"])[0]["image"] = containers(first["after"])[0]["image"] = EVIL
    steps.insert(0, first)


@pytest.mark.parametrize("forge", [another_image, another_step])
@pytest.mark.parametrize("kind", ["Deployment", "Pod"])
def test_a_forged_receipt_brings_no_image_into_the_cluster(tmp_path: Path, kind: str, forge: Any) -> None:
    with desk_on(tmp_path, project_misspelt(kind)) as desk:
        apply(plan_of(desk), desk, desk.journal(), quiet)
        rewritten(desk, forge)
        receipts = desk.journal().all()
        assert any("a receipt may be forged" in text for _, text in preview(receipts, desk))
        outcome = undo(receipts, desk, desk.journal(), quiet)
        assert not outcome.applied
        assert f"set image {kind.lower()}/{NAME} app={EVIL}" in outcome.sentence
        assert containers(desk.read(of(kind)) or {})[0]["image"] == RIGHT
        assert len(desk.journal().all()) == 1, "the receipt stays"


def test_another_machine_is_told_the_command_instead_of_putting_an_image_back(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        apply(plan_of(desk), desk, desk.journal(), quiet)
        for path in desk.settings.state_dir.rglob("index.json"):
            path.unlink()
        outcome = undo(desk.journal().all(), desk, desk.journal(), quiet)
        assert f"kubectl --context demo -n {SPACE} set image deployment/{NAME} app={WRONG}" in outcome.sentence
        assert containers(desk.read(of("Deployment")) or {})[0]["image"] == RIGHT


def test_a_pod_that_is_gone_since_does_not_hold_up_the_undo(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt("Pod")) as desk:
        apply(plan_of(desk), desk, desk.journal(), quiet)
        desk.world.objects.store.remove("pods", SPACE, NAME)
        outcome = undo(desk.journal().all(), desk, desk.journal(), quiet)
        assert outcome.applied
        assert "is gone since, and stays so" in outcome.sentence
        assert desk.journal().all() == ()


def test_an_image_that_was_changed_again_is_not_put_back(tmp_path: Path) -> None:
    with desk_on(tmp_path, project_misspelt()) as desk:
        apply(plan_of(desk), desk, desk.journal(), quiet)
        desk.world.objects.edit("deployments", SPACE, NAME, lambda d: containers(d)[0].update(image=f"{RIGHT}-rc1"))
        with pytest.raises(Refused, match="was changed after the repair"):
            undo(desk.journal().all(), desk, desk.journal(), quiet)
