"""Nothing is lost in Harbor: what it took is known, what is said to be deleted is, and what is not ours stays."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from checks.demo.api.access import READ, WRITE, Rule, User
from checks.demo.harbor import Role
from checks.demo.harbor.web import Request, Response, answer
from checks.demo.scenarios import SCENARIOS
from checks.errors import DoctorError
from checks.repair.onboard import Wanted
from checks.repair.plan import FixPlan, Outcome
from tests.repair.harbors import HOST, House, plan_of, problem_of, quiet, undone


def fresh(doctor: Any, project: str = "fresh") -> FixPlan:
    """The plan that onboards `monitoring` to a project."""
    made = doctor.onboarding(Wanted("monitoring", HOST, project)).plan
    assert isinstance(made, FixPlan)
    return made


def shown(doctor: Any) -> str:
    """What the preview of undo says."""
    return "\n".join(text for _, text in doctor.undo_preview(doctor.receipts()[0].id))


# ── taken, and then not shown ────────────────────────────────────────────────────────────────────────────────────

OTHERS = [("HD401", "add-member", "POST", "/members"), ("HD303", "enable-robot", "PUT", "/robots"),
          ("HD302", "extend-robot", "PUT", "/robots")]  # fmt: skip


@pytest.mark.parametrize("status", [429, 403, 401, 404, 500, 0])
@pytest.mark.parametrize(("code", "name", "method", "part"), OTHERS)
def test_a_write_that_harbor_took_and_will_not_show_again_counts_as_written(
    code: str, name: str, method: str, part: str, status: int, house: Any
) -> None:
    here = house(code)
    doctor, before = here.doctor(), here.all()
    plan, wrote = plan_of(doctor, code, name), []

    def meant(request: Request) -> bool:
        if request.method == method and part in request.path:
            wrote.append(request.path)
            return False
        return bool(wrote) and request.method == "GET" and "/api/" in request.path

    here.faults.meant, here.faults.status = meant, status
    outcome = doctor.apply(plan, quiet)
    here.faults.clear()
    assert here.inside() != before[1]
    assert "Nothing was changed" not in outcome.sentence
    assert (outcome.applied, len(here.receipts())) == (True, 1), outcome.sentence
    back = undone(here.doctor())
    assert back.applied, back.sentence
    assert here.all() == before
    assert here.receipts() == []


def test_a_project_that_was_made_and_is_not_shown_is_taken_back_by_its_number(house: Any) -> None:
    here = house()
    doctor, before, wrote = here.doctor(), here.all(), []
    plan = fresh(doctor)

    def meant(request: Request) -> bool:
        if request.method == "POST" and request.path.endswith("/projects"):
            wrote.append(request.path)
            return False
        if wrote and request.method == "GET" and "/projects" in request.path:
            return True
        if request.method == "POST" and request.path.endswith("/robots"):
            here.faults.clear()
        return False

    here.faults.meant, here.faults.status = meant, 429
    assert doctor.apply(plan, quiet).applied
    assert wrote
    assert undone(here.doctor()).applied
    assert here.all() == before


def test_a_member_who_is_gone_at_once_is_not_told_as_added(house: Any) -> None:
    here = house("HD401")
    doctor, wrote = here.doctor(), []
    plan = plan_of(doctor, "HD401", "add-member")

    def first(request: Request) -> None:
        if request.method == "POST" and "/members" in request.path:
            wrote.append(1)
        elif wrote:
            here.harbor.remove_member("pay", "sam")

    here.faults.first = first
    outcome = doctor.apply(plan, quiet)
    assert not outcome.applied
    assert "took Member harbor.demo.test/pay/sam and does not show it" in outcome.sentence
    assert "It is not known whether it was written" in outcome.sentence


# ── prefixes ─────────────────────────────────────────────────────────────────────────────────────────────────────

PREFIXES = ["robot$", "robot-", "robot_", "bot", "ci.$x-"]


@pytest.mark.parametrize("user", ["admin", "olivia"])
@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_robot_is_taken_back_whatever_prefix_harbor_has_and_whoever_the_operator_is(
    prefix: str, user: str, house: Any
) -> None:
    here = house()
    here.harbor.robot_prefix = prefix
    before = here.all()
    outcome = here.doctor(user).apply(fresh(here.doctor(user), "web"), quiet)
    assert outcome.applied, outcome.sentence
    (name,) = here.minted()
    assert any(f"{prefix}{name}" in text for text in here.texts())
    assert f"- Robot harbor.demo.test/{prefix}{name}".lstrip("- ") in shown(here.doctor(user))
    assert undone(here.doctor(user)).applied
    assert here.all() == before
    assert here.receipts() == []


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a_robot_whose_proof_fails_is_deleted_again_whatever_its_prefix(prefix: str, house: Any) -> None:
    here = house()
    here.harbor.robot_prefix = prefix
    doctor, before = here.doctor("olivia"), here.all()
    plan = fresh(doctor, "web")
    here.faults.meant = lambda request: "/manifests/" in request.path or "service/token" in request.path
    here.faults.status = 500
    outcome = doctor.apply(plan, quiet)
    here.faults.clear()
    assert "so it was deleted again" in outcome.sentence
    assert here.all() == before
    assert here.receipts() == []


def test_the_first_robot_of_a_project_is_taken_back_under_a_prefix_that_nobody_told(house: Any) -> None:
    here = house()
    here.harbor.robot_prefix = "ci-"
    here.harbor.add_project("lone", owner="olivia")
    before = here.all()
    outcome = here.doctor("olivia").apply(fresh(here.doctor("olivia"), "lone"), quiet)
    assert outcome.applied, outcome.sentence
    assert any("ci-lone+k8s-demo-monitoring" in text for text in here.texts())
    assert undone(here.doctor("olivia")).applied
    assert here.all() == before


def test_a_robot_that_is_not_found_again_is_not_said_to_be_deleted_and_its_receipt_stays(house: Any) -> None:
    here = house()
    doctor, before = here.doctor(), here.all()
    plan = fresh(doctor, "web")

    def first(request: Request) -> Response | None:
        if "service/token" in request.path:
            return Response(500)
        listed = request.method == "GET" and request.path.endswith("/robots") and here.minted()
        return answer(200, []) if listed else None

    here.faults.first = first
    outcome = doctor.apply(plan, quiet)
    here.faults.first = lambda request: None
    assert not outcome.applied
    assert "deleted again" not in outcome.sentence
    assert "it was not found again, so it was not deleted" in outcome.sentence
    assert (len(here.minted()), len(here.receipts())) == (1, 1)
    assert undone(here.doctor()).applied
    assert here.all() == before


def test_evidence_names_the_robot_behind_a_prefix_without_a_dollar_to_a_project_administrator(house: Any) -> None:
    here = house("HD302")
    here.harbor.robot_prefix = "robot-"
    here.harbor.add_member("data", "olivia", Role.PROJECT_ADMIN)
    view = here.doctor("olivia")._open().harbor.view(HOST, "data", "robot-data+nightly")
    assert view.robot.value.name == "robot-data+nightly"


def test_of_two_projects_whose_names_end_alike_the_robot_of_the_right_one_is_read(house: Any) -> None:
    here = house()
    here.harbor.robot_prefix = "x"
    here.harbor.add_project("web-shop", owner="olivia")
    here.harbor.add_robot("ci", "web-shop", description="long")
    here.harbor.add_member("shop", "olivia", Role.PROJECT_ADMIN)
    here.harbor.add_robot("ci", "shop", description="short")
    writes = here.doctor("olivia")._open().harbor.writes
    from tests.repair.harbors import robot_ref

    assert writes.read(robot_ref("xweb-shop+ci"))["spec"]["description"] == "long"
    assert writes.read(robot_ref("xshop+ci"))["spec"]["description"] == "short"


def test_a_robot_of_a_project_that_the_operator_does_not_see_is_not_told_as_gone(house: Any) -> None:
    here = house()
    here.harbor.robot_prefix = "robot-"
    here.harbor.add_project("hidden")
    here.harbor.add_robot("ci", "hidden")
    from tests.repair.harbors import robot_ref

    with pytest.raises(DoctorError, match="sees no project at Harbor"):
        here.doctor("olivia")._open().harbor.writes.read(robot_ref("robot-hidden+ci"))


# ── what is not ours ─────────────────────────────────────────────────────────────────────────────────────────────

THEIRS: dict[str, Callable[[Any], object]] = {
    "member sam": lambda state: state.add_member("fresh", "sam", Role.DEVELOPER),
    "robot account robot$fresh+ci": lambda state: state.add_robot("ci", "fresh"),
    "an immutable tag rule": lambda state: state.immutable.update(fresh=1),
    "the setting prevent_vul": lambda state: state.set_metadata("fresh", prevent_vul="true"),
    "the setting retention_id": lambda state: state.set_retention("fresh", 5),
    "1 repository": lambda state: state.push_image("fresh/app", "1"),
}


@pytest.mark.parametrize("what", THEIRS)
@pytest.mark.parametrize("user", ["admin", "olivia"])
def test_a_project_that_holds_what_others_made_stays_and_is_named(what: str, user: str, house: Any) -> None:
    here = house()
    doctor, before = here.doctor(user), here.all()
    assert doctor.apply(fresh(doctor), quiet).applied
    THEIRS[what](here.harbor)
    assert f"holds {what} by now and stays" in shown(doctor)
    back = undone(doctor)
    assert not back.applied
    assert f"Project harbor.demo.test/fresh holds {what} by now and stays" in back.sentence
    assert "fresh" in here.harbor.projects
    assert here.minted() == []
    assert here.cluster() == before[0]
    assert len(here.receipts()) == 1


def test_a_project_whose_contents_are_not_shown_stays(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    assert doctor.apply(fresh(doctor), quiet).applied
    here.faults.fail("GET", "/immutabletagrules", 403)
    back = undone(doctor)
    here.faults.clear()
    assert not back.applied
    assert "Project harbor.demo.test/fresh is not taken back" in back.sentence
    assert "fresh" in here.harbor.projects
    assert undone(doctor).applied
    assert "fresh" not in here.harbor.projects


def test_a_project_with_our_robot_that_somebody_works_with_stays_with_it(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    assert doctor.apply(fresh(doctor), quiet).applied
    (name,) = here.minted()
    here.harbor.update_robot(name, duration=400)
    back = undone(doctor)
    assert not back.applied
    assert f"holds robot account robot${name} by now and stays" in back.sentence
    assert here.minted() == [name]


def test_a_project_that_was_deleted_and_made_anew_by_somebody_stays(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    assert doctor.apply(fresh(doctor), quiet).applied
    here.harbor.delete_project("fresh", by="dmitri")
    here.harbor.add_project("fresh")
    assert "Project harbor.demo.test/fresh was made anew by somebody after the repair, and stays" in shown(doctor)
    back = undone(doctor)
    assert "was made anew by somebody after the repair, and stays" in back.sentence
    assert "fresh" in here.harbor.projects


def test_a_membership_that_was_granted_anew_by_somebody_stays(house: Any) -> None:
    here = house("HD401")
    doctor = here.doctor()
    assert doctor.apply(plan_of(doctor, "HD401", "add-member"), quiet).applied
    here.harbor.remove_member("pay", "sam", by="dmitri")
    here.harbor.add_member("pay", "sam", Role.LIMITED_GUEST)
    back = undone(doctor)
    assert "was made anew by somebody after the repair, and stays" in back.sentence
    assert ("pay", "sam", 5) in here.inside()["members"]


@pytest.mark.parametrize("lost", [False, True], ids=["told", "answer lost"])
def test_a_project_that_somebody_made_a_moment_before_is_theirs(lost: bool, house: Any) -> None:
    here = house()
    doctor, done = here.doctor(), []
    plan = fresh(doctor)

    def first(request: Request) -> Response | None:
        if request.method == "POST" and request.path.endswith("/projects") and not done:
            done.append(here.harbor.add_project("fresh", owner="dmitri"))
        if request.method == "POST" and request.path.endswith("/robots"):
            return answer(403, {"errors": [{"code": "FORBIDDEN", "message": "no"}]})
        return None

    here.faults.first = first
    if lost:
        here.faults.fail("POST", "/projects", -1)
    outcome = doctor.apply(plan, quiet)
    here.faults.first = lambda request: None
    here.faults.clear()
    assert not outcome.applied
    assert "deleted again" not in outcome.sentence
    for receipt in doctor.receipts():
        doctor.undo(receipt.id, quiet)
    assert "fresh" in here.harbor.projects
    assert here.harbor.project("fresh").id == done[0].id


@pytest.mark.parametrize("theirs", ["member", "robot"])
def test_after_a_failure_a_project_that_others_already_use_is_not_deleted_again(theirs: str, house: Any) -> None:
    here = house()
    doctor = here.doctor()
    plan = fresh(doctor)

    def first(request: Request) -> Response | None:
        if request.method == "POST" and request.path.endswith("/robots"):
            if theirs == "member":
                here.harbor.add_member("fresh", "sam", Role.DEVELOPER)
            else:
                here.harbor.add_robot("ci", "fresh")
            return answer(403, {"errors": [{"code": "FORBIDDEN", "message": "no"}]})
        return None

    here.faults.first = first
    outcome = doctor.apply(plan, quiet)
    here.faults.first = lambda request: None
    assert not outcome.applied
    assert "Project harbor.demo.test/fresh could not be deleted again: it holds" in outcome.sentence
    assert "fresh" in here.harbor.projects
    assert len(here.receipts()) == 1


def test_a_project_of_a_run_that_died_is_taken_back_only_if_it_was_made_right_then_by_the_same_user(
    house: Any,
) -> None:
    here = house()
    doctor, state = here.doctor(), here.harbor
    shelf = doctor._open().mender._shelf
    create = shelf.create

    class Killed(BaseException):
        pass

    def dying(ref: Any, body: Any, *, dry_run: bool = False) -> Any:
        made = create(ref, body, dry_run=dry_run)
        if ref.kind == "Project" and not dry_run:
            raise Killed
        return made

    shelf.create = dying
    with pytest.raises(Killed):
        doctor.apply(fresh(doctor), quiet)
    ours = state.project("fresh")
    for other in (replace(ours, owner="olivia"), replace(ours, created=ours.created - 600)):
        state.projects["fresh"] = other
        back = undone(here.doctor())
        assert not back.applied
        assert "it is not known whether this is the one that it made" in back.sentence
        assert "fresh" in state.projects
    state.projects["fresh"] = ours
    assert undone(here.doctor()).applied
    assert "fresh" not in state.projects
    assert here.receipts() == []


def test_a_receipt_with_another_projects_number_written_into_it_is_taken_for_forged(house: Any) -> None:
    from tests.repair.test_harbor_repairs import _forged

    here = house()
    doctor = here.doctor()
    assert doctor.apply(fresh(doctor), quiet).applied
    here.harbor.delete_project("fresh", by="dmitri")
    theirs = here.harbor.add_project("fresh")

    def numbered(document: dict[str, Any]) -> None:
        for step in document["steps"]:
            if step["kind"] == "Project":
                step["after"]["metadata"]["uid"] = str(theirs.id)

    _forged(here, numbered)
    back = undone(here.doctor())
    assert "a receipt may be forged" in back.sentence
    assert "fresh" in here.harbor.projects


# ── part of a repair ─────────────────────────────────────────────────────────────────────────────────────────────


def two_namespaces(house: Any) -> tuple[House, Outcome]:
    """A robot made for two namespaces, data and web."""
    base = next(scenario for scenario in SCENARIOS if scenario.code == "HD302")
    work = replace(base.workloads[0], namespace="web", name="loader2", replicas=1)
    secret = replace(base.secrets[0], namespace="web")
    here = house("HD302", more=(replace(base, workloads=(work,), secrets=(secret,), prepare=None),))
    doctor = here.doctor()
    outcome = doctor.apply(plan_of(doctor, "HD302", "mint-robot"), quiet)
    assert outcome.applied, outcome.sentence
    assert [r["metadata"]["namespace"] for r in here.receipts()] == ["data", "web"]
    return here, outcome


@pytest.mark.parametrize("order", [("data", "web", "data"), ("web", "data")])
def test_undo_of_one_namespace_leaves_the_robot_while_the_secret_of_another_names_it(
    order: tuple[str, ...], house: Any
) -> None:
    here, outcome = two_namespaces(house)
    made = here.minted()
    if order[0] == "data":
        back = here.doctor(namespaces=("data",)).undo(outcome.receipt, quiet)
        assert not back.applied
        assert "stays: Secret web/nightly-robot still pulls with it" in back.sentence
        assert here.minted() == made
        assert [r["metadata"]["namespace"] for r in here.receipts()] == ["data", "web"]
        order = order[1:]
    for namespace in order:
        assert here.minted() == made
        assert here.doctor(namespaces=(namespace,)).undo(outcome.receipt, quiet).applied
    assert here.minted() == []
    assert here.receipts() == []
    assert not any("k8s-demo" in text for text in here.texts())


def test_undo_leaves_the_robot_where_it_cannot_see_whether_the_other_namespace_uses_it(house: Any) -> None:
    here, outcome = two_namespaces(house)
    narrow = User("narrow", "narrow", (Rule((*READ, *WRITE), ("*",), namespaces=("data",)),))
    here.world.api.users[narrow.token] = narrow
    back = here.doctor(namespaces=("data",), of="narrow").undo(outcome.receipt, quiet)
    assert not back.applied
    assert "is not taken back" in back.sentence
    assert here.minted()


def test_undo_of_all_namespaces_takes_the_robot_back(house: Any) -> None:
    here, outcome = two_namespaces(house)
    assert here.doctor().undo(outcome.receipt, quiet).applied
    assert here.minted() == []
    assert here.receipts() == []


# ── odd answers ──────────────────────────────────────────────────────────────────────────────────────────────────


def _odd(part: str, change: Callable[[Any], Any], here: House) -> Callable[[Request], Response | None]:
    """Change what Harbor's API answers to a GET of this path."""

    def first(request: Request) -> Response | None:
        if request.method != "GET" or not request.path.endswith(part):
            return None
        told = here.faults._app(request)
        return answer(told.status, change(json.loads(told.body))) if told.status == 200 else told

    return first


