"""One dead robot, seven Secrets in seven namespaces: one plan, proven once, applied and taken back as a whole."""

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.api.access import Rule, User
from checks.demo.scenarios import SCENARIOS
from checks.doctor import Doctor
from checks.repair.plan import FixPlan, Progress, Refusal
from tests.repair.harbors import HOST, House, plan_of, problem_of, quiet, undone

FLEET = "HD304:robot$platform+fleet@harbor.demo.test"
REFUSED = "HD301:robot$platform+fleet@harbor.demo.test"
"""The same without a login for Harbor: nobody tells that the robot is gone."""
NAME = "platform-pull"
(SCENARIO,) = (s for s in SCENARIOS if s.id == FLEET)
SPACES = tuple(workload.namespace for workload in SCENARIO.workloads)
EVERY = ("*",)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, FLEET)
    yield made
    made.close()


def users(house: House) -> dict[str, str]:
    """The user name that each namespace's Secret holds."""
    found = {}
    for space in SPACES:
        secret = house.world.objects.store.get("secrets", space, NAME)
        assert secret is not None
        entry = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"][HOST]
        found[space] = base64.b64decode(entry["auth"]).decode().partition(":")[0]
    return found


def known(house: House) -> Login:
    """A login that pulls the fleet's image."""
    robot = house.harbor.add_robot("spare", "platform", age_days=1)
    return Login(house.harbor.robot_name(robot), Password(robot.secret.reveal()), Origin(OriginKind.FORM, "form"))


def offered(doctor: Doctor, login: Login) -> FixPlan | Refusal:
    """What becomes of the login that somebody typed."""
    found = [o for o in doctor.offers(problem_of(doctor, REFUSED), login) if o.id == "new-login"]
    return found[-1]


def by_login(house: House, login: Login) -> tuple[Doctor, FixPlan]:
    doctor = house.doctor(user="")
    plan = offered(doctor, login)
    assert isinstance(plan, FixPlan), plan
    return doctor, plan


def test_one_dead_robot_in_seven_namespaces_is_one_problem(house: House) -> None:
    problem = problem_of(house.doctor(user=""), REFUSED)
    assert {pull.namespace for pull in problem.pulls} == set(SPACES)


def test_a_new_robot_is_made_once_and_written_into_all_seven(house: House) -> None:
    doctor, before = house.doctor(), house.all()
    plan = plan_of(doctor, FLEET, "mint-robot")
    assert {target.namespace for target in plan.targets if target.kind == "Secret"} == set(SPACES)
    outcome = doctor.apply(plan, quiet)
    assert outcome.applied, outcome.sentence
    (made,) = house.minted()
    assert users(house) == dict.fromkeys(SPACES, f"robot${made}")
    assert len(house.receipts()) == len(SPACES)
    back = undone(house.doctor(home="elsewhere"))
    assert back.applied, back.sentence
    assert house.all() == before
    assert house.receipts() == []


def test_a_typed_login_is_tried_once_and_written_into_all_seven(house: House) -> None:
    login = known(house)
    before = house.all()
    doctor, plan = by_login(house, login)
    assert len(house.world.registries.log.find(user=login.username, method="GET", path="/service/token")) == 2
    outcome = doctor.apply(plan, quiet)
    assert outcome.applied, outcome.sentence
    assert users(house) == dict.fromkeys(SPACES, login.username)
    back = undone(house.doctor(home="elsewhere"))
    assert back.applied, back.sentence
    assert house.all() == before


def test_where_one_of_seven_was_changed_meanwhile_the_other_six_are_mended_and_it_is_named(house: House) -> None:
    login = known(house)
    doctor, plan = by_login(house, login)

    def change(secret: dict[str, Any]) -> None:
        payload = {"auths": {HOST: {"auth": base64.b64encode(b"robot$other:x").decode()}}}
        secret["data"] = {".dockerconfigjson": base64.b64encode(json.dumps(payload).encode()).decode()}

    def meddle(progress: Progress) -> None:
        if "monitoring/platform-pull" in progress.text:
            house.world.objects.edit("secrets", "monitoring", NAME, change)

    outcome = doctor.apply(plan, meddle)
    assert "monitoring/platform-pull" in outcome.sentence
    assert users(house) == dict.fromkeys(SPACES, login.username) | {"monitoring": "robot$other"}
    assert "Not done: Secret monitoring/platform-pull" in outcome.sentence
    assert undone(house.doctor()).applied
    assert users(house) == dict.fromkeys(SPACES, "robot$platform+fleet") | {"monitoring": "robot$other"}
    assert house.receipts() == []


def test_where_one_of_seven_may_not_be_written_nothing_is_and_the_right_is_named(house: House) -> None:
    others = tuple(space for space in SPACES if space != "shop")
    rules = (Rule(("get", "list", "watch"), EVERY), Rule(EVERY, EVERY, others))
    house.world.api.users["narrow"] = User("narrow", "narrow", rules)
    offer = offered(house.doctor(user="", of="narrow"), known(house))
    assert isinstance(offer, FixPlan)
    assert offer.advice
    assert "secrets update in shop" in offer.advice


def test_pods_of_a_namespace_for_which_no_login_is_known_are_not_waited_for(tmp_path: Path) -> None:
    shop = tuple(
        replace(work, image=f"{HOST}/pay/api:7.1.0") if work.namespace == "shop" else work
        for work in SCENARIO.workloads
    )
    house = House(tmp_path, more=(replace(SCENARIO, workloads=shop),))
    login = known(house)
    payload = {"auths": {HOST: {"username": login.username, "password": login.password.reveal()}}}
    spare = {
        "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "spare", "namespace": "crm"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(json.dumps(payload).encode()).decode()},
    }  # fmt: skip
    house.world.objects.create("secrets", "crm", spare)
    try:
        doctor = house.doctor(user="")
        (plan,) = (o for o in doctor.offers(problem_of(doctor, REFUSED)) if isinstance(o, FixPlan) and o.steps)
        assert any("No login is known that pulls the images in shop" in text for text in plan.warnings)
        assert {space for space, _ in plan.verify} == set(SPACES) - {"shop"}
    finally:
        house.close()
