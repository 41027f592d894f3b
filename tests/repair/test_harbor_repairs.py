"""Repairs in Harbor over HTTP: made, proven, undone, made to fail at each write, and killed between any two."""

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor import Role
from checks.errors import ClusterError, Invalid, Refused
from checks.model import ObjectRef
from checks.repair.plan import FixPlan, Refusal, Safety
from tests.repair.harbors import API, HOST, House, plan_of, problem_of, quiet, robot_ref, undone

GONE = "HD304:pay/legacy-robot"
FLEET = "HD304:robot$platform+fleet@harbor.demo.test"

CASES = [
    ("HD101", "mint-robot"),
    ("HD106", "mint-robot"),
    ("HD301", "mint-robot"),
    ("HD302", "mint-robot"),
    ("HD302", "extend-robot"),
    ("HD303", "mint-robot"),
    ("HD303", "enable-robot"),
    (GONE, "mint-robot"),
    ("HD401", "mint-robot"),
    ("HD401", "add-member"),
    ("HD402", "mint-robot"),
    ("HD403", "mint-robot"),
]
OTHERS = [("HD302", "extend-robot"), ("HD303", "enable-robot"), ("HD401", "add-member")]


# ── made, and taken back ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("code", "name"), CASES)
def test_a_repair_in_harbor_is_made_and_undo_brings_all_of_it_back(code: str, name: str, house: Any) -> None:
    here = house(code)
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, code, name)
    assert plan.safety is Safety.CONFIRM
    assert any(HOST in text for text in plan.asks)
    outcome = doctor.apply(plan, quiet)
    assert outcome.applied, outcome.sentence
    assert here.inside() != before[1]
    assert len(here.receipts()) == 1
    back = undone(here.doctor())
    assert back.applied, back.sentence
    assert here.all() == before
    assert here.receipts() == []


@pytest.mark.parametrize(("code", "name"), [("HD302", "mint-robot"), ("HD302", "extend-robot"), ("HD401", "add-member"),
                                            ("HD303", "enable-robot"), ("HD402", "mint-robot")])  # fmt: skip
def test_after_it_the_pods_have_pulled(code: str, name: str, house: Any) -> None:
    here = house(code, moving=True)
    doctor = here.doctor()
    problem = problem_of(doctor, code)
    plan = next(offer for offer in doctor.offers(problem) if offer.id == name)
    outcome = doctor.apply(plan, quiet)
    seen = doctor.verify(plan, problem, 60, quiet, threading.Event(), outcome)
    assert seen.mended is True, seen


def test_a_new_robot_may_pull_exactly_what_the_pods_need_and_for_ninety_days(house: Any) -> None:
    here = house("HD402")
    assert here.doctor().apply(plan_of(here.doctor(), "HD402", "mint-robot"), quiet).applied
    (name,) = here.minted()
    robot = here.harbor.robot(name)
    rights = [(g.kind, g.namespace, [(a.resource, a.action) for a in g.access]) for g in robot.grants]
    assert rights == [("project", "pay", [("repository", "pull")])]
    assert (robot.level, robot.duration, robot.disabled) == ("project", 90, False)


def test_the_member_has_the_least_role_that_pulls(house: Any) -> None:
    here = house("HD401")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD401", "add-member"), quiet).applied
    assert ("pay", "sam", 5) in here.inside()["members"]
    other = here.doctor()
    *_, scan = other.find(threading.Event())
    found = other.diagnose(scan, threading.Event()).problems[0]
    assert any(trial.pulls for d in found.diagnoses for trial in d.evidence.trials)


def test_the_old_robot_is_kept_and_can_be_disabled_afterwards(house: Any) -> None:
    here = house("HD302")
    doctor = here.doctor()
    plan = plan_of(doctor, "HD302", "mint-robot")
    before = here.all()
    assert doctor.apply(plan, quiet).applied
    assert not here.harbor.robot("data+nightly").disabled
    assert plan.then is not None
    assert plan.then.id == "disable-robot"
    assert doctor.apply(plan.then, quiet).applied
    assert here.harbor.robot("data+nightly").disabled
    while doctor.receipts():
        assert undone(doctor).applied
    assert here.all() == before


def test_a_robot_that_others_work_with_is_not_offered_to_be_disabled(house: Any) -> None:
    here = house("HD402")
    assert plan_of(here.doctor(), "HD402", "mint-robot").then is None


