"""Registries whose `/v2/` is open to all, while some of their images are not (Artifactory with anonymous access)."""

import base64
import json
from collections.abc import Iterator

import pytest

from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Fact, Knows, Unknown
from checks.image import parse
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"
PRIVATE, PUBLIC = parse(f"{HOST}/team/app:1.0"), parse(f"{HOST}/open/app:1.0")
BASIC = 'Basic realm="Artifactory Realm"'


def login(password: str) -> Login:
    return Login("ann", Password(password), Origin(OriginKind.SECRET, "prod/pull", HOST))


def proof(password: str) -> str:
    return "Basic " + base64.b64encode(f"ann:{password}".encode()).decode()


class Artifactory:
    """Knows ann with the password `right`."""

    def __init__(self, challenge: str) -> None:
        self.challenge = challenge

    def __call__(self, asked: Asked) -> bytes:
        sent = asked.headers.get("authorization", "")
        if asked.path.startswith("/token"):
            return self.token(sent)
        if asked.path == "/v2/":
            return http(401) if sent and sent != proof("right") else http(200)
        if asked.path.startswith("/v2/open/") or sent in (proof("right"), "Bearer of-ann"):
            return http(200, b'{"tags": ["1.0"]}' if "tags" in asked.path and asked.method == "GET" else b"")
        return http(401, b"", *([f"WWW-Authenticate: {self.challenge}"] if self.challenge else []))

    @staticmethod
    def token(sent: str) -> bytes:
        if sent and sent != proof("right"):
            return http(401)
        return http(200, json.dumps({"token": "of-ann" if sent else "of-nobody"}).encode())


@pytest.fixture
def servers() -> Iterator[list[Scripted]]:
    opened: list[Scripted] = []
    yield opened
    for server in opened:
        server.close()


def prober(servers: list[Scripted], challenge: str) -> Prober:
    servers.append(Scripted(Artifactory(challenge)))
    return Prober(Settings(resolve=servers[0].resolve, registry_ca=CERTIFICATES / "ca.pem", timeout=3))


BEARER = f'Bearer realm="https://{HOST}/token",service="{HOST}"'


@pytest.mark.parametrize("challenge", [BASIC, BEARER])
def test_the_challenge_of_the_image_decides_how_a_login_is_tested(servers: list[Scripted], challenge: str):
    asking = prober(servers, challenge)
    good, bad = asking.trial(PRIVATE, login("right")), asking.trial(PRIVATE, login("wrong"))
    nobody = asking.trial(PRIVATE, None)
    assert (good.knows, good.pulls) == (Knows.ACCEPTED, True)
    assert (bad.knows, bad.pulls, bad.why) == (Knows.REFUSED, False, "")
    assert (nobody.knows, nobody.pulls) == (Knows.NOT_ASKED, False)
    assert (good.exchanges[0].user, good.exchanges[0].status) == (None, 401)
    assert isinstance(asking.tags(PRIVATE, login("right")), Fact)
    assert isinstance(asking.tags(PRIVATE, None), Unknown)


def test_an_image_that_is_open_too_needs_no_login_and_gets_none(servers: list[Scripted]):
    trial = prober(servers, BASIC).trial(PUBLIC, login("wrong"))
    assert (trial.knows, trial.pulls) == (Knows.NOT_ASKED, True)
    assert trial.why == "the registry asks for no login"
    assert not any("authorization" in asked.headers for asked in servers[0].asked)


def test_an_image_that_is_refused_without_a_known_way_is_said_to_want_a_login(servers: list[Scripted]):
    trial = prober(servers, "").trial(PRIVATE, login("right"))
    assert (trial.knows, trial.pulls) == (Knows.NOT_ASKED, False)
    assert trial.why == f"{HOST} wants a login and names no way that is known here"


def test_a_realm_on_another_host_gets_no_login_here_either(servers: list[Scripted]):
    trial = prober(servers, 'Bearer realm="https://token.demo.test/token"').trial(PRIVATE, login("right"))
    assert trial.knows == Knows.NOT_ASKED
    assert "token.demo.test" in trial.why
    assert not any("authorization" in asked.headers for asked in servers[0].asked)


def test_the_answer_to_nobody_is_asked_for_once_and_again_when_it_is_forgotten(servers: list[Scripted]):
    asking = prober(servers, BASIC)
    for who in (None, login("right"), login("wrong")):
        asking.trial(PRIVATE, who)

    def bare() -> int:
        return sum(a.method == "HEAD" and "authorization" not in a.headers for a in servers[0].asked)

    assert bare() == 1
    asking.forget(login("right"), HOST)
    asking.trial(PRIVATE, login("right"))
    assert bare() == 2
