"""`harbor-doctor plan` as its own process: what would change, what it needs, what it asks; writes nothing."""

import re
from collections.abc import Iterator

import pytest

from tests.headless.ground import NEWLINE, Ground
from tests.headless.tool import Done


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    with Ground(tmp_path_factory.mktemp("plan"), "HD109", "HD101", "HD106", "HD201") as made:
        yield made


@pytest.fixture(scope="module")
def everything(ground: Ground) -> Done:
    version = ground.version()
    done = ground.tool().run("plan", "-o", "json")
    assert ground.version() == version, "a plan writes nothing"
    return done


def test_without_a_problem_the_plans_of_all_are_shown(everything: Done) -> None:
    assert everything.code == 1
    assert everything.json["schema"] == 1
    ids = [NEWLINE, "HD101:pay/default", "HD106:crm/harbor-8443", "HD106:web/harbor-ui", "HD201:nowhere.demo.test"]
    assert [p["id"] for p in everything.json["problems"]] == ids


def test_each_plan_says_what_changes_and_how_it_is_proven(everything: Done) -> None:
    newline = everything.json["problems"][0]
    best = newline["fixes"][0]
    assert (best["id"], best["safety"], best["asks"]) == ("recreate-secret", "one_key", [])
    assert best["diff"] == [
        "~ Secret shop/harbor-pull",
        "~   .dockerconfigjson",
        "~     harbor.demo.test  password  ••••••⏎ → ••••••",
    ]
    assert best["proof"] == "pulls 4 of 4 failing images"


def test_a_plan_that_somebody_feels_asks_and_warns(everything: Done) -> None:
    attach = everything.json["problems"][1]["fixes"][0]
    assert (attach["id"], attach["safety"]) == ("attach", "confirm")
    assert any("Argo CD pay" in ask for ask in attach["asks"])
    assert any("migrate-7-2" in warning for warning in attach["warnings"])


def test_one_problem_may_be_named_by_its_code_alone(ground: Ground) -> None:
    done = ground.tool().run("plan", "hd101", "-n", "pay")
    assert done.code == 1
    assert done.out.splitlines()[0].strip() == "HD101:pay/default"
    assert "imagePullSecrets  [] → [harbor-pull]" in done.out
    assert re.search(r"may\s+✔ serviceaccounts update, [^\n]* in pay", done.out)
    assert not done.err


def test_advice_is_printed_as_commands_that_may_be_copied(ground: Ground) -> None:
    done = ground.tool().run("plan", "HD201", "-n", "infra")
    assert re.search(r"^\s+getent hosts nowhere\.demo\.test$", done.out, re.MULTILINE)


@pytest.mark.parametrize(
    ("wanted", "near"),
    [("HD106:crm/harbor-844", "is it HD106:crm/harbor-8443"), ("HD999", "is it|harbor-doctor scan lists")],
)
def test_a_problem_that_is_not_there_ends_with_2_and_the_nearest_one(ground: Ground, wanted: str, near: str) -> None:
    done = ground.tool().run("plan", wanted, "-n", "crm,web")
    assert (done.code, done.out) == (2, "")
    assert wanted in done.last
    assert re.search(near, done.last)
    assert len(done.lines) == 1


def test_a_code_that_several_problems_share_is_told_with_all_of_them(ground: Ground) -> None:
    done = ground.tool().run("plan", "HD106", "-n", "crm,web")
    assert done.code == 2
    assert done.last == "HD106 stands for 2 problems, name one: HD106:crm/harbor-8443, HD106:web/harbor-ui"


def test_read_only_turns_every_plan_into_commands(ground: Ground) -> None:
    done = ground.tool().run("plan", "HD101", "-n", "pay", "--read-only", "-o", "json")
    assert {fix["safety"] for fix in done.json["problems"][0]["fixes"]} == {"advice"}


def test_where_nothing_fails_there_is_nothing_to_plan(ground: Ground) -> None:
    done = ground.tool().run("plan", "-n", "kube-system", "-o", "json")
    assert (done.code, done.json["problems"]) == (0, [])
