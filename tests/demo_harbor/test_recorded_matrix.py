"""Replays what a real Harbor 2.15.2 answered: 24 logins × 9 targets × four calls, and Basic on /v2/.

Each target has a Harbor of its own, so that no name is tried twice at once (Harbor locks a name for 1.5 s), and yet
the whole takes seconds.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from checks.demo.harbor import HarborState, pull_grant
from checks.demo.registries import Registries

ROWS = tuple(
    json.loads(line)
    for line in (Path(__file__).parents[1] / "corpus" / "harbor-matrix-2.15.2.jsonl").read_text().splitlines()
)
TARGETS = tuple(ROWS[0]["targets"])
DECISIVE = ("content-type", "docker-content-digest", "docker-distribution-api-version", "www-authenticate")
SLOW = 1.5

GOOD, SECRET, WRONG = "Right-Passw0rd", "RobotSecretOf32LettersAndDigits1", "Wrong-Passw0rd"
PASSWORDS = {
    "sysadmin": "Harbor12345",
    "wrong password (guest1)": WRONG,
    "unknown user": WRONG,
    "robot, wrong secret": WRONG,
    "empty password (guest1)": "",
}


def furnish(lab, state):
    lab(state)
    state.add_robot("sys-team-pull", secret=SECRET, grants=(pull_grant("team"),))
    state.add_robot("sys-all-pull", secret=SECRET, grants=(pull_grant("*"),))
    state.add_robot("sys-team-pushonly", secret=SECRET, grants=(pull_grant("team", "push"),))
    for name in ("rotated1", "disabled1", "expired1", "deleted1"):
        state.add_robot(name, "team", secret=SECRET)
    state.rotate_robot("team+rotated1")
    state.disable_robot("team+disabled1")
    state.expire_robot("team+expired1")
    state.delete_robot("team+deleted1")
    return state


def login_of(row):
    if row["user"] is None:
        return None
    fallback = SECRET if row["user"].startswith("robot") else GOOD
    return row["user"], PASSWORDS.get(row["login"], fallback)


def replay(client, row, lane):
    """Make one login's calls for one target; the calls without a target are shared out among the first four."""
    login, target = login_of(row), row["targets"][TARGETS[lane]]
    repository = target["repository"]
    path = f"/v2/{repository}/manifests/{target['reference']}"
    seen = {"token_with_scope": client.token(login, f"repository:{repository}:pull")}
    token = seen["token_with_scope"].json["token"]
    seen["head"] = client.ask("HEAD", path, token=token)
    seen["get"] = client.get(path, token=token)
    if lane == 0:
        seen["token_without_scope"] = client.token(login)
    elif login is not None and lane <= 3:
        name = ("existing", "missing project", "/v2/")[lane - 1]
        where = row["targets"].get(name)
        seen[f"basic {name}"] = client.get(
            f"/v2/{where['repository']}/manifests/{where['reference']}" if where else "/v2/", login
        )
    return seen


def replay_lane(lab, make_client, lane):
    """One target with all logins: those of one name after another, different names side by side."""
    groups = {}
    for row in ROWS:
        groups.setdefault(row["user"], []).append(row)
    with Registries(furnish(lab, HarborState())) as world, ThreadPoolExecutor(len(groups)) as pool:
        client = make_client(world, "plain", trusting=False)
        answers = pool.map(lambda rows: [(row["login"], replay(client, row, lane)) for row in rows], groups.values())
        seen = {login: calls for group in answers for login, calls in group}
        assert world.log.failures == ()
    return seen


@pytest.fixture(scope="module")
def seen(furnish_lab, make_client):
    with ThreadPoolExecutor(len(TARGETS)) as pool:
        return list(pool.map(lambda lane: replay_lane(furnish_lab, make_client, lane), range(len(TARGETS))))


def expected_headers(recorded, answer):
    """The recorded headers, with our own digest in place of the recorded one."""
    headers = dict(recorded["headers"])
    if "docker-content-digest" in headers and answer.body:
        headers["docker-content-digest"] = "sha256:" + sha256(answer.body).hexdigest()
    elif "docker-content-digest" in headers:
        headers["docker-content-digest"] = answer.header("docker-content-digest")
    return headers