# ── the proof ────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_robot_that_does_not_pull_is_deleted_again_before_anything_is_written(house: Any) -> None:
    here = house(GONE)
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, "HD304", "mint-robot")
    here.harbor.set_policy("pay", prevent_vul="high")
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "does not pull" in outcome.sentence
    assert "so it was deleted again" in outcome.sentence
    assert here.all() == before
    assert here.receipts() == []
    assert [line.partition("?")[0] for line in here.faults.writes] == [
        f"POST {API}/robots", f"DELETE {API}/robots/{here.harbor.next_id('robot') - 1}"
    ]  # fmt: skip


def test_a_robot_that_cannot_be_deleted_again_is_left_to_undo(house: Any) -> None:
    here = house(GONE)
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, "HD304", "mint-robot")
    here.harbor.set_policy("pay", prevent_vul="high")
    here.faults.fail("DELETE", "/robots/", 403)
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "could not be deleted again" in outcome.sentence
    assert here.minted()
    here.faults.clear()
    assert undone(here.doctor()).applied
    assert here.all() == before


# ── each write fails ─────────────────────────────────────────────────────────────────────────────────────────────

WRITES = {"mint-robot": ("POST", "/robots"), "extend-robot": ("PUT", "/robots/"), "enable-robot": ("PUT", "/robots/"),
          "add-member": ("POST", "/members")}  # fmt: skip
SAYS = {
    403: "may not", 409: "somebody said no (409)", 500: "it is not known whether it was done", 0: "gave no answer",
    -1: "gave no answer",
}  # fmt: skip


@pytest.mark.parametrize("status", SAYS)
@pytest.mark.parametrize(("code", "name"), [("HD302", "mint-robot"), *OTHERS])
def test_whatever_harbor_does_at_the_write_is_told_and_can_be_taken_back(
    code: str, name: str, status: int, house: Any
) -> None:
    here = house(code)
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, code, name)
    here.faults.fail(*WRITES[name], status)
    outcome = doctor.apply(plan, quiet)
    here.faults.clear()
    assert here.faults.caught == 1 or status == 409, "only what was surely not done is sent again"
    if outcome.applied:
        assert status == -1, "only what was done after all may count as done"
        assert name != "mint-robot", "without the answer there is no secret"
    else:
        assert (
            SAYS[status] in outcome.sentence
            or "conflict" in outcome.sentence.lower()
            or ("is there already" in outcome.sentence or "written by others" in outcome.sentence)
        ), outcome.sentence
    assert "\n" not in outcome.sentence
    assert here.cluster() == before[0] or outcome.applied
    if here.receipts():
        assert undone(here.doctor()).applied
    assert here.all() == before
    assert here.receipts() == []
    assert here.minted() == []


def test_where_the_secret_cannot_be_written_the_robot_is_deleted_again(house: Any) -> None:
    here = house("HD302")
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, "HD302", "mint-robot")
    shelf = doctor._open().mender._shelf
    write = shelf.replace

    def deny(ref: ObjectRef, body: Any, *, dry_run: bool = False) -> Any:
        if ref.name == "nightly-robot" and not dry_run:
            raise Invalid("a webhook said no", 422)
        return write(ref, body, dry_run=dry_run)

    shelf.replace = deny
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "a webhook said no" in outcome.sentence
    assert "was deleted again" in outcome.sentence
    assert here.all() == before
    assert here.receipts() == []


def test_where_the_receipt_cannot_be_written_anew_the_secret_is_not_written(house: Any) -> None:
    here = house("HD302")
    doctor, before = here.doctor(), here.all()
    plan = plan_of(doctor, "HD302", "mint-robot")
    journal = doctor._open().mender._journal

    def no_mark(*_: Any, **__: Any) -> Any:
        raise ClusterError("no room")

    journal.mark = no_mark
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "no room" in outcome.sentence
    assert here.all() == before


# ── killed between any two writes ────────────────────────────────────────────────────────────────────────────────


class Killed(BaseException):
    """The process dies: nothing may catch it."""


