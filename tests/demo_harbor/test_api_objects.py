"""Robots, members, projects and artifacts: bodies, refusals, and the traps that were recorded."""

import time

import pytest

from checks.demo.harbor import Access, Grant

DAY = 86400
PULL = [{"resource": "repository", "action": "pull"}]


def wanted(name="minted", **changes):
    block = {"kind": "project", "namespace": changes.pop("namespace", "team"), "access": changes.pop("access", PULL)}
    return {"name": name, "level": "project", "duration": -1, "permissions": [block], **changes}


@pytest.fixture
def create(client, person):
    return lambda body, login=None: client.api("/robots", login or person("projadmin1"), "POST", body)


@pytest.fixture
def listed(harbor, client, person):
    def look(conditions, name="guest1"):
        number = harbor.projects["team"].id
        found = client.api(f"/robots?q=Level=project,ProjectID={number}{conditions}", person(name))
        return [robot["name"] for robot in found.json]

    return look


def test_a_new_robot_tells_its_secret_once_and_logs_in(create, client, person):
    answer = create(wanted())
    made = answer.json
    assert (answer.status, made["name"], made["expires_at"]) == (201, "robot$team+minted", -1)
    assert answer.header("Location") == f"/api/v2.0/robots/{made['id']}"
    assert len(made["secret"]) == 32
    assert made["secret"].isalnum()
    assert client.token((made["name"], made["secret"])).status == 200
    shown = client.api(f"/robots/{made['id']}", person("guest1")).json
    assert "secret" not in shown
    assert (shown["creator_type"], shown["disable"], shown["permissions"]) == ("local", False, wanted()["permissions"])


def test_secret_and_disable_of_the_request_are_ignored(create, client):
    made = create(wanted(secret="Chosen-Secret-1", disable=True)).json
    assert client.token((made["name"], "Chosen-Secret-1")).status == 401
    assert client.token((made["name"], made["secret"])).status == 200


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"duration": 0}, 400, "duration"),
        ({"duration": None}, 400, "duration"),
        ({"duration": -2}, 400, "duration"),
        ({"duration": 2147483647}, 400, "duration"),
        ({"duration": "30"}, 422, "duration"),
        ({"duration": 1.5}, 422, "duration"),
        ({"name": "a+b"}, 400, "robot name is not in lower case or contains illegal characters"),
        ({"name": "Upper"}, 400, "robot name is not in lower case or contains illegal characters"),
        ({"level": "x"}, 400, "bad request error level input: x"),
        ({"permissions": []}, 400, "bad request empty permission"),
        ({"permissions": wanted()["permissions"] * 2}, 400, "bad request permission"),
        ({"access": [{"resource": "repository", "action": "fly"}]}, 400, "bad request permission: repository:fly"),
        ({"access": [{"resource": "robot", "action": "update"}]}, 400, "bad request permission: robot:update"),
        ({"name": "puller"}, 409, "robot account {team}:team+puller already exists"),
        ({"namespace": "nope"}, 403, "forbidden"),
    ],
)
def test_requests_that_harbor_turns_down(harbor, create, changes, status, words):
    answer = create(wanted(**changes))
    assert answer.status == status
    assert words.format(team=harbor.projects["team"].id) in answer.error[1]


def test_the_namespace_is_a_name_and_missing_projects_are_told_to_administrators(harbor, create, person):
    assert create(wanted(namespace="nope"), person("admin")).error == ("NOT_FOUND", "project nope not found")


@pytest.mark.parametrize("duration", [1, 30, 2147483646])
def test_days_are_counted_from_now(create, duration):
    assert abs(create(wanted(duration=duration)).json["expires_at"] - time.time() - duration * DAY) < 60


def test_rotation_makes_a_secret_or_takes_one_and_the_old_dies(harbor, client, person, robot):
    path = f"/robots/{harbor.robot('team+puller').id}"
    made = client.api(path, person("projadmin1"), "PATCH", {}).json["secret"]
    assert client.token(robot("team+puller")).status == 401
    assert client.token(("robot$team+puller", made)).status == 200
    assert client.api(path, person("projadmin1"), "PATCH", {"secret": "Own-Secret-42"}).json == {}
    assert client.token(("robot$team+puller", "Own-Secret-42")).status == 200
    weak = client.api(path, person("projadmin1"), "PATCH", {"secret": "weak"})
    assert weak.status == 400
    assert "8-128" in weak.error[1]
    assert client.api(path, person("projadmin1"), "PATCH").status == 422


def test_a_disabled_robot_is_enabled_by_putting_its_whole_object(harbor, client, person, robot):
    harbor.disable_robot("team+puller")
    path = f"/robots/{harbor.robot('team+puller').id}"
    shown = client.api(path, person("projadmin1")).json
    assert shown["disable"] is True
    assert client.token(robot("team+puller")).status == 401
    assert client.api(path, person("projadmin1"), "PUT", {**shown, "disable": False}).status == 200
    assert client.token(robot("team+puller")).status == 200