def check_answer(recorded, answer, head=False):
    assert answer.status == recorded["status"]
    decisive = {name: value for name in DECISIVE if (value := answer.header(name)) is not None}
    assert decisive == expected_headers(recorded, answer)
    assert answer.cookies == recorded["sets_cookie"]
    if "errors" in recorded:
        (ours,), (theirs,) = answer.json["errors"], recorded["errors"]
        assert (ours["code"], ours["message"]) == (theirs["code"], theirs["message"])
        assert set(ours.get("detail", {})) == set(theirs.get("detail", {}))
    if head or (recorded["status"] == 401 and not recorded["headers"]):
        assert answer.body == b""


def check_token(recorded, answer, read_claims):
    body = answer.json
    claims = read_claims(body["token"])
    wanted = recorded["token"]
    assert set(body) == {"token", "access_token", "expires_in", "issued_at"}
    assert (body["access_token"], body["expires_in"]) == ("", wanted["expires_in"])
    assert (claims["iss"], claims["aud"], claims.get("sub")) == (wanted["iss"], wanted["aud"], wanted["sub"])
    assert ("sub" in claims) is (wanted["sub"] is not None)
    assert claims["exp"] - claims["iat"] == wanted["expires_in"]
    assert entries(claims["access"]) == entries(wanted["access"])


def entries(access):
    return access and {(entry["type"], entry["name"], frozenset(entry["actions"])) for entry in access}


def check_pace(row, recorded, answer):
    """Was it a refusal that took its time, or quick?

    Three calls of the disabled robot were recorded inside the lock of an earlier one; they say nothing.
    """
    if recorded["seconds"] >= SLOW:
        assert answer.seconds >= SLOW
    elif row["login"] != "robot, disabled" or recorded["status"] == 200:
        assert answer.seconds < SLOW


@pytest.mark.parametrize("row", ROWS, ids=[row["login"] for row in ROWS])
def test_every_answer_is_the_recorded_one(row, seen, read_claims):
    for lane, name in enumerate(TARGETS):
        recorded, answers = row["targets"][name], seen[lane][row["login"]]
        check_answer(recorded["token_with_scope"], answers["token_with_scope"])
        check_token(recorded["token_with_scope"], answers["token_with_scope"], read_claims)
        check_answer(recorded["head"], answers["head"], head=True)
        check_answer(recorded["get"], answers["get"])


@pytest.mark.parametrize("row", ROWS, ids=[row["login"] for row in ROWS])
def test_the_login_test_without_scope_is_the_recorded_one(row, seen, read_claims):
    recorded, answer = row["token_without_scope"], seen[0][row["login"]]["token_without_scope"]
    check_answer(recorded, answer)
    if recorded["status"] == 200:
        check_token(recorded, answer, read_claims)


@pytest.mark.parametrize("row", ROWS[:-1], ids=[row["login"] for row in ROWS[:-1]])
def test_basic_on_v2_is_answered_as_recorded(row, seen):
    for lane, (name, recorded) in enumerate(row["basic"].items(), 1):
        answer = seen[lane][row["login"]][f"basic {name}"]
        check_answer(recorded, answer)
        check_pace(row, recorded, answer)


@pytest.mark.parametrize("row", ROWS, ids=[row["login"] for row in ROWS])
def test_refusals_take_their_time_and_nothing_else_does(row, seen):
    check_pace(row, row["token_without_scope"], seen[0][row["login"]]["token_without_scope"])
    for lane, name in enumerate(TARGETS):
        for call in ("head", "get"):
            check_pace(row, row["targets"][name][call], seen[lane][row["login"]][call])
        recorded, answer = row["targets"][name]["token_with_scope"], seen[lane][row["login"]]["token_with_scope"]
        if row["login"] == "robot, disabled":
            assert answer.seconds >= SLOW
        else:
            check_pace(row, recorded, answer)


def test_the_record_is_whole():
    assert (len(ROWS), len(TARGETS)) == (24, 9)


def test_the_same_digest_was_recorded_where_ours_is_the_same(seen):
    pairs = {
        (row["targets"][name]["get"]["headers"]["docker-content-digest"], answer.header("docker-content-digest"))
        for row in ROWS
        for lane, name in enumerate(TARGETS)
        if (answer := seen[lane][row["login"]]["get"]).status == 200
    }
    assert len(pairs) == len({theirs for theirs, _ in pairs}) == len({ours for _, ours in pairs}) == 2
