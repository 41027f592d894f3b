"""Writes in Harbor: what they do, what each refusal is called, and the gate that holds them back."""

import json
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest

from checks.clients.harbor import Harbor
from checks.clients.harbor_api import Reply
from checks.clients.harbor_failures import failure
from checks.clients.harbor_objects import LIMITED_GUEST, bare_name, robot_body, same_robot
from checks.clients.harbor_writes import HarborWrites
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import Role, pull_grant
from checks.demo.harbor_content import PASSWORD
from checks.demo.registries import Registries
from checks.errors import Conflict, Forbidden, Invalid, NotFound, Refused, ServerFault, Throttled, Unreachable
from checks.model import ObjectRef
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"
PULL: dict[str, Any] = {
    "level": "project", "duration": 90, "description": "test",
    "permissions": [{"kind": "project", "namespace": "shop", "access": [{"resource": "repository", "action": "pull"}]}],
}  # fmt: skip


@pytest.fixture(scope="module")
def world() -> Iterator[Registries]:
    with Registries() as registries:
        registries.harbor.password_seconds = 0.0
        yield registries
    assert registries.log.failures == ()


def writes(world: Registries, user: str = "admin", key: str = HOST, **more: Any) -> HarborWrites:
    password = Password("Harbor12345" if user == "admin" else PASSWORD)
    login = Login(user, password, Origin(OriginKind.OPERATOR, "given", key))
    return Harbor(Settings(resolve=world.resolve, registry_ca=world.ca_file, harbor_login=login, **more)).writes


def robot(name: str) -> ObjectRef:
    return ObjectRef("Robot", HOST, name)


def body(**changes: Any) -> dict[str, Any]:
    return {"kind": "Robot", "metadata": {}, "spec": {**PULL, **changes}}


def member(project: str, user: str) -> ObjectRef:
    return ObjectRef("Member", HOST, f"{project}/{user}")


ROLE = {"kind": "Member", "metadata": {}, "spec": {"role_id": LIMITED_GUEST}}

# ── robots ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_robot_is_made_and_its_secret_is_told_to_the_caller_alone(world: Registries) -> None:
    stored, login = writes(world).mint(robot("robot$shop+one"), body())
    made = world.harbor.robot("shop+one")
    assert (login.username, login.password) == ("robot$shop+one", made.secret)
    assert made.secret.reveal() not in json.dumps(stored)
    assert made.secret.reveal() not in repr(login)
    assert (made.level, made.duration, made.description) == ("project", 90, "test")
    assert made.grants == (pull_grant("shop"),)
    assert login.origin.key == HOST


def test_a_robot_is_read_disabled_extended_and_deleted(world: Registries) -> None:
    api, ref = writes(world), robot("robot$shop+two")
    api.mint(ref, body())
    read = api.read(ref)
    assert read is not None
    read["spec"] |= {"disable": True, "duration": 100}
    changed = api.replace(ref, read)
    made = world.harbor.robot("shop+two")
    assert (made.disabled, made.duration, made.description, made.grants) == (True, 100, "test", (pull_grant("shop"),))
    assert changed["spec"] == read["spec"]
    api.delete(ref, uid=changed["metadata"]["uid"])
    assert api.read(ref) is None


def test_a_robot_that_somebody_changed_meanwhile_is_not_written_over(world: Registries) -> None:
    api, ref = writes(world), robot("robot$shop+three")
    api.mint(ref, body())
    read = api.read(ref)
    assert read is not None
    world.harbor.update_robot("shop+three", description="mine now")
    with pytest.raises(Conflict, match="was changed meanwhile"):
        api.replace(ref, read)
    with pytest.raises(Conflict, match="was changed meanwhile"):
        api.delete(ref, uid=read["metadata"]["uid"], resource_version=read["metadata"]["resourceVersion"])
    with pytest.raises(Conflict, match="made anew"):
        api.delete(ref, uid="999")
    assert world.harbor.robot("shop+three").description == "mine now"