class Mortal:
    """What writes dies at its n-th real write, before or after it; cluster and Harbor are counted together."""

    def __init__(self, shelf: Any, last: int, before: bool) -> None:
        self._shelf, self._last, self._before = shelf, last, before
        self.writes = 0
        self.read, self.receipts = shelf.read, shelf.receipts

    def create(self, ref: ObjectRef, body: Any, *, dry_run: bool = False) -> Any:
        return self._write(dry_run, lambda: self._shelf.create(ref, body, dry_run=dry_run))

    def replace(self, ref: ObjectRef, body: Any, *, dry_run: bool = False) -> Any:
        return self._write(dry_run, lambda: self._shelf.replace(ref, body, dry_run=dry_run))

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        kept = resource_version
        self._write(dry_run, lambda: self._shelf.delete(ref, uid=uid, resource_version=kept, dry_run=dry_run))

    def mint(self, ref: ObjectRef, body: Any) -> Any:
        return self._write(False, lambda: self._shelf.mint(ref, body))

    def _write(self, dry_run: bool, call: Callable[[], Any]) -> Any:
        if dry_run:
            return call()
        self.writes += 1
        if self._before and self.writes == self._last:
            raise Killed
        answer = call()
        if not self._before and self.writes == self._last:
            raise Killed
        return answer


def mortal(doctor: Any, last: int, before: bool) -> Mortal:
    mender = doctor._open().mender
    mender._shelf = Mortal(mender._shelf, last, before)
    mender._journal._cluster._shelf = mender._shelf
    return mender._shelf


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
@pytest.mark.parametrize(("code", "name"), [("HD302", "mint-robot"), ("HD101", "mint-robot"), *OTHERS])
def test_a_run_killed_at_any_write_is_found_at_the_next_start_and_undone(
    code: str, name: str, early: bool, house: Any
) -> None:
    here = house(code)
    before = here.all()
    for last in range(1, 20):
        doctor = here.doctor()
        plan = plan_of(doctor, code, name)
        writer = mortal(doctor, last, early)
        try:
            doctor.apply(plan, quiet)
        except Killed:
            pass
        else:
            if writer.writes < last:
                break
        other = here.doctor()
        left = other.unfinished() or other.receipts()
        assert here.all() == before or left, "something was written that no receipt knows"
        while other.receipts():
            back = undone(other)
            assert back.applied, back.sentence
        assert here.all() == before, last
    assert last > 3


@pytest.mark.parametrize("early", [True, False], ids=["before", "after"])
def test_an_undo_killed_at_any_write_can_be_repeated(early: bool, house: Any) -> None:
    here = house("HD302")
    before = here.all()
    for last in range(1, 9):
        doctor = here.doctor()
        assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
        mortal(doctor, last, early)
        try:
            undone(doctor)
        except Killed:
            while here.receipts():
                assert undone(here.doctor()).applied
        assert here.all() == before
    assert here.minted() == []


# ── undo elsewhere, and without the login ────────────────────────────────────────────────────────────────────────


def test_another_machine_with_a_login_for_harbor_takes_the_robot_back(house: Any) -> None:
    here = house("HD302")
    doctor, before = here.doctor(), here.all()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    assert undone(here.doctor(home="elsewhere")).applied
    assert here.all() == before


def test_without_a_login_for_harbor_the_cluster_is_put_back_and_the_rest_is_told_and_kept(house: Any) -> None:
    here = house("HD302")
    doctor, before = here.doctor(), here.all()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    bare = here.doctor(user="")
    shown = [text for _, text in bare.undo_preview(bare.receipts()[0].id)]
    assert any("needs a login for Harbor" in text for text in shown)
    outcome = undone(bare)
    assert not outcome.applied
    assert "needs a login for Harbor at harbor.demo.test" in outcome.sentence
    assert here.cluster() == before[0]
    assert here.minted(), "the robot is still there"
    assert len(here.receipts()) == 1, "and so is its receipt"
    assert undone(here.doctor()).applied
    assert here.all() == before
    assert here.receipts() == []


@pytest.mark.parametrize(("code", "name"), OTHERS)
def test_what_bears_no_mark_of_ours_is_taken_back_only_where_the_receipt_was_written(
    code: str, name: str, house: Any
) -> None:
    here = house(code)
    doctor, before = here.doctor(), here.all()
    assert doctor.apply(plan_of(doctor, code, name), quiet).applied
    after = here.all()
    outcome = undone(here.doctor(home="elsewhere"))
    assert not outcome.applied
    assert "a receipt may be forged" in outcome.sentence
    assert here.all() == after
    assert undone(here.doctor()).applied
    assert here.all() == before


