"""The token endpoint and the lock behind it."""

import gzip
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

RIGHT, WRONG = ("guest1", "Right-Passw0rd"), ("guest1", "Wrong-Passw0rd")


@pytest.fixture
def slow(harbor):
    """Refusals as slow as Harbor's."""
    harbor.refusal_seconds = 1.5
    return harbor


def test_during_a_failing_login_the_right_password_is_refused_at_once(slow, client, robot):
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(client.token, WRONG)
        time.sleep(0.5)
        locked = client.token(RIGHT)
        scoped = client.token(RIGHT, "repository:team/app:pull")
        api = client.api("/users/current", RIGHT)
        by_mail = client.token(("guest1@lab.test", RIGHT[1]))
        machine = client.token(robot("team+puller"))
        assert failing.result().status == 401
    assert (locked.status, locked.body, scoped.status, api.status) == (401, b"", 200, 401)
    assert max(locked.seconds, scoped.seconds, api.seconds) < 0.5
    assert failing.result().seconds >= 1.5
    assert (by_mail.status, machine.status) == (200, 200)


def test_the_lock_is_over_when_the_refusal_arrives(slow, client):
    assert client.token(WRONG).status == 401
    assert client.token(RIGHT).status == 200


def test_a_wrong_robot_secret_does_not_lock_the_right_one(slow, client, robot):
    name, secret = robot("team+puller")
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(client.token, (name, "wrong"))
        time.sleep(0.3)
        assert client.token((name, secret)).status == 200
        assert failing.result().status == 401


def test_a_users_password_takes_a_tenth_of_a_second_and_a_robots_secret_none(harbor, client, robot):
    harbor.password_seconds = 0.1
    assert client.token(RIGHT).seconds >= 0.1
    assert client.token(robot("team+puller")).seconds < 0.1


def test_user_names_are_case_sensitive_and_a_mail_address_will_do(client):
    assert client.token(("Guest1", RIGHT[1])).status == 401
    assert client.token(("guest1@lab.test", RIGHT[1])).status == 200


def test_without_scope_nobody_gets_401_without_a_body_or_challenge(client):
    answer = client.token()
    assert (answer.status, answer.body, answer.header("Www-Authenticate")) == (401, b"", None)


def test_an_empty_scope_counts_as_a_scope(client, read_claims):
    answer = client.get("/service/token?service=harbor-registry&scope=", WRONG)
    assert answer.status == 200
    assert "sub" not in read_claims(answer.json["token"])


def test_a_wrong_password_with_scope_gets_a_token_for_nobody(client, read_claims):
    token = client.token(WRONG, "repository:team/app:pull", "repository:pub/app:pull").json["token"]
    assert "sub" not in read_claims(token)
    assert [entry["actions"] for entry in read_claims(token)["access"]] == [[], ["pull"]]


@pytest.mark.parametrize("method", ["POST", "HEAD", "PUT"])
def test_only_get_is_allowed(client, method):
    answer = client.ask(method, "/service/token?service=harbor-registry")
    assert answer.status == 405


@pytest.mark.parametrize(("query", "text"), [("?service=foo", "foo"), ("", "")])
def test_another_service_is_told_in_plain_text(client, query, text):
    answer = client.get(f"/service/token{query}")
    assert (answer.status, answer.body.decode().strip()) == (400, f"Unable to handle service: {text}".strip())
    assert answer.header("Content-Type").startswith("text/plain")


def test_the_answer_is_compressed_only_if_asked_for(client):
    path = "/service/token?service=harbor-registry&scope=repository:pub/app:pull"
    plain, packed = client.get(path), client.get(path, Accept_Encoding="gzip, deflate")
    assert plain.header("Content-Encoding") is None
    assert packed.header("Content-Encoding") == "gzip"
    assert set(json.loads(gzip.decompress(packed.body))) == set(plain.json)


@pytest.mark.parametrize("asked", ["pull", "pull,push", "delete", "*", ""])
def test_a_token_says_all_that_the_caller_may_do_whatever_was_asked(client, read_claims, person, asked):
    token = client.token(person("dev1"), f"repository:team/app:{asked}").json["token"]
    (entry,) = read_claims(token)["access"]
    assert set(entry["actions"]) == {"pull", "push"}


@pytest.mark.parametrize(
    "scope",
    ["repository(plugin):team/app:pull", "repository:Team/app:pull", "repository:harbor.demo.test/team/app:pull"],
)
def test_scopes_that_name_no_project_grant_nothing(client, read_claims, person, scope):
    (entry,) = read_claims(client.token(person("dev1"), scope).json["token"])["access"]
    assert entry["actions"] == []


def test_scopes_may_be_repeated_or_separated_by_spaces(client, read_claims, person):
    both = ("repository:team/app:pull", "repository:other/app:pull")
    repeated = client.token(person("guest1"), *both).json["token"]
    spaced = client.token(person("guest1"), " ".join(both)).json["token"]
    assert read_claims(repeated)["access"] == read_claims(spaced)["access"]
    assert [entry["actions"] for entry in read_claims(spaced)["access"]] == [["pull"], []]


def test_the_catalog_is_for_administrators(client, read_claims, person):
    scope = "registry:catalog:*"
    for name, actions in (("admin", ["*"]), ("guest1", [])):
        assert read_claims(client.token(person(name), scope).json["token"])["access"][0]["actions"] == actions


def test_a_token_has_a_key_id_and_a_number_of_its_own(client, read_claims, person):
    first, second = (client.token(person("guest1")).json["token"] for _ in range(2))
    assert read_claims(first)["jti"] != read_claims(second)["jti"]
    assert read_claims(first)["nbf"] == read_claims(first)["iat"]


def test_with_another_prefix_old_robot_names_are_dead(harbor, client, robot):
    name, secret = robot("team+puller")
    harbor.robot_prefix = "bot-"
    assert client.token((name, secret)).status == 401
    assert client.token(("bot-team+puller", secret)).status == 200


def test_oidc_people_log_in_with_their_cli_secret_until_it_dies(harbor, client, admin, robot):
    harbor.auth_mode = "oidc_auth"
    harbor.refusal_seconds = 1.5
    harbor.add_user("olivia", "Portal-Passw0rd", cli_secret="CliSecret123")
    assert client.token(("olivia", "CliSecret123")).status == 200
    assert client.api("/users/current", ("olivia", "CliSecret123")).status == 401
    harbor.kill_cli_secret("olivia")
    for password in ("CliSecret123", "Portal-Passw0rd"):
        answer = client.token(("olivia", password))
        assert (answer.status, answer.seconds < 1.0) == (401, True)
    assert client.token(admin).status == client.token(robot("team+puller")).status == 200


def test_each_refusal_is_in_the_log_once_and_no_password_is(world, client, person):
    client.token(WRONG)
    client.token(WRONG, "repository:team/app:pull")
    client.manifest("team/app", "1.0", person("guest1"))
    assert world.log.refusals("guest1") == 2
    assert world.log.count(path="/service/token", user="guest1", refused=False) == 1
    assert world.log.count(method="GET", user="guest1", status=200, path="/v2/team/app/manifests/1.0") == 1
    assert "Passw0rd" not in repr(world.log.entries) + repr(vars(world.harbor))