def test_a_dry_run_writes_nothing_and_tells_what_can_be_known(world: Registries) -> None:
    world.log.clear()
    api = writes(world)
    api.create(robot("robot$shop+dry"), body(), dry_run=True)
    api.create(member("pay", "sam"), ROLE, dry_run=True)
    read = api.read(robot("robot$shop+pull"))
    assert read is not None
    api.replace(robot("robot$shop+pull"), read, dry_run=True)
    api.delete(robot("robot$shop+pull"), uid=read["metadata"]["uid"], dry_run=True)
    with pytest.raises(Conflict, match="is there already"):
        api.create(robot("robot$shop+pull"), body(), dry_run=True)
    with pytest.raises(Forbidden, match="grace may not create robot accounts of pay"):
        writes(world, "grace").create(robot("robot$pay+dry"), body(), dry_run=True)
    assert {entry.method for entry in world.log.entries} <= {"GET", "HEAD"}


def test_a_robot_of_the_system_is_made_for_several_projects(world: Registries) -> None:
    blocks = [{**PULL["permissions"][0], "namespace": name} for name in ("shop", "pay")]
    _, login = writes(world).mint(robot("robot$both"), body(level="system", permissions=blocks))
    assert login.username == "robot$both"
    assert world.harbor.robot("both").grants == (pull_grant("shop"), pull_grant("pay"))
    with pytest.raises(Forbidden, match="takes a system administrator"):
        writes(world, "olivia").mint(robot("robot$mine"), body(level="system", permissions=blocks))


def test_another_prefix_is_read_from_harbor_or_from_its_robots(world: Registries) -> None:
    world.harbor.robot_prefix = "bot#"
    try:
        assert writes(world).prefix(HOST, "shop") == "bot#"
        assert writes(world, "olivia").prefix(HOST, "shop") == "bot#"
        assert writes(world, "sam").prefix(HOST, "") == "robot$"
    finally:
        world.harbor.robot_prefix = "robot$"


def test_a_repair_written_under_the_old_prefix_still_finds_its_robot(world: Registries) -> None:
    api, ref = writes(world), robot("robot$shop+four")
    api.mint(ref, body())
    world.harbor.robot_prefix = "bot$"
    try:
        found = api.read(ref)
    finally:
        world.harbor.robot_prefix = "robot$"
    assert found is not None
    assert found["metadata"]["name"] == "bot$shop+four"


@pytest.mark.parametrize(
    ("shown", "wanted", "same"),
    [
        ("robot$a+x", "robot$a+x", True), ("bot$a+x", "robot$a+x", True), ("robot$b+a+x", "robot$a+x", False),
        ("robot$a+xx", "robot$a+x", False), ("robot$x", "bot$x", False), ("robot$a+y", "robot$a+x", False),
    ],
)  # fmt: skip
def test_names_that_mean_the_same_robot(shown: str, wanted: str, same: bool) -> None:
    assert same_robot(shown, wanted, "robot$") is same


def test_names_without_their_prefix() -> None:
    assert bare_name("robot$a+x", "robot$") == "a+x"
    assert bare_name("bot#a+x", "bot#") == "a+x"
    assert bare_name("other$a+x", "robot$") == "a+x"
    assert bare_name("plain", "robot$") == "plain"


def test_an_effect_that_stands_is_kept_because_harbor_compares_it() -> None:
    access = [{"resource": "repository", "action": "pull", "effect": "allow"}, {"resource": "a", "action": "b"}]
    shown = {"id": 1, "name": "robot$x", "permissions": [{"kind": "project", "namespace": "p", "access": access}]}
    assert robot_body(HOST, shown)["spec"]["permissions"][0]["access"] == access


# ── members and projects ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_member_is_added_as_limited_guest_and_removed(world: Registries) -> None:
    api, ref = writes(world), member("web", "sam")
    assert api.read(ref) is None
    made = api.create(ref, ROLE)
    state = world.harbor
    assert state.role(state.project("web"), state.user("sam")) is Role.LIMITED_GUEST
    with pytest.raises(Conflict, match="already exist"):
        api.create(ref, ROLE)
    api.delete(ref, uid=made["metadata"]["uid"])
    assert state.role(state.project("web"), state.user("sam")) is None
    with pytest.raises(NotFound, match="is not there"):
        api.delete(ref, uid=made["metadata"]["uid"])


def test_a_user_whom_harbor_does_not_know_is_told(world: Registries) -> None:
    with pytest.raises(NotFound, match="user ghost is not found"):
        writes(world).create(member("web", "ghost"), ROLE)