@pytest.mark.parametrize("number", ["²", "9" * 5000, "7"])
@pytest.mark.parametrize("rules", [5, True, "x", [3]])
def test_odd_settings_of_retention_cost_no_verdict(number: str, rules: Any, house: Any) -> None:
    here = house("HD503")

    def first(request: Request) -> Response | None:
        if "/retentions/" in request.path:
            return answer(200, {"rules": rules})
        odd = _odd("/projects/shop", lambda shown: {**shown, "metadata": {**shown["metadata"], "retention_id": number}},
                   here)  # fmt: skip
        return odd(request)

    here.faults.first = first
    assert problem_of(here.doctor(), "HD503").code == "HD503"


@pytest.mark.parametrize("metadata", [["public"], 5, None, "x"])
def test_a_project_with_odd_metadata_is_onboarded_all_the_same(metadata: Any, house: Any) -> None:
    here = house()
    here.faults.first = _odd("/projects/web", lambda shown: {**shown, "metadata": metadata}, here)
    made = here.doctor().onboarding(Wanted("monitoring", HOST, "web"))
    assert "project web is there (private)" in made.already


@pytest.mark.parametrize("odd", [
    {"permissions": 5}, {"permissions": [{"kind": "project", "namespace": "data", "access": 5}]}, {"permissions": "x"},
    {"creation_time": "2025-01-01T00:00:00"}, {"creation_time": "2025-01-01"}, {"creation_time": None},
])  # fmt: skip
def test_a_robot_with_odd_fields_ends_in_offers_and_in_no_traceback(odd: dict[str, Any], house: Any) -> None:
    here = house("HD302")
    here.faults.first = _odd("/robots", lambda shown: [{**one, **odd} for one in shown], here)
    doctor = here.doctor()
    offers = {offer.id: offer for offer in doctor.offers(problem_of(doctor, "HD302"))}
    assert "mint-robot" in offers
    assert not any("inside" in getattr(offer, "why", "") for offer in offers.values())


def test_what_fails_inside_while_onboarding_is_one_sentence(house: Any) -> None:
    here = house()
    doctor = here.doctor()
    doctor._open().workbench.read = lambda ref: {}["gone"]
    with pytest.raises(DoctorError, match="The look at what is there failed inside: KeyError"):
        doctor.onboarding(Wanted("monitoring", HOST, "web"))


# ── proof ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_robot_for_many_images_is_proven_on_one_of_each_project(house: Any) -> None:
    (base,) = (scenario for scenario in SCENARIOS if scenario.subject == "pay/legacy-robot")
    one = base.workloads[0]
    images = [f"{HOST}/pay/api:{n}" for n in range(14)] + [f"{HOST}/shop/web:1.4.1", f"{HOST}/crm/backend:12.5"]
    works = tuple(
        replace(one, name=f"w{n:02}", image=image, says=lambda *_: base.workloads[0].says(*_))
        for n, image in enumerate(images)
    )
    here = house(more=(replace(base, workloads=works),))
    plan = plan_of(here.doctor(), "HD304", "mint-robot")
    mint = plan.steps[0]
    assert {image.project for image in mint.images} == {"crm", "pay", "shop"}
    assert len(mint.images) == 12