@pytest.mark.parametrize(
    ("left_out", "words"),
    [
        ("permissions", "bad request empty permission"),
        ("level", "bad request error level input: "),
        ("name", "cannot update the level or name of robot"),
    ],
)
def test_part_of_an_object_is_turned_down(harbor, client, person, left_out, words):
    path = f"/robots/{harbor.robot('team+puller').id}"
    body = client.api(path, person("projadmin1")).json
    del body[left_out]
    assert client.api(path, person("projadmin1"), "PUT", body).error == ("BAD_REQUEST", words)


def test_extending_counts_from_the_creation_so_a_short_one_stays_dead(harbor, client, person, robot):
    harbor.expire_robot("team+puller", days_ago=40, duration=30)
    path = f"/robots/{harbor.robot('team+puller').id}"
    shown = client.api(path, person("projadmin1")).json
    for change, status in (({"duration": 60}, 401), ({"expires_at": -1}, 401), ({"duration": -1}, 200)):
        assert client.api(path, person("projadmin1"), "PUT", {**shown, **change}).status == 200
        assert client.token(robot("team+puller")).status == status


def test_a_deleted_robot_is_gone_and_noted(harbor, client, person, robot):
    number = harbor.robot("team+puller").id
    assert client.api(f"/robots/{number}", person("projadmin1"), "DELETE").status == 200
    assert client.api(f"/robots/{number}", person("projadmin1")).status == 404
    assert client.token(robot("team+puller")).status == 401
    assert client.api("/projects/team/auditlog-exts", person("projadmin1")).json[0]["operation_description"] == (
        "delete robot: robot$team+puller"
    )


def test_robot_queries_are_unescaped_twice(listed):
    every = {"robot$team+puller", "robot$team+pusher"}
    assert set(listed("")) == every
    assert listed(",name=team%2Bpuller") == listed(",name=team+puller") == []
    assert listed(",name=team%252Bpuller") == listed(",name=~puller") == ["robot$team+puller"]


def test_robot_queries_want_the_projects_number(client, person):
    for q, words in (
        ("Level=project", "must with project ID when to query project robots"),
        ("Level=project,ProjectID=team", "ProjectID must be a positive integer"),
    ):
        assert client.api(f"/robots?q={q}", person("admin")).error == ("BAD_REQUEST", words)


def test_a_robot_that_may_mints_within_its_own_rights(harbor, create, client, person):
    rights = (Access("robot", "create"), Access("robot", "delete"), Access("repository", "pull"))
    minter = harbor.add_robot("minter", grants=(Grant("project", "*", rights),))
    login = ("robot$minter", minter.secret.reveal())
    made = create(wanted(), login)
    shown = client.api(f"/robots/{made.json['id']}", person("guest1")).json
    assert (made.status, shown["creator_type"], shown["creator_ref"]) == (201, "robot", minter.id)
    push = [{"resource": "repository", "action": "push"}]
    allow = [{**PULL[0], "effect": "allow"}]
    for access in (push, allow):
        refused = create(wanted("second", access=access), login)
        assert (refused.status, refused.error[0]) == (403, "DENIED")
        assert refused.error[1].startswith("permission scope is invalid.")
    path = f"/robots/{made.json['id']}"
    assert client.api(path, login, "PATCH", {}).status == 403
    assert client.api(path, login, "DELETE").status == 200


def test_read_only_mode_stops_writes_and_not_pulls(harbor, create, client, person):
    harbor.read_only = True
    words = "The system is in read only mode. Any modification is prohibited."
    member = {"role_id": 5, "member_user": {"username": "stranger"}}
    for answer in (create(wanted()), client.api("/projects/team/members", person("admin"), "POST", member)):
        assert (answer.status, answer.error) == (403, ("DENIED", words))
    assert client.manifest("team/app", "1.0", person("guest1")).status == 200


def add(client, login, body, project="team"):
    return client.api(f"/projects/{project}/members", login, "POST", body)


def test_a_member_added_can_pull_until_removed(client, person):
    admin = person("projadmin1")
    answer = add(client, admin, {"role_id": 5, "member_user": {"username": "stranger"}})
    assert answer.status == 201
    assert client.manifest("team/app", "1.0", person("stranger")).status == 200
    path = answer.header("Location").removeprefix("/api/v2.0")
    assert client.api(path, admin).json["role_name"] == "limitedGuest"
    assert client.api(path, admin, "DELETE").status == 200
    assert client.manifest("team/app", "1.0", person("stranger")).status == 401


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        ({"role_id": 3, "member_user": {"username": "guest1"}}, 409, "The project member specified already exist"),
        ({"role_id": 3, "member_user": {"username": "ghost"}}, 404, "user ghost is not found"),
        ({"role_id": 3, "member_user": {"username": "robot$team+puller"}}, 404, "user robot$team+puller is not found"),
        ({"role_id": 99, "member_user": {"username": "stranger"}}, 400, "role is not in 1,2,3"),
        ({"role_id": 0, "member_user": {"username": "stranger"}}, 400, "role is not in 1,2,3"),
        ({"role_id": 3, "member_user": {"user_id": 999}}, 400, "user_id"),
        ({}, 500, "internal server error"),
    ],
)
def test_members_that_harbor_turns_down(client, person, body, status, words):
    answer = add(client, person("admin"), body)
    assert (answer.status, words in answer.error[1]) == (status, True)


