"""Whom Harbor takes the operator's login for: what a moment may change is asked again, a refusal is not."""

import json
import time
from collections.abc import Iterator

import pytest

from checks.clients import harbor_api
from checks.clients.harbor import Harbor
from checks.clients.harbor_api import Operator, RefusedLogin
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Unknown
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"
ADMIN = http(200, json.dumps({"username": "admin", "sysadmin_flag": True}).encode())
NO = http(401, b'{"errors": [{"code": "UNAUTHORIZED", "message": "unauthorized"}]}')
DOWN = http(502)


class Gatehouse:
    """Answers the question who somebody is with `answers` in their order, the last one for ever."""

    def __init__(self, *answers: bytes, slow: float = 0.0) -> None:
        self.answers, self.slow = list(answers), slow
        self.server = Scripted(self.answer)
        login = Login("admin", Password("Harbor12345"), Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", HOST))
        self.harbor = Harbor(
            Settings(resolve=self.server.resolve, registry_ca=CERTIFICATES / "ca.pem", timeout=3, harbor_login=login)
        )

    def answer(self, asked: Asked) -> bytes:
        time.sleep(self.slow)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]

    @property
    def asked(self) -> int:
        return len(self.server.asked)

    def look(self) -> Operator | Unknown:
        """Ask as a new look does."""
        self.harbor.forget(HOST)
        return self.harbor.operator(HOST)


@pytest.fixture
def houses(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Gatehouse]]:
    monkeypatch.setattr(harbor_api, "PAUSE_AFTER_LOCK", 0.05)
    made: list[Gatehouse] = []
    yield made
    for house in made:
        house.harbor.close()
        house.server.close()


def test_an_api_that_was_down_is_asked_again_at_the_next_look(houses: list[Gatehouse]) -> None:
    houses.append(house := Gatehouse(DOWN, ADMIN))
    assert isinstance(house.look(), Unknown)
    assert isinstance(house.harbor.operator(HOST), Unknown)
    assert house.asked == 1
    assert house.look() == Operator("admin", robot=False, sysadmin=True)
    house.look()
    assert house.asked == 2


def test_an_api_that_was_down_is_asked_again_after_a_while_without_a_look(houses, monkeypatch) -> None:
    houses.append(house := Gatehouse(DOWN, ADMIN))
    assert isinstance(house.harbor.operator(HOST), Unknown)
    monkeypatch.setattr(harbor_api, "_AGAIN", 0.0)
    assert isinstance(house.harbor.operator(HOST), Operator)


def test_a_login_that_is_locked_for_a_moment_is_asked_once_more_and_known(houses: list[Gatehouse]) -> None:
    houses.append(house := Gatehouse(NO, ADMIN))
    assert isinstance(house.harbor.operator(HOST), Operator)
    assert house.asked == 2


def test_a_login_that_is_locked_for_longer_is_known_at_the_next_look(houses: list[Gatehouse]) -> None:
    houses.append(house := Gatehouse(NO, NO, ADMIN))
    found = house.look()
    assert isinstance(found, RefusedLogin)
    assert found.why.endswith("refused the login admin given for it, or has locked it for a moment")
    assert isinstance(house.look(), Operator)


def test_a_login_that_is_refused_quickly_again_and_again_is_not_sent_for_ever(houses: list[Gatehouse]) -> None:
    houses.append(house := Gatehouse(NO))
    found = [house.look() for _ in range(8)]
    assert all(isinstance(one, RefusedLogin) for one in found)
    assert house.asked == 6


def test_a_login_that_was_refused_for_good_is_not_sent_again(houses: list[Gatehouse], monkeypatch) -> None:
    monkeypatch.setattr(harbor_api, "_AGAIN", 0.0)
    houses.append(house := Gatehouse(NO, slow=1.05))
    assert {type(house.look()) for _ in range(3)} == {RefusedLogin}
    assert house.asked == 1