def test_a_private_project_is_made_and_deleted_only_while_it_is_empty(world: Registries) -> None:
    api, ref = writes(world), ObjectRef("Project", HOST, "fresh")
    made = api.create(ref, {"kind": "Project", "metadata": {}, "spec": {"public": False}})
    assert world.harbor.project("fresh").public is False
    world.harbor.push_image("fresh/app", "1")
    read = api.read(ref)
    assert read is not None
    assert read["status"]["repositories"] == 1
    with pytest.raises(Invalid, match="contains repositories"):
        api.delete(ref, uid=made["metadata"]["uid"])
    with pytest.raises(Conflict, match="already exists"):
        api.create(ref, {"kind": "Project", "metadata": {}, "spec": {"public": False}})
    world.harbor.delete_project("fresh")
    assert api.read(ref) is None


def test_a_sample_of_a_project_is_an_artifact_by_digest_or_nothing(world: Registries) -> None:
    world.harbor.add_project("void")
    assert writes(world).sample(HOST, "web").startswith("web/assets/nginx@sha256:")
    assert writes(world).sample(HOST, "void") == ""
    assert writes(world).sample(HOST, "nowhere") == ""


# ── what is refused, and by whom ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("user", "project", "right"), [
    ("olivia", "shop", True), ("dmitri", "shop", False), ("grace", "pay", False), ("admin", "pay", True),
    ("admin", "", True), ("olivia", "", False),
])  # fmt: skip
def test_rights_are_asked_of_harbor(world: Registries, user: str, project: str, right: bool) -> None:
    assert writes(world, user).may(HOST, project, "robot", "create") is right


def test_a_project_that_is_not_shown_is_not_taken_for_missing(world: Registries) -> None:
    with pytest.raises(Forbidden, match="may not see the project pay"):
        writes(world, "lena").read(ObjectRef("Project", HOST, "pay"))


def test_a_read_only_run_sends_no_write(world: Registries) -> None:
    api = writes(world, read_only=True)
    read = api.read(robot("robot$shop+pull"))
    assert read is not None
    world.log.clear()
    for call in (
        lambda: api.mint(robot("robot$shop+no"), body()), lambda: api.replace(robot("robot$shop+pull"), read),
        lambda: api.delete(robot("robot$shop+pull"), uid=read["metadata"]["uid"]),
        lambda: api.create(member("web", "sam"), ROLE),
    ):  # fmt: skip
        with pytest.raises(Refused, match="read-only"):
            call()
    assert {entry.method for entry in world.log.entries} <= {"GET", "HEAD"}


def test_the_operators_login_goes_to_its_own_host_only(world: Registries) -> None:
    world.log.clear()
    with pytest.raises(Refused, match=r"is for harbor\.demo\.test, not for oidc\.demo\.test"):
        writes(world).mint(ObjectRef("Robot", "oidc.demo.test", "robot$portal+x"), body())
    assert world.log.entries == ()


