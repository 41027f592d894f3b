"""Safety of logins: who gets them, how often, and what happens after a refusal. Counted at the server."""

import itertools
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from checks.clients.prober import Prober
from checks.clients.session import Web
from checks.clients.trust import key_host, names
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.registries import Registries
from checks.facts import Knows, Trial
from checks.image import ImageRef, parse
from checks.settings import Settings

IMAGE = parse("harbor.demo.test/shop/web:1.4.2")


@pytest.fixture(scope="module")
def world() -> Iterator[Registries]:
    with Registries() as registries:
        registries.harbor.refusal_seconds = 1.1
        registries.tokens.add_user("ann", "right")
        registries.tokens.push_image("team/app", "1.0")
        yield registries
    assert registries.log.failures == ()


@pytest.fixture
def settings(world: Registries) -> Settings:
    world.log.clear()
    return Settings(resolve=world.resolve, registry_ca=world.ca_file)


@pytest.fixture
def prober(settings: Settings) -> Prober:
    return Prober(settings)


def login(username: str, password: str, key: str = "harbor.demo.test") -> Login:
    return Login(username, Password(password), Origin(OriginKind.SECRET, "prod/pull", key))


def together(prober: Prober, jobs: list[tuple[ImageRef, Login | None]]) -> list[Trial]:
    start = threading.Barrier(len(jobs))

    def one(job: tuple[ImageRef, Login | None]) -> Trial:
        start.wait(10)
        return prober.trial(*job)

    with ThreadPoolExecutor(len(jobs)) as pool:
        return list(pool.map(one, jobs))


def test_fifty_callers_with_one_bad_login_cost_one_refusal(prober: Prober, world: Registries):
    bad = login("robot$shop+pull", "stale")
    images = [parse(f"harbor.demo.test/shop/{name}") for name in ("web:1.4.2", "web:1.4.1", "cart:2.1.0", "x:1", "y:2")]
    trials = together(prober, [(image, bad) for image in images * 10])
    assert {t.knows for t in trials} == {Knows.REFUSED}
    assert world.log.refusals("robot$shop+pull") == 1
    assert prober.trial(IMAGE, bad).knows == Knows.REFUSED
    assert world.log.refusals("robot$shop+pull") == 1


def test_fifty_callers_with_one_good_login_share_every_request(prober: Prober, world: Registries):
    trials = together(prober, [(IMAGE, login("robot$shop+pull", SECRET))] * 50)
    assert all(t.pulls for t in trials)
    assert len(world.log.entries) == 4


def test_a_bad_login_at_a_token_registry_is_sent_once_by_fifty_callers(prober: Prober, world: Registries):
    bad = login("ann", "wrong", "token.demo.test")
    images = [parse(f"token.demo.test/team/app{n}:1.0") for n in range(5)]
    trials = together(prober, [(image, bad) for image in images * 10])
    assert {t.knows for t in trials} == {Knows.REFUSED}
    assert world.log.refusals("ann") == 1


def test_two_logins_of_one_user_are_never_tested_at_the_same_time(prober: Prober, world: Registries):
    """The good one would be refused during Harbor's lock after the bad one."""
    trials = together(prober, [(IMAGE, login("grace", "old")), (IMAGE, login("grace", PASSWORD))])
    assert [t.knows for t in trials] == [Knows.REFUSED, Knows.ACCEPTED]
    tests = sorted(world.log.find(user="grace", path="/service/token"), key=lambda e: e.time)
    for earlier, later in itertools.pairwise(tests):
        assert later.time >= earlier.time + earlier.seconds - 0.05


def test_between_passwords_of_one_user_the_lock_is_waited_out(prober: Prober):
    prober.trial(IMAGE, login("lena", "first"))
    refused = time.monotonic()
    assert prober.trial(IMAGE, login("lena", PASSWORD)).knows == Knows.ACCEPTED
    assert time.monotonic() - refused >= 1.5


def test_different_users_do_not_wait_for_each_other(prober: Prober):
    begun = time.monotonic()
    together(prober, [(IMAGE, login(f"nobody{n}", "x")) for n in range(6)])
    assert time.monotonic() - begun < 4


def test_a_right_password_during_somebody_elses_lock_is_accepted_after_a_pause(settings: Settings, world: Registries):
    other = Web(settings)
    noise = threading.Thread(
        target=other.ask, args=("GET", "https://harbor.demo.test/service/token?service=harbor-registry"),
        kwargs={"login": login("olivia", "an old kubelet's")},
    )  # fmt: skip
    prober = Prober(settings)
    prober.ping("harbor.demo.test")
    noise.start()
    while not world.harbor.locks.get("olivia"):
        time.sleep(0.01)
    trial = prober.trial(IMAGE, login("olivia", PASSWORD))
    noise.join()
    assert (trial.knows, trial.pulls) == (Knows.ACCEPTED, True)
    assert [e.status for e in trial.exchanges[:2]] == [401, 200]


def test_a_second_quick_refusal_is_refused_or_locked(prober: Prober, world: Registries):
    world.harbor.locks["sam"] = time.monotonic() + 60
    trial = prober.trial(IMAGE, login("sam", PASSWORD))
    del world.harbor.locks["sam"]
    assert (trial.knows, trial.pulls) == (Knows.LOCKED, False)
    assert world.log.refusals("sam") == 2


def test_looking_again_does_not_send_a_refused_login_again(prober: Prober, world: Registries):
    bad = login("robot$pay+pull", "stale")
    prober.trial(IMAGE, bad)
    for _ in range(3):
        prober.forget(bad, "harbor.demo.test")
        prober.forget(None, "harbor.demo.test")
        assert prober.trial(IMAGE, bad).knows == Knows.REFUSED
    assert world.log.refusals("robot$pay+pull") == 1