def test_a_robot_that_somebody_works_with_by_now_is_left_alone_and_all_else_is_undone(house: Any) -> None:
    here = house("HD302")
    doctor, before = here.doctor(), here.all()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    (name,) = here.minted()
    here.harbor.update_robot(name, duration=400)
    outcome = undone(doctor)
    assert (outcome.applied, len(here.receipts())) == (False, 1), "something is left, so its receipt stays"
    assert "was changed after the repair and is left alone" in outcome.sentence
    assert here.cluster() == before[0]
    assert here.minted() == [name]
    here.harbor.update_robot(name, duration=90)
    assert undone(doctor).applied
    assert here.all() == before
    assert here.receipts() == []


def test_a_member_who_was_given_another_role_since_stays_one(house: Any) -> None:
    here = house("HD401")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD401", "add-member"), quiet).applied
    here.harbor.add_member("pay", "sam", Role.DEVELOPER)
    outcome = undone(doctor)
    assert "was changed after the repair and is left alone" in outcome.sentence
    assert ("pay", "sam", 2) in here.inside()["members"]


def _forged(here: House, change: Callable[[dict[str, Any]], object], name: str = "") -> None:
    """Somebody who may write Secrets there writes the receipt anew, in the namespace or in another one."""
    import base64

    (receipt,) = here.receipts()
    document = json.loads(base64.b64decode(receipt["data"]["receipt.json"]))
    change(document)
    data = {"receipt.json": base64.b64encode(json.dumps(document).encode()).decode()}
    meta = receipt["metadata"]
    if name:
        fresh = {"metadata": {"name": meta["name"], "labels": meta["labels"]}, "data": data}
        here.world.objects.create("secrets", name, fresh)
    else:
        here.world.objects.edit("secrets", meta["namespace"], meta["name"], lambda s: s.update(data=data))


def test_a_forged_receipt_cannot_have_another_robot_deleted(house: Any) -> None:
    here = house("HD302")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied

    def other(document: dict[str, Any]) -> None:
        for step in document["steps"]:
            if step["kind"] == "Robot":
                step["name"] = "robot$shop+ci"

    _forged(here, other)
    undone(here.doctor())
    assert "shop+ci" in here.inside()["robots"]


def test_a_receipt_forged_in_another_namespace_cannot_have_the_robot_deleted(house: Any) -> None:
    here = house("HD302")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    made = here.minted()

    def moved(document: dict[str, Any]) -> None:
        document["namespace"] = "crm"
        document["steps"] = [step for step in document["steps"] if step["kind"] == "Robot"]

    _forged(here, moved, "crm")
    (original,) = [r for r in here.receipts() if r["metadata"]["namespace"] == "data"]
    here.world.objects.delete("secrets", "data", original["metadata"]["name"])
    undone(here.doctor())
    assert here.minted() == made


@pytest.mark.parametrize(
    "change",
    [
        {"spec": {"permissions": [{"kind": "project", "namespace": "*", "access": []}]}},
        {"spec": {"description": "mine"}},
    ],
)
def test_a_receipt_that_changes_more_of_a_robot_is_not_ours(change: dict[str, Any], house: Any) -> None:
    here = house("HD303")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD303", "enable-robot"), quiet).applied

    def wider(document: dict[str, Any]) -> None:
        document["steps"][0]["before"]["spec"].update(change["spec"])

    _forged(here, wider)
    fresh = here.doctor()
    assert fresh.receipts() == ()
    assert any("changes more of Robot" in text for text in fresh.trouble())


def test_a_receipt_naming_another_host_does_not_send_the_login_there(house: Any) -> None:
    here = house("HD302")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    _forged(here, lambda d: [s.update(host="oidc.demo.test") for s in d["steps"] if s["kind"] == "Robot"])
    here.world.registries.log.clear()
    outcome = undone(here.doctor())
    assert "needs a login for Harbor at oidc.demo.test, and none was given for it" in outcome.sentence
    assert not [entry for entry in here.world.registries.log.entries if entry.server.startswith("oidc")]


# ── who may ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("code", ["HD101", "HD106", "HD301", "HD401", "HD402", "HD403"])
def test_without_a_login_for_harbor_there_is_the_advice_and_no_plan(code: str, house: Any) -> None:
    doctor = house(code).doctor(user="")
    offers = {offer.id: offer for offer in doctor.offers(problem_of(doctor, code))}
    advice = offers["advice"]
    assert isinstance(advice, FixPlan)
    assert "HARBOR_PASSWORD) this can be done from here" in advice.advice
    assert not {name for _, name in CASES} & set(offers)


