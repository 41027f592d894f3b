"""Harbor's API with the operator's login: what it tells, and what it may not see."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from checks.clients.harbor import Harbor
from checks.clients.harbor_api import q
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.registries import Registries
from checks.facts import Fact, HarborView, Robot, Unknown
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"
ADMIN = "Harbor12345"


@pytest.fixture(scope="module")
def world() -> Iterator[Registries]:
    with Registries() as registries:
        registries.harbor.refusal_seconds = 1.1
        yield registries
    assert registries.log.failures == ()


def operator(username: str, password: str, key: str = HOST) -> Login:
    return Login(username, Password(password), Origin(OriginKind.OPERATOR, "--harbor-user", key))


def harbor(world: Registries, username: str = "admin", password: str = ADMIN) -> Harbor:
    world.log.clear()
    login = operator(username, password)
    return Harbor(Settings(resolve=world.resolve, registry_ca=world.ca_file, harbor_login=login))


def robot_of(view: HarborView) -> Robot | None:
    assert isinstance(view.robot, Fact)
    return view.robot.value


def test_an_administrator_sees_robot_and_project(world: Registries):
    view = harbor(world).view(HOST, "shop", "robot$shop+pull")
    robot = robot_of(view)
    assert robot is not None
    assert (robot.name, robot.level, robot.disabled, robot.expires_at) == ("robot$shop+pull", "project", False, None)
    assert (robot.projects, robot.actions) == (("shop",), ("pull",))
    assert isinstance(view.project_exists, Fact)
    assert view.project_exists.value is True
    assert isinstance(view.member, Unknown)


def test_a_disabled_an_expired_and_a_pushing_robot_are_told_apart(world: Registries):
    world.harbor.add_robot("off", "crm", disabled=True)
    world.harbor.add_robot("old", "crm", duration=30, age_days=31)
    world.harbor.add_robot("push", "crm", actions=("push",))
    api = harbor(world)
    off, old, push = (robot_of(api.view(HOST, "crm", f"robot$crm+{name}")) for name in ("off", "old", "push"))
    assert off is not None
    assert off.disabled
    assert old is not None
    assert old.expires_at is not None
    assert timedelta(0) < datetime.now(UTC) - old.expires_at < timedelta(days=2)
    assert push is not None
    assert push.actions == ("push",)


def test_a_system_robot_is_found_with_its_projects(world: Registries):
    robot = robot_of(harbor(world).view(HOST, "shop", "robot$cluster-pull"))
    assert robot is not None
    assert (robot.level, robot.projects) == ("system", ("shop", "web", "infra"))


def test_a_robot_that_is_not_there_is_a_fact_where_all_may_be_seen(world: Registries):
    api = harbor(world)
    assert robot_of(api.view(HOST, "shop", "robot$shop+gone")) is None
    assert robot_of(api.view(HOST, "shop", "robot$gone")) is None
    assert robot_of(api.view(HOST, "shop", "robot$nope+gone")) is None


def test_only_the_exact_name_counts(world: Registries):
    world.harbor.add_robot("pull-old", "pay")
    assert robot_of(harbor(world).view(HOST, "pay", "robot$pay+pull-ol")) is None


def test_a_robot_of_another_project_is_looked_up_there(world: Registries):
    robot = robot_of(harbor(world).view(HOST, "shop", "robot$web+pull"))
    assert robot is not None
    assert robot.projects == ("web",)


def test_a_robot_whose_prefix_was_changed_is_found_by_the_rest(world: Registries):
    world.harbor.robot_prefix = "bot-"
    try:
        api = harbor(world)
        project = robot_of(api.view(HOST, "shop", "robot$shop+pull"))
        system = robot_of(api.view(HOST, "shop", "robot$cluster-pull"))
        new = robot_of(api.view(HOST, "shop", "bot-shop+pull"))
    finally:
        world.harbor.robot_prefix = "robot$"
    assert project is not None
    assert system is not None
    assert (project.name, system.name) == ("bot-shop+pull", "bot-cluster-pull")
    assert new == project


def test_what_may_not_be_seen_is_unknown_and_never_absent(world: Registries):
    limited = harbor(world, "lena", PASSWORD)
    own, other, system = (
        limited.view(HOST, "crm", name).robot for name in ("robot$crm+pull", "robot$pay+pull", "robot$cluster-pull")
    )
    assert isinstance(own, Unknown)
    assert isinstance(other, Unknown)
    assert isinstance(system, Unknown)
    assert own.why == "lena may not see the robot accounts of crm"
    assert other.why == "lena may not see the project pay"
    assert "of the system" in system.why


def test_whether_a_project_exists_is_told_to_strangers_too(world: Registries):
    stranger = harbor(world, "sam", PASSWORD)
    exists, missing = stranger.view(HOST, "shop", "x").project_exists, stranger.view(HOST, "shpo", "x").project_exists
    assert isinstance(exists, Fact)
    assert isinstance(missing, Fact)
    assert (exists.value, missing.value) == (True, False)


def test_membership_of_a_user(world: Registries):
    api = harbor(world)
    member, stranger = api.view(HOST, "crm", "lena").member, api.view(HOST, "crm", "grace").member
    assert isinstance(member, Fact)
    assert isinstance(stranger, Fact)
    assert (member.value, stranger.value) == (True, False)
    assert isinstance(api.view(HOST, "crm", "lena").robot, Unknown)
    assert isinstance(api.view(HOST, "shpo", "lena").member, Unknown)
    assert isinstance(harbor(world, "sam", PASSWORD).view(HOST, "crm", "lena").member, Unknown)


def test_a_project_and_its_members_are_asked_for_once_for_all_users(world: Registries):
    api = harbor(world)
    for user in ("lena", "grace", "sam"):
        api.view(HOST, "crm", user)
    assert world.log.count(path="/api/v2.0/projects", method="HEAD") == 1
    assert world.log.count(path="/api/v2.0/projects/crm/members") == 1


def test_a_pull_robot_as_operator_sees_little_and_says_so(world: Registries):
    view = harbor(world, "robot$shop+pull", SECRET).view(HOST, "shop", "robot$shop+pull")
    assert isinstance(view.robot, Unknown)
    assert isinstance(view.project_exists, Fact)


def test_without_a_login_nothing_is_asked(world: Registries):
    world.log.clear()
    view = Harbor(Settings(resolve=world.resolve, registry_ca=world.ca_file)).view(HOST, "shop", "robot$shop+pull")
    assert isinstance(view.robot, Unknown)
    assert isinstance(view.project_exists, Unknown)
    assert world.log.entries == ()


def test_the_operators_login_goes_to_the_harbor_it_was_given_for(world: Registries):
    world.log.clear()
    login = operator("admin", ADMIN, "harbor.example.com")
    settings = Settings(resolve=world.resolve, registry_ca=world.ca_file, harbor_login=login)
    view = Harbor(settings).view(HOST, "shop", "robot$shop+pull")
    assert isinstance(view.robot, Unknown)
    assert "harbor.example.com" in view.robot.why
    assert world.log.entries == ()


def test_a_refused_operator_is_asked_once_and_told(world: Registries):
    api = harbor(world, "olivia", "wrong")
    for name in ("robot$shop+pull", "robot$web+pull", "lena"):
        robot = api.view(HOST, "shop", name).robot
        assert isinstance(robot, Unknown)
        assert "refused the login olivia" in robot.why
    assert world.log.refusals("olivia") == 1


def test_a_host_whose_api_is_something_else_is_unknown(world: Registries):
    login = operator("admin", ADMIN, "htpasswd.demo.test")
    settings = Settings(resolve=world.resolve, registry_ca=world.ca_file, harbor_login=login)
    assert isinstance(Harbor(settings).view("htpasswd.demo.test", "shop", "x").project_exists, Unknown)


def test_many_robots_are_read_page_by_page(world: Registries):
    for number in range(120):
        world.harbor.add_robot(f"r{number}", "infra")
    api = harbor(world)
    assert robot_of(api.view(HOST, "infra", "robot$infra+r0")) is not None
    assert robot_of(api.view(HOST, "infra", "robot$infra+r119")) is not None
    assert world.log.count(path="/api/v2.0/robots") == 2


def endless(asked: Asked) -> bytes:
    """An API whose lists go on for ever, every page full."""
    match asked.path.partition("?")[0].removeprefix("/api/v2.0"):
        case "/users/current":
            return http(200, json.dumps({"username": "admin", "sysadmin_flag": True}).encode())
        case "/projects" if asked.method == "GET":
            return http(200, b'[{"name": "shop", "project_id": 7}]')
        case "/robots":
            return http(200, json.dumps([{"id": 1, "name": "robot$shop+other"}] * 100).encode())
        case "/projects/shop/members":
            return http(200, json.dumps([{"entity_name": "other", "entity_type": "u"}] * 100).encode())
    return http(200)


@pytest.mark.parametrize(("username", "field"), [("robot$shop+pull", "robot"), ("lena", "member")])
def test_what_is_not_found_in_a_list_that_was_not_read_to_its_end_is_not_called_absent(username: str, field: str):
    server = Scripted(endless)
    settings = Settings(
        resolve=server.resolve, registry_ca=CERTIFICATES / "ca.pem", harbor_login=operator("admin", ADMIN)
    )
    found = getattr(Harbor(settings).view(HOST, "shop", username), field)
    server.close()
    assert isinstance(found, Unknown)
    assert "there are 5,000 or more" in found.why


def test_a_view_is_looked_up_once_until_it_is_forgotten(world: Registries):
    api = harbor(world)
    api.view(HOST, "shop", "robot$shop+pull")
    asked = len(world.log.entries)
    api.view(HOST, "shop", "robot$shop+pull")
    assert len(world.log.entries) == asked
    api.forget(HOST)
    api.view(HOST, "shop", "robot$shop+pull")
    assert len(world.log.entries) > asked
    assert world.log.count(path="/api/v2.0/users/current") == 1


def test_no_cookie_goes_to_the_api(world: Registries):
    api = harbor(world)
    api.view(HOST, "data", "grace")
    assert all(entry.cookies == () for entry in world.log.entries)


def test_values_in_a_query_are_quoted_once_more_than_the_address():
    assert q(Level="project", ProjectID="7") == "Level=project,ProjectID=7"
    assert q(name="team+puller") == "name=team%2Bpuller"
    assert q(name="~a,b") == "name=~a%2Cb"