def test_a_missing_project_is_told_to_administrators_only(client, person):
    body = {"role_id": 3, "member_user": {"username": "stranger"}}
    assert add(client, person("admin"), body, "nope").status == 404
    assert add(client, person("projadmin1"), body, "nope").status == 403


def test_a_role_that_is_none_hides_the_member_until_it_is_put_right(harbor, client, person):
    members = client.api("/projects/team/members", person("admin")).json
    (number,) = [member["id"] for member in members if member["entity_name"] == "guest1"]
    path = f"/projects/team/members/{number}"
    assert client.api(path, person("admin"), "PUT", {"role_id": 99}).status == 200
    assert client.api(path, person("admin")).status == 404
    assert client.manifest("team/app", "1.0", person("guest1")).status == 401
    assert client.api(path, person("admin"), "PUT", {"role_id": 3}).status == 200
    assert client.manifest("team/app", "1.0", person("guest1")).status == 200


def test_the_entity_name_is_an_exact_match_that_the_total_does_not_know(client, person):
    for name, count in (("guest", 0), ("guest1", 1)):
        answer = client.api(f"/projects/team/members?entityname={name}", person("guest1"))
        assert (len(answer.json), answer.header("X-Total-Count")) == (count, "6")


def test_pages_hold_a_hundred_at_most_and_zero_means_all(harbor, client, person):
    for number in range(120):
        harbor.add_project(f"p{number:03}")
    for size, status, count in ((100, 200, 100), (101, 422, None), (0, 200, 126), (-1, 200, 126)):
        answer = client.api(f"/projects?page_size={size}", person("admin"))
        assert answer.status == status
        assert count is None or len(answer.json) == count
    assert len(client.api("/projects", person("admin")).json) == 10
    assert client.api("/projects?page=99", person("admin")).json == []


def test_pages_are_linked_without_a_host(client, person):
    answer = client.api("/projects?page=2&page_size=2&name=", person("admin"))
    link = answer.header("Link")
    assert '</api/v2.0/projects?name=&page=1&page_size=2>; rel="prev"' in link
    assert '</api/v2.0/projects?name=&page=3&page_size=2>; rel="next"' in link
    assert answer.header("X-Total-Count") == "6"


def test_a_project_is_found_by_name_or_number(harbor, client, person):
    number = harbor.projects["team"].id
    assert client.api(f"/projects/{number}", person("guest1")).json["name"] == "team"
    assert client.api(f"/projects/{number}", person("guest1"), X_Is_Resource_Name="true").status == 403


def test_a_project_made_over_the_api_belongs_to_its_maker(client, person):
    made = client.api("/projects", person("stranger"), "POST", {"project_name": "fresh"})
    assert made.status == 201
    assert client.api("/projects/fresh", person("stranger")).json["current_user_role_ids"] == [1]
    assert client.api("/projects", person("stranger"), "POST", {"project_name": "fresh"}).status == 409


def test_slashes_in_repository_names_are_encoded_twice(client, person):
    base = "/projects/team/repositories"
    assert client.api(f"{base}/deep%252Fnested%252Fapp/artifacts/2.0", person("guest1")).status == 200
    single = client.api(f"{base}/deep%2Fnested%2Fapp/artifacts", person("guest1"))
    words = "path /api/v2.0/projects/team/repositories/deep/nested/app/artifacts was not found"
    assert (single.status, single.error[1]) == (404, words)


def test_artifacts_tell_platforms_and_tags(harbor, client, person):
    harbor.push_image("team/multi", "1.0", platforms=("linux/amd64", "linux/arm64/v8"), attested=True)
    base = "/projects/team/repositories"
    (index,) = client.api(f"{base}/multi/artifacts", person("guest1")).json
    platforms = [(ref["platform"]["architecture"], ref["platform"].get("variant")) for ref in index["references"]]
    assert platforms == [("amd64", None), ("arm64", "v8"), ("unknown", None)]
    assert ([tag["name"] for tag in index["tags"]], index["extra_attrs"]) == (["1.0"], None)
    single = client.api(f"{base}/app/artifacts/1.0", person("guest1")).json
    assert (single["extra_attrs"]["architecture"], single["references"]) == ("amd64", None)
    found = client.api(f"{base}/multi/artifacts?q=tags%3D~1.", person("guest1")).json
    assert [entry["digest"] for entry in found] == [index["digest"]]
    assert client.api(f"{base}/multi/artifacts?q=tags%3D2.0", person("guest1")).json == []


def test_artifacts_of_a_missing_repository_are_an_empty_list(client, person):
    base = "/projects/team/repositories"
    assert client.api(f"{base}/none/artifacts", person("guest1")).json == []
    assert client.api(f"{base}/none", person("guest1")).status == 404
    missing = client.api(f"{base}/app/artifacts/nope", person("guest1"))
    assert missing.error == ("NOT_FOUND", "artifact team/app:nope not found")