@pytest.mark.parametrize(("code", "name"), [("HD402", "mint-robot"), *OTHERS])
def test_a_read_only_run_gives_the_commands_and_sends_no_write(code: str, name: str, house: Any) -> None:
    here = house(code)
    doctor = here.doctor(read_only=True)
    plan = plan_of(doctor, code, name)
    assert plan.safety is Safety.ADVICE
    assert "This run is read-only." in plan.advice
    assert "in Harbor at harbor.demo.test" in plan.advice
    with pytest.raises(Refused):
        doctor.apply(plan, quiet)
    writes = doctor._open().harbor.writes
    with pytest.raises(Refused, match="read-only"):
        writes.create(ObjectRef("Member", HOST, "pay/sam"), {"spec": {"role_id": 5}})
    assert here.faults.writes == []


def test_without_the_right_in_harbor_the_plan_is_advice_that_names_it(house: Any) -> None:
    here = house("HD401")
    doctor = here.doctor(user="grace")
    assert "grace may not add members to pay" in plan_of(doctor, "HD401", "add-member").advice
    minting = plan_of(doctor, "HD401", "mint-robot")
    assert minting.safety is Safety.ADVICE
    assert "grace may not make robot accounts of pay" in minting.advice


def test_a_project_administrator_is_enough_for_a_robot_of_the_project(house: Any) -> None:
    here = house("HD302")
    here.harbor.add_member("data", "olivia", Role.PROJECT_ADMIN)
    doctor, before = here.doctor(user="olivia"), here.all()
    assert doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet).applied
    assert undone(doctor).applied
    assert here.all() == before


def test_a_wrong_password_for_harbor_is_told_and_nothing_is_tried(house: Any) -> None:
    here = house("HD402")
    doctor = here.doctor(user="admin", password="wrong")
    offers = {offer.id: offer for offer in doctor.offers(problem_of(doctor, "HD402"))}
    refusal = offers["mint-robot"]
    assert isinstance(refusal, Refusal)
    assert "refused the login admin given for it" in refusal.why
    assert here.faults.writes == []


def test_the_plan_is_made_of_what_is_shown(house: Any) -> None:
    here = house("HD302")
    one, two = (plan_of(here.doctor(), "HD302", "mint-robot") for _ in range(2))
    assert isinstance(one, FixPlan)
    assert one.fingerprint == two.fingerprint
    assert one.targets[0] == robot_ref("robot$data+k8s-demo-data")
    assert one.lines[0] == ("+", "Robot harbor.demo.test/robot$data+k8s-demo-data")


def test_a_name_that_is_taken_is_passed_over(house: Any) -> None:
    here = house("HD302")
    here.harbor.add_robot("k8s-demo-data", "data")
    plan = plan_of(here.doctor(), "HD302", "mint-robot")
    assert plan.targets[0].name == "robot$data+k8s-demo-data-2"


# ── the secret ───────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_robots_secret_stands_in_the_secret_and_nowhere_else(house: Any, tmp_path: Path) -> None:
    from tests.headless.planted import forms

    here = house("HD302")
    told: list[str] = []
    doctor = here.doctor()
    plan = plan_of(doctor, "HD302", "mint-robot")
    outcome = doctor.apply(plan, lambda progress: told.append(repr(progress)))
    (name,) = here.minted()
    secret = here.harbor.robot(name).secret.reveal()
    holders = [text for text in here.texts() if any(form in text for form in forms(secret))]
    assert len(holders) == 1
    assert json.loads(holders[0])["auths"][HOST]["password"] == secret
    told += [repr(outcome), repr(plan), str(doctor.undo_preview(outcome.receipt)), repr(doctor.receipts())]
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "audit.jsonl" for path in files)
    told += [path.read_text() for path in files]
    assert [text for text in told if any(form in text for form in forms(secret))] == []


def test_a_robot_is_proven_on_the_failing_images_before_the_secret_is_written(house: Any) -> None:
    here = house("HD302")
    doctor = here.doctor()
    plan = plan_of(doctor, "HD302", "mint-robot")
    here.world.registries.log.clear()
    tried: list[bool] = []
    shelf = doctor._open().mender._shelf
    write = shelf.replace

    def watched(ref: ObjectRef, body: Any, *, dry_run: bool = False) -> Any:
        if not dry_run and ref.name == "nightly-robot":
            asked = [e for e in here.world.registries.log.entries if "/manifests/" in e.path and e.status == 200]
            tried.append(bool(asked))
        return write(ref, body, dry_run=dry_run)

    shelf.replace = watched
    assert doctor.apply(plan, quiet).applied
    assert tried == [True]
