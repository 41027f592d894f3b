"""Who may what in the management API: facts recorded with one login of every kind."""

import pytest

from checks.demo.harbor import HarborState
from checks.demo.harbor.front import Front
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import RequestLog

CALLERS = ("admin", "projadmin1", "maint1", "dev1", "guest1", "limited1", "stranger", "robot", "anonymous")
ROBOT = {
    "name": "minted",
    "level": "project",
    "duration": -1,
    "permissions": [{"kind": "project", "namespace": "team", "access": [{"resource": "repository", "action": "pull"}]}],
}
MEMBER = {"role_id": 5, "member_user": {"username": "stranger"}}

TABLE = [
    # path                                     admin  pAdm  maint dev   guest limit stran robot anonymous
    ("GET", "/systeminfo", None,               (200,  200,  200,  200,  200,  200,  200,  200,  200)),
    ("GET", "/users/current", None,            (200,  200,  200,  200,  200,  200,  200,  412,  401)),
    ("HEAD", "/projects?project_name=team", None, (200, 200, 200,  200,  200,  200,  200,  200,  401)),
    ("HEAD", "/projects?project_name=nope", None, (404, 404, 404,  404,  404,  404,  404,  404,  401)),
    ("GET", "/projects/team", None,            (200,  200,  200,  200,  200,  200,  403,  403,  401)),
    ("GET", "/projects/pub", None,             (200,  200,  200,  200,  200,  200,  200,  200,  200)),
    ("GET", "/projects/nope", None,            (404,  403,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/projects/team/summary", None,    (200,  200,  200,  200,  200,  200,  403,  403,  401)),
    ("GET", "/projects/team/members", None,    (200,  200,  200,  200,  200,  403,  403,  403,  401)),
    ("POST", "/projects/team/members", MEMBER, (201,  201,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/projects/team/repositories", None, (200, 200, 200,  200,  200,  200,  403,  403,  401)),
    ("GET", "/projects/team/repositories/app/artifacts", None, (200,) * 6 + (403, 403, 401)),
    ("GET", "/projects/team/repositories/app/artifacts/1.0/tags", None, (200,) * 6 + (403, 403, 401)),
    ("GET", "/robots?q=Level=project,ProjectID={team}", None, (200, 200, 200, 200, 200, 403, 403, 403, 401)),
    ("GET", "/robots/{puller}", None,          (200,  200,  200,  200,  200,  403,  403,  403,  401)),
    ("GET", "/robots", None,                   (200,  403,  403,  403,  403,  403,  403,  403,  401)),
    ("POST", "/robots", ROBOT,                 (201,  201,  403,  403,  403,  403,  403,  403,  401)),
    ("PATCH", "/robots/{puller}", {},          (200,  200,  403,  403,  403,  403,  403,  403,  401)),
    ("DELETE", "/robots/{pusher}", None,       (200,  200,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/permissions", None,              (200,  200,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/projects/team/auditlog-exts", None, (200, 200, 403, 403,  403,  403,  403,  403,  401)),
    ("GET", "/projects/team/logs", None,       (200,  200,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/auditlog-exts", None,            (200,  200,  200,  200,  200,  200,  200,  200,  401)),
    ("GET", "/audit-logs", None,               (200,  200,  200,  200,  200,  200,  200,  200,  401)),
    ("GET", "/users/search?username=guest", None, (200, 200, 200, 200,  200,  200,  200,  200,  401)),
    ("GET", "/configurations", None,           (200,  403,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/registries", None,               (200,  403,  403,  403,  403,  403,  403,  403,  401)),
    ("GET", "/projects", None,                 (200,) * 9),
    ("GET", "/ping", None,                     (200,) * 9),
    ("GET", "/health", None,                   (200,) * 9),
]  # fmt: skip


def login_of(caller, person, robot):
    if caller == "anonymous":
        return None
    return robot("team+puller") if caller == "robot" else person(caller)


@pytest.fixture
def fresh(furnish_lab):
    """A Harbor of its own for one request, with the numbers that paths need."""

    def make():
        state = furnish_lab(HarborState())
        state.password_seconds = 0.0
        ids = {name: state.robot(f"team+{name}").id for name in ("puller", "pusher")}
        return Front(state), ids | {"team": state.projects["team"].id}

    return make


@pytest.fixture
def replica(fresh):
    server = Server("replica", fresh()[0], RequestLog())
    server.start()
    yield server
    server.stop()
    assert server.log.failures == ()


def refusal(status, caller, path):
    if status == 401:
        return "UNAUTHORIZED", "unauthorized"
    return "FORBIDDEN", caller if path in ("/configurations", "/registries") else "forbidden"


@pytest.mark.parametrize(("method", "path", "body", "statuses"), TABLE, ids=[f"{m} {p}" for m, p, _, _ in TABLE])
def test_each_caller_gets_the_recorded_status(replica, fresh, raw_client, method, path, body, statuses, person, robot):
    client = raw_client(replica.address, "harbor.demo.test")
    for caller, status in zip(CALLERS, statuses, strict=True):
        replica.app, ids = fresh()
        login = login_of(caller, person, robot)
        answer = client.api(path.format(**ids), login, method, body)
        assert (caller, answer.status) == (caller, status)
        if status in (401, 403) and method != "HEAD":
            assert answer.error == refusal(status, login and login[0], path)


def test_an_administrator_needs_no_membership(harbor, client, admin):
    harbor.remove_member("team", "admin")
    assert client.manifest("team/app", "1.0", admin).status == 200
    assert client.api("/projects/team/members", admin).status == 200


def test_project_lists_show_what_each_sees(client, person, robot):
    def names(login):
        return {project["name"] for project in client.api("/projects?page_size=100", login).json}

    assert names(None) == names(person("stranger")) == {"library", "pub"}
    assert names(person("guest1")) == {"library", "pub", "team", "signed", "vuln"}
    assert names(robot("other+puller")) == {"library", "pub", "other"}
    assert names(person("admin")) == {"library", "pub", "team", "signed", "vuln", "other"}


def test_a_pull_only_robot_sees_its_projects_policies_and_id(harbor, client, robot):
    harbor.set_policy("team", cosign=True)
    (project,) = client.api("/projects?name=team", robot("team+puller")).json
    assert project["project_id"] == harbor.projects["team"].id
    assert project["metadata"]["enable_content_trust_cosign"] == "true"
    assert project["current_user_role_ids"] is None


def test_the_version_is_for_whoever_is_logged_in(client, robot):
    anonymous, machine = client.api("/systeminfo").json, client.api("/systeminfo", robot("team+puller")).json
    assert len(anonymous) == 5
    assert "harbor_version" not in anonymous
    assert client.api("/systeminfo", ("guest1", "wrong")).json == anonymous
    assert (machine["harbor_version"], machine["read_only"]) == ("v2.15.2-080b0220", False)


def test_a_limited_guest_sees_no_role_counts(client, person):
    assert client.api("/projects/team/summary", person("guest1")).json["developer_count"] == 1
    assert "developer_count" not in client.api("/projects/team/summary", person("limited1")).json


def test_own_permissions_want_the_projects_number(harbor, client, person, robot):
    def rights(login, scope):
        found = client.api(f"/users/current/permissions?scope={scope}&relative=true", login).json
        return {(right["resource"], right["action"]) for right in found}

    number = harbor.projects["team"].id
    assert ("robot", "create") in rights(person("projadmin1"), f"/project/{number}")
    assert ("robot", "create") not in rights(person("maint1"), f"/project/{number}")
    assert rights(robot("team+puller"), f"/project/{number}") == {("repository", "pull")}
    for scope in ("/project/team", "/project/999", "/system", ""):
        assert rights(person("admin"), scope) == set()


def test_project_administrators_see_the_audit_log_of_their_projects_only(harbor, client, person):
    client.manifest("team/app", "1.0", person("guest1"))
    client.manifest("pub/app", "1.0", person("guest1"))
    shown = {name: client.api("/auditlog-exts", person(name)).json for name in ("admin", "projadmin1", "guest1")}
    assert [len(shown[name]) for name in shown] == [2, 1, 0]
    (entry,) = shown["projadmin1"]
    assert entry["operation_description"] == f"pull artifact: team/app@{harbor.digest('team/app', '1.0')}"
    assert entry["username"] == "guest1"


def test_the_audit_log_can_be_searched(harbor, client, person):
    harbor.push_image("team/app", "0.9")
    harbor.delete_tag("team/app", "0.9", by="projadmin1")
    client.manifest("team/app", "1.0", person("guest1"))
    for q, count in (
        ("resource=team/app:0.9", 1),
        ("operation=pull", 1),
        ("resource=~team", 2),
        ("username=projadmin1", 1),
        ("op_time=[2000-01-01 00:00:00~2000-01-02 00:00:00]", 0),
    ):
        found = client.api(f"/auditlog-exts?q={q.replace(' ', '%20')}", person("admin"))
        assert (q, len(found.json)) == (q, count)
    assert client.api("/audit-logs", person("admin")).json == []


def test_users_may_be_looked_up_by_part_of_their_name(client, robot):
    found = client.api("/users/search?username=ist", robot("team+puller")).json
    assert found == []
    assert [user["username"] for user in client.api("/users/search?username=guest", robot("team+puller")).json] == [
        "guest1"
    ]
    assert client.api("/users/search", robot("team+puller")).status == 422
