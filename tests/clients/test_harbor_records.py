"""Harbor's records with the operator's login: who deleted what and when, tag retention, policies, health; by role."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from checks.clients.harbor import Harbor
from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import ADMIN_PASSWORD, HarborState, Role
from checks.demo.registries import Registries
from checks.facts import Fact, ProjectView, Unknown
from checks.records import Deletion, Removal, Retention
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"
PASSWORD = "Sunny-Day-42"
SECRET = "Demo1RobotSecretForPullingImages"
ROLES = {
    "paula": Role.PROJECT_ADMIN,
    "mara": Role.MAINTAINER,
    "dave": Role.DEVELOPER,
    "gina": Role.GUEST,
    "leo": Role.LIMITED_GUEST,
}
EVERYBODY = ("admin", *ROLES, "sam", "robot$shop+pull")
"""Everybody but `admin` is a member of `shop` at most; `sam` of nothing."""


def lab() -> HarborState:
    state = HarborState()
    state.password_seconds = 0.0
    state.refusal_seconds = 1.1
    state.add_project("shop")
    state.add_project("pay")
    for tag in ("1.0", "1.1", "2.0"):
        state.push_image("shop/web", tag)
    state.add_robot("pull", "shop", secret=SECRET)
    for name, role in ROLES.items():
        state.add_user(name, PASSWORD)
        state.add_member("shop", name, role)
    state.add_user("sam", PASSWORD)
    return state


@pytest.fixture
def world() -> Iterator[Registries]:
    with Registries(lab()) as registries:
        yield registries
    assert registries.log.failures == ()


def harbor(world: Registries, user: str = "admin", password: str = "") -> Harbor:
    known = {"admin": ADMIN_PASSWORD, "robot$shop+pull": SECRET}
    login = Login(user, Password(password or known.get(user, PASSWORD)), Origin(OriginKind.OPERATOR, "test", HOST))
    return Harbor(Settings(resolve=world.resolve, registry_ca=world.ca_file, harbor_login=login))


def told(found: Fact[Removal] | Unknown) -> Deletion | None:
    assert isinstance(found, Fact), found
    assert found.source == f"Harbor's API at {HOST}"
    assert timedelta(0) <= datetime.now(UTC) - found.at < timedelta(minutes=1)
    return found.value.deletion


def seen(found: object) -> bool:
    return isinstance(found, Fact)


# Who did it, and when.


def test_who_deleted_a_robot_a_repository_a_tag_and_a_digest_and_when(world: Registries):
    state = world.harbor
    state.add_robot("old", "shop")
    state.add_robot("everywhere")
    digest = state.digest("shop/web", "2.0")
    state.delete_robot("shop+old", by="paula", days_ago=3)
    state.delete_robot("everywhere", by="admin", days_ago=4)
    state.delete_tag("shop/web", "1.0", by="mara", days_ago=5)
    state.delete_artifact("shop/web", "2.0", by="dave", days_ago=6)
    state.push_image("shop/cart", "1")
    state.delete_repository("shop/cart", by="paula", days_ago=7)
    api = harbor(world)
    cases = (
        (api.robot_removal(HOST, "robot$shop+old"), "robot", "robot$shop+old", "paula", 3),
        (api.robot_removal(HOST, "robot$everywhere"), "robot", "robot$everywhere", "admin", 4),
        (api.removal(HOST, "shop", "tag", "shop/web:1.0"), "tag", "shop/web:1.0", "mara", 5),
        (api.removal(HOST, "shop", "artifact", f"shop/web@{digest}"), "artifact", f"shop/web@{digest}", "dave", 6),
        (api.removal(HOST, "shop", "repository", "shop/cart"), "repository", "shop/cart", "paula", 7),
    )
    for found, kind, resource, by, days in cases:
        deletion = told(found)
        assert deletion is not None, resource
        assert (deletion.kind, deletion.resource, deletion.by) == (kind, resource, by)
        assert abs(datetime.now(UTC) - deletion.at - timedelta(days=days)) < timedelta(minutes=1)


def test_the_newest_of_several_deletions_is_told(world: Registries):
    for by, days in (("mara", 9), ("paula", 2)):
        world.harbor.push_image("shop/web", "3.0")
        world.harbor.delete_tag("shop/web", "3.0", by=by, days_ago=days)
    deletion = told(harbor(world).removal(HOST, "shop", "tag", "shop/web:3.0"))
    assert deletion is not None
    assert deletion.by == "paula"


def test_of_what_the_log_does_not_name_nothing_is_said(world: Registries):
    world.harbor.delete_tag("shop/web", "1.0")
    api = harbor(world)
    for kind, name in (("tag", "shop/web:1.0.1"), ("repository", "shop/web:1.0"), ("robot", "robot$shop+x")):
        assert told(api.removal(HOST, "shop", kind, name)) is None


def test_the_same_name_in_another_project_or_of_another_kind_is_another_thing(world: Registries):
    world.harbor.push_image("pay/web", "1.0")
    world.harbor.delete_tag("pay/web", "1.0", by="admin")
    assert told(harbor(world).removal(HOST, "shop", "tag", "shop/web:1.0")) is None


def test_images_deleted_by_digest_are_counted_where_a_tag_is_not_named(world: Registries):
    world.harbor.push_image("shop/webshop", "1")
    world.harbor.delete_artifact("shop/webshop", "1")
    for tag, days in (("1.0", 2), ("1.1", 1)):
        world.harbor.delete_artifact("shop/web", tag, by="dave", days_ago=days)
    found = harbor(world).removal(HOST, "shop", "tag", "shop/web:1.1")
    assert isinstance(found, Fact)
    assert found.value.deletion is None
    ages = [round((datetime.now(UTC) - one.at) / timedelta(days=1)) for one in found.value.unnamed]
    assert (ages, {one.by for one in found.value.unnamed}) == ([1, 2], {"dave"})


def test_a_project_takes_its_robots_and_its_log_with_it(world: Registries):
    world.harbor.add_robot("pull", "pay")
    world.harbor.delete_project("pay", by="admin", days_ago=2)
    api = harbor(world)
    for found in (api.removal(HOST, "", "project", "pay"), api.robot_removal(HOST, "robot$pay+pull")):
        deletion = told(found)
        assert deletion is not None
        assert (deletion.kind, deletion.resource, deletion.by) == ("project", "pay", "admin")


def test_who_took_a_member_out_is_told_by_a_harbor_that_notes_it(world: Registries):
    world.harbor.version = "v2.16.0-00000000"
    world.harbor.remove_member("shop", "leo", by="paula", days_ago=1)
    deletion = told(harbor(world).removal(HOST, "shop", "member", "leo"))
    assert deletion is not None
    assert deletion.by == "paula"


def test_a_deletion_that_failed_is_none():
    entry = {"operation": "delete", "op_time": "2026-11-20T10:00:00.000Z", "resource": "shop/web:1.0",
             "resource_type": "tag", "username": "dave", "operation_result": False}  # fmt: skip
    found = scripted_removal(json.dumps([entry]).encode())
    assert isinstance(found, Fact)
    assert found.value.deletion is None


# Versions.


def test_an_old_harbor_tells_it_under_the_old_address_to_guests_too(world: Registries):
    world.harbor.version = "v2.9.5-00000000"
    world.harbor.delete_tag("shop/web", "1.0", by="dave")
    for user, may in (("admin", True), ("gina", True), ("leo", False)):
        assert seen(harbor(world, user).removal(HOST, "shop", "tag", "shop/web:1.0")) is may


def test_what_was_deleted_before_an_upgrade_is_found_in_the_old_log(world: Registries):
    world.harbor.delete_tag("shop/web", "1.0", by="dave", days_ago=30)
    world.harbor.upgraded = datetime.now(UTC).timestamp() - 86400
    deletion = told(harbor(world).removal(HOST, "shop", "tag", "shop/web:1.0"))
    assert deletion is not None
    assert deletion.by == "dave"


# "May not see" is never "does not exist".


@pytest.mark.parametrize("user", EVERYBODY)
def test_only_administrators_read_the_projects_log_and_all_others_are_told_so(world: Registries, user: str):
    found = harbor(world, user).removal(HOST, "shop", "tag", "shop/web:0.9")
    if user in ("admin", "paula"):
        assert told(found) is None
    else:
        assert found == Unknown(f"{user} may not read the audit log of shop")


@pytest.mark.parametrize("user", EVERYBODY)
def test_an_empty_log_of_the_whole_harbor_proves_nothing_but_to_an_administrator(world: Registries, user: str):
    world.harbor.delete_project("pay", by="admin")
    found = harbor(world, user).removal(HOST, "", "project", "pay")
    if user == "admin":
        assert told(found) is not None
    else:
        assert found == Unknown(f"{user} may not see the audit log of the whole Harbor")


@pytest.mark.parametrize("user", EVERYBODY)
def test_retention_is_told_from_developer_up(world: Registries, user: str):
    number = world.harbor.set_retention("shop", 10, 5).id
    found = harbor(world, user).retention(HOST, number)
    if user in ("admin", "paula", "mara", "dave"):
        assert isinstance(found, Fact)
        assert found.value == Retention(2)
    else:
        assert found == Unknown(f"{user} may not see the project's tag retention")


@pytest.mark.parametrize("user", EVERYBODY)
def test_a_projects_settings_are_told_to_its_members_and_to_a_robot_that_may_only_pull(world: Registries, user: str):
    world.harbor.set_policy("shop", prevent_vul="critical")
    found = harbor(world, user).project(HOST, "shop")
    if user == "sam":
        assert isinstance(found, Unknown)
        assert found.why.startswith("sam may not read the project shop: ")
    else:
        view = shown(found)
        assert view.policy is not None
        assert view.policy.severity == "critical"


@pytest.mark.parametrize("user", EVERYBODY)
def test_a_project_that_is_not_shown_is_never_called_missing(world: Registries, user: str):
    found = harbor(world, user).project(HOST, "nope")
    if user == "admin":
        assert isinstance(found, Fact)
        assert found.value is None
    else:
        assert isinstance(found, Unknown)


def test_a_login_that_harbor_does_not_know_learns_nothing_and_is_sent_once(world: Registries):
    world.log.clear()
    api = harbor(world, "paula", "wrong")
    answers = (
        api.removal(HOST, "shop", "tag", "shop/web:1.0"),
        api.robot_removal(HOST, "robot$shop+pull"),
        api.retention(HOST, 1),
        api.project(HOST, "shop"),
    )
    for found in answers:
        assert isinstance(found, Unknown)
        assert "refused the login paula" in found.why
    assert world.log.refusals("paula") == 1


# How often it is asked.


def count(world: Registries, path: str) -> int:
    return world.log.count(path=f"/api/v2.0{path}")


def test_one_look_into_the_log_serves_all_that_is_missing_in_a_project(world: Registries):
    world.harbor.delete_tag("shop/web", "1.0")
    world.log.clear()
    api = harbor(world)
    for tag in ("0.1", "0.2", "1.0"):
        api.removal(HOST, "shop", "tag", f"shop/web:{tag}")
    api.removal(HOST, "shop", "repository", "shop/none")
    api.robot_removal(HOST, "robot$shop+none")
    assert (count(world, "/projects/shop/auditlog-exts"), count(world, "/projects/shop/logs")) == (1, 1)
    assert count(world, "/users/current") == 1


def test_a_long_log_is_searched_for_the_one_thing_and_for_each_thing_once(world: Registries):
    world.harbor.add_robot("old", "shop")
    world.harbor.delete_robot("shop+old", by="paula", days_ago=40)
    for number in range(130):
        project = world.harbor.project("shop").id
        world.harbor.note("delete", "robot", f"robot$shop+scan-{number}", "harbor-jobservice", project, days_ago=1)
    world.log.clear()
    api = harbor(world)
    for _ in range(3):
        deletion = told(api.robot_removal(HOST, "robot$shop+old"))
        assert deletion is not None
        assert deletion.by == "paula"
        assert told(api.robot_removal(HOST, "robot$shop+never")) is None
    assert count(world, "/projects/shop/auditlog-exts") == 3


def test_what_is_forgotten_is_asked_anew(world: Registries):
    number = world.harbor.set_retention("shop", 1).id
    api = harbor(world)
    assert told(api.removal(HOST, "shop", "tag", "shop/web:1.0")) is None
    assert seen(api.retention(HOST, number))
    world.harbor.delete_tag("shop/web", "1.0")
    world.log.clear()
    assert told(api.removal(HOST, "shop", "tag", "shop/web:1.0")) is None
    api.retention(HOST, number)
    assert world.log.entries == ()
    api.forget(HOST)
    assert told(api.removal(HOST, "shop", "tag", "shop/web:1.0")) is not None
    api.retention(HOST, number)
    assert count(world, f"/retentions/{number}") == 1


# Answers that are none.


def scripted_removal(log: bytes, status: int = 200) -> Fact[Removal] | Unknown:
    """Ask an API whose audit log answers this."""

    def script(asked: Asked) -> bytes:
        if asked.path.endswith("/users/current"):
            return http(200, b'{"username": "admin", "sysadmin_flag": true}')
        return http(status, log)

    server = Scripted(script)
    login = Login("admin", Password("x"), Origin(OriginKind.OPERATOR, "test", HOST))
    settings = Settings(resolve=server.resolve, registry_ca=CERTIFICATES / "ca.pem", harbor_login=login)
    try:
        return Harbor(settings).removal(HOST, "shop", "tag", "shop/web:1.0")
    finally:
        server.close()


@pytest.mark.parametrize(("body", "status"), [
    (b"<html></html>", 200),
    (b'{"errors": []}', 200),
    (b"null", 200),
    (b"", 500),
    (b'{"errors": [{"code": "NOT_FOUND", "message": "project shop not found"}]}', 404),
    (b'{"errors": [{"code": "NOT_FOUND", "message": "path /api/v2.0/x was not found"}]}', 404),
    (b'[{"operation": "delete", "op_time": "a while ago", "resource": "x"}]', 200),
])  # fmt: skip
def test_a_log_that_cannot_be_read_is_unknown(body: bytes, status: int):
    assert isinstance(scripted_removal(body, status), Unknown)


# Tag retention and settings.


def test_runs_of_the_retention_are_told_without_the_dry_ones(world: Registries):
    policy = world.harbor.set_retention("shop", 10)
    world.harbor.run_retention("shop", days_ago=1, dry=True)
    world.harbor.run_retention("shop", days_ago=3)
    under_way = world.harbor.run_retention("shop", ("shop/web", "1.0"), days_ago=2)
    world.harbor.stop_retention(under_way)
    api = harbor(world)
    found = api.retention(HOST, policy.id)
    assert isinstance(found, Fact)
    assert found.value is not None
    ages = [round((datetime.now(UTC) - begin) / timedelta(days=1)) for begin, _ in found.value.runs]
    assert (ages, found.value.runs[0][1]) == ([2, 3], None)
    unnamed = api.removal(HOST, "shop", "tag", "shop/web:1.0")
    assert isinstance(unnamed, Fact)
    (deletion,) = unnamed.value.unnamed
    assert deletion.by_harbor
    assert found.value.ran_at(deletion.at)
    assert not found.value.ran_at(deletion.at - timedelta(hours=1))


def test_a_retention_that_was_removed_is_none(world: Registries):
    found = harbor(world).retention(HOST, 12)
    assert isinstance(found, Fact)
    assert found.value is None


def shown(found: Fact[ProjectView | None] | Unknown) -> ProjectView:
    assert isinstance(found, Fact), found
    assert found.value is not None
    return found.value


def test_a_project_tells_what_it_demands(world: Registries):
    state = world.harbor
    plain = shown(harbor(world).project(HOST, "shop"))
    assert plain.policy is not None
    assert (plain.policy.severity, plain.policy.cosign, plain.policy.notation) == ("", False, False)
    assert plain.retention_id == 0
    number = state.set_retention("shop", 3).id
    state.set_policy("shop", cosign=True, notation=True, prevent_vul="high")
    until = int(datetime(2026, 1, 2, 3, 4, tzinfo=UTC).timestamp())
    state.allow_cves("shop", "CVE-2026-1", until=until)
    view = shown(harbor(world).project(HOST, "shop"))
    assert view.policy is not None
    assert (view.policy.severity, view.policy.cosign, view.policy.notation) == ("high", True, True)
    assert (view.policy.own_allowlist, view.policy.allowlist) == (True, ("CVE-2026-1",))
    assert view.policy.allowlist_until == datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    assert view.retention_id == number


def test_a_robot_tells_when_its_entry_was_last_changed(world: Registries):
    world.harbor.add_robot("off", "shop", disabled=True, age_days=5)
    found = harbor(world).view(HOST, "shop", "robot$shop+off").robot
    assert isinstance(found, Fact)
    assert found.value is not None
    assert found.value.changed is not None
    assert abs(datetime.now(UTC) - found.value.changed - timedelta(days=5)) < timedelta(minutes=1)


# Health, which needs no login.


def test_harbors_own_health_check_names_the_parts_that_are_ill_first_and_is_asked_once(world: Registries):
    world.harbor.unwell["redis"] = "failed to check health: dial tcp: connection refused"
    world.log.clear()
    prober = Prober(Settings(resolve=world.resolve, registry_ca=world.ca_file))
    found = prober.health(HOST)
    assert prober.health(HOST) is found
    assert isinstance(found, Fact)
    assert [(part.name, part.healthy) for part in found.value][:2] == [("redis", False), ("core", True)]
    assert "connection refused" in found.value[0].error
    assert found.source == f"GET https://{HOST}/api/v2.0/health"
    assert [(entry.path, entry.user) for entry in world.log.entries] == [("/api/v2.0/health", None)]
    prober.forget(None, HOST)
    prober.health(HOST)
    assert count(world, "/health") == 2
    prober.close()


def test_a_health_check_that_says_nothing_is_unknown(world: Registries):
    prober = Prober(Settings(resolve=world.resolve, registry_ca=world.ca_file))
    for host in ("htpasswd.demo.test", "broken.demo.test", "down.demo.test"):
        assert isinstance(prober.health(host), Unknown)
    prober.close()