@pytest.mark.parametrize(
    ("key", "host", "meant"),
    [
        ("harbor.demo.test", "harbor.demo.test:443", True),
        ("harbor.demo.test:443", "harbor.demo.test", True),
        ("https://Harbor.demo.test:8443/", "harbor.demo.test:8443", True),
        ("*.demo.test", "harbor.demo.test", True),
        ("[::1]:8443", "[::1]:8443", True),
        ("harbor.demo.test", "harbor.demo.test:8443", False),
        ("harbor.demo.test:8443", "harbor.demo.test", False),
        ("*.demo.test", "harbor.demo.test:8443", False),
        ("[::1]", "[::1]:8443", False),
        ("", "harbor.demo.test", False),
    ],
)
def test_the_operators_login_goes_to_its_own_port_only(key: str, host: str, meant: bool) -> None:
    login = Login("admin", Password("x"), Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", key))
    assert Harbor(Settings(harbor_login=login)).writes.meant_for(host) is meant


def test_no_cookie_is_ever_sent_with_a_write(world: Registries) -> None:
    world.log.clear()
    api = writes(world)
    made = api.create(member("infra", "sam"), ROLE)
    api.delete(member("infra", "sam"), uid=made["metadata"]["uid"])
    assert all(not entry.cookies for entry in world.log.entries)


def test_harbor_in_read_only_mode_says_so(world: Registries) -> None:
    world.harbor.read_only = True
    try:
        with pytest.raises(Forbidden, match="is in read-only mode, so admin cannot create members of web"):
            writes(world).create(member("web", "sam"), ROLE)
    finally:
        world.harbor.read_only = False


def test_a_robot_that_mints_gives_no_more_than_it_has(world: Registries) -> None:
    from checks.demo.harbor import Access, Grant

    rights = (Access("robot", "create"), Access("robot", "list"), Access("repository", "pull"))
    world.harbor.add_robot("minter", grants=(Grant("project", "pay", rights),), secret=PASSWORD)
    api = writes(world, "robot$minter")
    blocks = [{**PULL["permissions"][0], "namespace": "pay"}]
    _, login = api.mint(robot("robot$pay+child"), body(permissions=blocks))
    assert login.username == "robot$pay+child"
    wide = [{**blocks[0], "access": [{"resource": "repository", "action": "push"}]}]
    with pytest.raises(Forbidden, match="gives no more rights than it has itself"):
        api.mint(robot("robot$pay+wide"), body(permissions=wide))


def test_a_robot_that_mints_for_the_system_finds_what_it_made_under_a_prefix_it_is_not_told(world: Registries) -> None:
    from checks.demo.harbor import Access, Grant

    rights = tuple(Access("robot", action) for action in ("create", "list", "read", "delete"))
    pulls = tuple(pull_grant(project) for project in ("pay", "web"))
    world.harbor.add_robot("sysminter", grants=(Grant("system", "/", rights), *pulls), secret=PASSWORD)
    world.harbor.robot_prefix = "ci-"
    try:
        api = writes(world, "ci-sysminter")
        blocks = [{**PULL["permissions"][0], "namespace": name} for name in ("pay", "web")]
        ref = ObjectRef("Robot", HOST, "robot$of-system", "")
        stored, login = api.mint(ref, body(level="system", permissions=blocks))
        assert login.username == "ci-of-system"
        found = api.read(ref)
        assert found is not None
        assert found["metadata"]["uid"] == stored["metadata"]["uid"]
        api.delete(ref, uid=stored["metadata"]["uid"])
        assert api.read(ref) is None
    finally:
        world.harbor.robot_prefix = "robot$"


@pytest.mark.parametrize(
    ("status", "words", "kind", "said"),
    [
        (None, "nobody there", Unreachable, "gave no answer to the request to make it: nobody there"),
        (400, "bad", Invalid, "does not make it: bad (400)"),
        (401, "", Forbidden, "refuses the login boss"),
        (403, "forbidden", Forbidden, "boss may not make it at Harbor h.test, which takes a crown"),
        (403, "CSRF token not found in request", Forbidden, "wants a CSRF token"),
        (404, "gone", NotFound, "does not make it: gone (404)"),
        (409, "there", Conflict, "does not make it: there (409)"),
        (412, "full", Invalid, "does not make it: full (412)"),
        (429, "", Throttled, "asks to slow down"),
        (500, "", ServerFault, "it is not known whether it was done"),
        (302, "", ServerFault, "it is not known whether it was done"),
    ],
)
def test_each_refusal_is_one_sentence(status: int | None, words: str, kind: type[Exception], said: str) -> None:
    reply = Reply(status, why=f"{words} ({status})" if words and status else words)
    error = failure(reply, "h.test", "boss", "make it", "a crown")
    assert type(error) is kind
    assert said in str(error)
    assert "\n" not in str(error)


def test_an_answer_without_a_secret_is_not_taken_for_a_robot() -> None:
    def answer(asked: Asked) -> bytes:
        if asked.path.endswith("/users/current"):
            return http(200, b'{"sysadmin_flag": true}')
        if asked.method == "POST":
            return http(201, b'{"id": 1, "name": "robot$shop+x"}')
        return http(200, b"{}")

    with closing(Scripted(answer)) as server:
        login = Login("admin", Password("x"), Origin(OriginKind.OPERATOR, "given", HOST))
        ca = CERTIFICATES / "ca.pem"
        api = Harbor(Settings(resolve=server.resolve, registry_ca=ca, harbor_login=login)).writes
        with pytest.raises(ServerFault, match="did not tell its name and secret"):
            api.mint(robot("robot$shop+x"), body())
