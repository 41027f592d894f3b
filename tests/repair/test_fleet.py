"""One dead robot, seven Secrets in seven namespaces: one plan, proven once, applied and taken back as a whole."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.clients import admission, gate
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.scenarios.login import _FLEET as SPACES
from checks.repair.plan import FixPlan
from tests.repair.harbors import HOST, House, plan_of, problem_of, quiet, undone

FLEET = "HD304:robot$platform+fleet@harbor.demo.test"
NAME = "platform-pull"


@pytest.fixture(autouse=True)
def _quick_refusals(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FINAL", "PAUSE_AFTER_LOCK", "PAUSE_BETWEEN_PASSWORDS"):
        monkeypatch.setattr(gate, name, getattr(gate, name) * 0.1)
    monkeypatch.setattr(admission, "PAUSE_AFTER_LOCK", gate.PAUSE_AFTER_LOCK)


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
    return Login(robot.name, Password(robot.secret.reveal()), Origin(OriginKind.TYPED, "the form"))


def by_login(house: House, login: Login) -> tuple[Any, FixPlan]:
    doctor = house.doctor(user="")
    plan = doctor.plan_login(problem_of(doctor, FLEET), login)
    assert isinstance(plan, FixPlan), plan
    return doctor, plan


def test_one_dead_robot_in_seven_namespaces_is_one_problem(house: House) -> None:
    problem = problem_of(house.doctor(user=""), FLEET)
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
    doctor, plan = by_login(house, login)
    before = house.all()
    asked = len(house.world.registries.log.requests)
    outcome = doctor.apply(plan, quiet)
    assert outcome.applied, outcome.sentence
    assert len(house.world.registries.log.requests) - asked <= 3
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

    house.world.objects.edit("secrets", "monitoring", NAME, change)
    before = house.all()
    outcome = doctor.apply(plan, quiet)
    assert "monitoring/platform-pull" in outcome.sentence
    assert users(house) == dict.fromkeys(SPACES, login.username) | {"monitoring": "robot$other"}
    assert undone(house.doctor()).applied
    assert house.all() == before


def test_a_plan_for_seven_namespaces_is_refused_where_one_of_them_may_not_be_written(house: House) -> None:
    api = house.world.api
    narrow = replace(api.users["admin"], name="narrow") if "admin" in api.users else None
    assert narrow is not None or api.users