def test_a_refusal_is_forgotten_when_the_other_side_has_changed(prober: Prober, world: Registries):
    robot = login("robot$web+pull", SECRET)
    image = parse("harbor.demo.test/web/frontend:3.2.1")
    world.harbor.expire_robot("robot$web+pull")
    assert prober.trial(image, robot).knows == Knows.REFUSED
    world.harbor.update_robot("robot$web+pull", expires_at=-1)
    prober.forget(robot, "harbor.demo.test", refusals=True)
    assert prober.trial(image, robot).pulls


def test_after_forgetting_a_fresh_token_carries_a_new_right(prober: Prober, world: Registries):
    image, sam = parse("harbor.demo.test/crm/backend:12.5"), login("sam", PASSWORD)
    assert prober.trial(image, sam).pulls is False
    world.harbor.add_member("crm", "sam")
    assert prober.trial(image, sam).pulls is False
    prober.forget(sam, "harbor.demo.test")
    assert prober.trial(image, sam).pulls


def test_a_login_of_another_registry_is_not_sent(prober: Prober, world: Registries):
    trial = prober.trial(IMAGE, login("robot$shop+pull", SECRET, "other.example.com"))
    assert (trial.knows, trial.manifest) == (Knows.NOT_ASKED, None)
    assert "other.example.com" in trial.why
    assert "harbor.demo.test" in trial.why
    assert {e.user for e in world.log.entries} == {None}


def test_the_same_login_is_sent_where_its_own_key_allows_it(prober: Prober):
    assert prober.trial(IMAGE, login("robot$shop+pull", SECRET, "elsewhere.test")).knows == Knows.NOT_ASKED
    assert prober.trial(IMAGE, login("robot$shop+pull", SECRET, "https://Harbor.demo.test:8443/v2/")).pulls


def test_a_token_service_on_another_host_gets_no_login(prober: Prober, world: Registries):
    image = parse("realm.demo.test/shop/web:1.4.2")
    robot = login("robot$shop+pull", SECRET, "realm.demo.test")
    trial = prober.trial(image, robot)
    assert trial.knows == Knows.NOT_ASKED
    assert "realm.demo.test" in trial.why
    assert "harbor.demo.test" in trial.why
    assert {e.user for e in world.log.entries} == {None}


def test_a_token_service_over_plain_http_gets_nothing(prober: Prober, world: Registries):
    image = parse("http-realm.demo.test/shop/web:1.4.2")
    trial = prober.trial(image, login("robot$shop+pull", SECRET, "http-realm.demo.test"))
    nobody = prober.trial(image, None)
    assert trial.knows == Knows.NOT_ASKED
    assert "not HTTPS" in trial.why
    assert nobody.manifest is None
    assert [e.path for e in world.log.entries] == ["/v2/"]


def test_cookies_are_neither_kept_nor_sent(prober: Prober, world: Registries):
    for name in ("web:1.4.2", "web:9", "cart:2.1.0"):
        prober.trial(parse(f"harbor.demo.test/shop/{name}"), login("robot$shop+pull", SECRET))
    assert len(world.log.entries) > 5
    assert all(entry.cookies == () for entry in world.log.entries)


def test_a_netrc_file_is_not_read(
    settings: Settings, world: Registries, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    netrc = tmp_path / ".netrc"
    netrc.write_text("machine harbor.demo.test login olivia password Sunny-Day-42\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Prober(settings).trial(IMAGE, None).pulls is False
    assert {e.user for e in world.log.entries} == {None}


def test_our_user_agent_is_our_own(prober: Prober, world: Registries):
    prober.trial(IMAGE, None)
    (agent,) = {e.user_agent for e in world.log.entries}
    assert agent.startswith("harbor-doctor/")
    assert not any(word in agent for word in ("cosign", "notation", "harbor-registry-client"))


def test_a_registry_is_not_asked_by_more_at_a_time_than_the_user_said(settings: Settings, world: Registries):
    prober = Prober(replace(settings, workers=2))
    together(prober, [(parse(f"harbor.demo.test/library/busybox:{n}"), None) for n in range(20)])
    assert world.log.connections("harbor.demo.test") <= 2


@pytest.mark.parametrize(
    ("key", "host"),
    [
        ("harbor.test", "harbor.test"),
        ("HTTPS://Harbor.Test:8443/v2/", "harbor.test"),
        ("https://user:pw@harbor.test/x", "harbor.test"),
        ("harbor.test/project", "harbor.test"),
        ("https://index.docker.io/v1/", "docker.io"),
        ("harbor.test#@evil.test", "harbor.test"),
        ("https://harbor.test\\@evil.test/", ""),
        ("[::1]:5000", "::1"),
        ("", ""),
        ("har bor.test", ""),
        ("https://", ""),
    ],
)
def test_the_host_of_a_key(key: str, host: str):
    assert key_host(key) == host


@pytest.mark.parametrize(
    ("key", "registry", "named"),
    [
        ("harbor.test", "harbor.test:8443", True),
        ("harbor.test:1", "HARBOR.test", True),
        ("docker.io", "docker.io", True),
        ("index.docker.io/v1/", "docker.io", True),
        ("*.example.com", "harbor.example.com", True),
        ("*.example.com", "a.b.example.com", False),
        ("*.com", "evil.com", False),
        ("*.*", "evil.com", False),
        ("*", "evil", False),
        ("*.*.com", "a.evil.com", False),
        ("harbor.test", "harbor.test.evil.com", False),
        ("harbor.test", "notharbor.test", False),
        ("", "harbor.test", False),
    ],
)
def test_which_registry_a_key_names(key: str, registry: str, named: bool):
    assert names(key, registry) is named
