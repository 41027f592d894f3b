"""What the pretend Harbor keeps in its records: audit log by version, tag retention, allowlists that end, health."""

import time

import pytest

CALLERS = ("admin", "projadmin1", "maint1", "dev1", "guest1", "limited1", "stranger", "robot", "anonymous")


@pytest.fixture
def statuses(client, person, robot):
    """What each caller gets for a path."""

    def ask(path):
        logins = {name: person(name) for name in CALLERS[:-2]} | {"robot": robot("team+puller"), "anonymous": None}
        return tuple(client.api(path, logins[name]).status for name in CALLERS)

    return ask


# The audit log.


def test_up_to_2_12_there_are_the_old_endpoints_only_and_a_guest_may_read_the_projects_log(harbor, client, statuses):
    harbor.version = "v2.12.4-00000000"
    harbor.delete_tag("team/app", "1.0", by="dev1")
    assert statuses("/projects/team/logs") == (200, 200, 200, 200, 200, 403, 403, 403, 401)
    assert set(statuses("/projects/team/auditlog-exts")) == {404}
    assert set(statuses("/auditlog-exts")) == {404}
    (entry,) = client.api("/projects/team/logs", ("admin", "Harbor12345")).json
    assert (entry["operation"], entry["resource_type"], entry["resource"], entry["username"]) == (
        "delete", "tag", "team/app:1.0", "dev1",
    )  # fmt: skip
    assert "operation_description" not in entry


def test_what_was_written_before_an_upgrade_stays_in_the_old_log(harbor, client, person):
    harbor.push_image("team/app", "0.9")
    harbor.delete_tag("team/app", "0.9", by="dev1", days_ago=20)
    harbor.delete_tag("team/app", "1.0", by="maint1", days_ago=2)
    harbor.upgraded = time.time() - 10 * 86400
    new, old = (client.api(f"/projects/team/{log}", person("projadmin1")).json for log in ("auditlog-exts", "logs"))
    assert [entry["resource"] for entry in new] == ["team/app:1.0"]
    assert [entry["resource"] for entry in old] == ["team/app:0.9"]


def test_the_newest_entry_comes_first_whenever_it_was_noted(harbor, client, admin):
    harbor.push_image("team/app", "0.9")
    harbor.delete_tag("team/app", "0.9", days_ago=1)
    harbor.delete_tag("team/app", "1.0", days_ago=3)
    shown = client.api("/projects/team/auditlog-exts", admin).json
    assert [entry["resource"] for entry in shown] == ["team/app:0.9", "team/app:1.0"]


@pytest.mark.parametrize(("version", "noted"), [("v2.15.2-080b0220", []), ("v2.16.0-00000000", ["stranger"])])
def test_members_are_noted_since_2_16(harbor, client, admin, version, noted):
    harbor.version = version
    wanted = {"role_id": 5, "member_user": {"username": "stranger"}}
    member = client.api("/projects/team/members", admin, "POST", wanted)
    where = member.header("Location").removeprefix("/api/v2.0")
    assert client.api(where, admin, "DELETE").status == 200
    entries = client.api("/projects/team/auditlog-exts?q=operation=delete", admin).json
    assert [entry["resource"] for entry in entries] == noted
    for entry in entries:
        assert entry["resource_type"] == "member"
        assert entry["operation_description"] == "delete user member stranger from project team"


def test_a_deleted_project_is_in_the_log_of_all_for_the_administrator_only(harbor, client, person, admin):
    harbor.delete_project("team", by="projadmin1", days_ago=3)
    (entry,) = client.api("/auditlog-exts?q=operation=delete,resource=team", admin).json
    assert (entry["resource_type"], entry["username"]) == ("project", "projadmin1")
    assert client.api("/auditlog-exts?q=operation=delete", person("projadmin1")).json == []
    assert client.api("/projects/team/auditlog-exts", person("projadmin1")).status == 403
    assert client.api("/projects/team/auditlog-exts", admin).status == 404


# Tag retention.


def test_retention_is_shown_to_those_who_may_change_it(harbor, statuses):
    number = harbor.set_retention("team", 10).id
    for path in (f"/retentions/{number}", f"/retentions/{number}/executions"):
        assert statuses(path) == (200, 200, 200, 200, 403, 403, 403, 403, 401)
    assert statuses("/retentions/99")[0] == 404
    assert statuses("/retentions/99/executions")[0] == 400


def test_a_run_removes_whole_images_and_the_log_names_no_tag(harbor, client, person, admin):
    policy = harbor.set_retention("team", 1)
    harbor.push_image("team/app", "0.9")
    digest = harbor.digest("team/app", "0.9")
    harbor.run_retention("team", ("team/app", "1.0"), days_ago=1, dry=True)
    run = harbor.run_retention("team", ("team/app", "0.9"), days_ago=0.5)
    assert client.api("/projects/team", admin).json["metadata"]["retention_id"] == str(policy.id)
    assert client.manifest("team/app", "0.9", person("guest1")).status == 404
    assert client.manifest("team/app", "1.0", person("guest1")).status == 200
    (entry,) = client.api("/projects/team/auditlog-exts?q=operation=delete", admin).json
    assert (entry["resource_type"], entry["resource"], entry["username"]) == (
        "artifact", f"team/app@{digest}", "harbor-jobservice",
    )  # fmt: skip
    shown = client.api(f"/retentions/{policy.id}/executions", admin).json
    assert [(one["id"], one["dry_run"]) for one in shown] == [(2, False), (1, True)]
    assert shown[0]["start_time"] < entry["op_time"] < shown[0]["end_time"]
    harbor.stop_retention(run)
    assert client.api(f"/retentions/{policy.id}/executions", admin).json[0]["end_time"].startswith("0001-01-01")


# Policies and health.


def test_an_allowlist_that_has_ended_lets_nothing_through(harbor, client, person, admin):
    from checks.demo.harbor import Scan

    harbor.set_scan("vuln/app", "1.0", Scan(findings=(("CVE-1", "Critical"),)))
    for until, status in ((None, 200), (int(time.time()) + 3600, 200), (int(time.time()) - 3600, 412)):
        harbor.allow_cves("vuln", "CVE-1", until=until)
        assert client.manifest("vuln/app", "1.0", person("guest1")).status == status
    shown = client.api("/projects/vuln", admin).json
    assert shown["metadata"]["reuse_sys_cve_allowlist"] == "false"
    assert shown["cve_allowlist"]["expires_at"] < time.time()


def test_the_health_check_names_what_is_unwell_to_anybody(harbor, client):
    assert client.api("/health").json["status"] == "healthy"
    harbor.unwell["database"] = "failed to check health: connection refused"
    harbor.registry_down = True
    told = client.api("/health")
    assert (told.status, told.json["status"]) == (200, "unhealthy")
    ill = {one["name"]: one["error"] for one in told.json["components"] if one["status"] != "healthy"}
    assert set(ill) == {"database", "registry"}
