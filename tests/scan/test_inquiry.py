"""The last questions: asked only where their verdict is at hand, each once, and never taken for an absence."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from checks.clients.harbor import Harbor
from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import ADMIN_PASSWORD, HarborState, Reach
from checks.demo.registries import Registries
from checks.facts import NOT_LOOKED, Fact, Unknown
from checks.followup import FollowUp, tried
from checks.image import parse
from checks.inquiry import Inquiry
from checks.model import Evidence
from checks.settings import Settings
from tests import builders as b

HOST = "harbor.demo.test"
SECRET = "Demo1RobotSecretForPullingImages"
PASSWORD = "Sunny-Day-42"


@pytest.fixture
def world() -> Iterator[Registries]:
    state = HarborState()
    state.refusal_seconds, state.password_seconds, state.version = 1.1, 0.0, "v2.16.0-00000000"
    state.add_project("shop")
    for tag in ("1.0", "1.1"):
        state.push_image("shop/web", tag)
    state.add_robot("pull", "shop", secret=SECRET)
    for name in ("gina", "sam"):
        state.add_user(name, PASSWORD)
    state.add_member("shop", "gina")
    with Registries(state) as registries:
        yield registries
    assert registries.log.failures == ()


class Asker:
    """Gathers evidence about images as the gatherer does, with one set of clients."""

    def __init__(self, world: Registries, operator: str = "admin") -> None:
        settings = Settings(resolve=world.resolve, registry_ca=world.ca_file)
        password = {"admin": ADMIN_PASSWORD}.get(operator, PASSWORD)
        login = Login(operator, Password(password), Origin(OriginKind.OPERATOR, "test", HOST))
        self._prober = Prober(settings)
        harbor = Harbor(replace(settings, harbor_login=login)) if operator else None
        self._more = FollowUp(self._prober, harbor)
        self._inquiry = Inquiry(self._prober, harbor)
        world.log.clear()

    def ask(self, image: str, user: str = "robot$shop+pull", password: str = SECRET, text: str = "") -> Evidence:
        ref = parse(f"{HOST}/{image}")
        login = Login(user, Password(password), Origin(OriginKind.SECRET, "shop/harbor-pull", HOST))
        trial, anonymous = (tried(self._prober, ref, who, None) for who in (login, None))
        ping = Fact(self._prober.ping(HOST), "ping", b.NOW)
        found = b.evidence(image=f"{HOST}/{image}", text=text, trials=(trial,), anonymous=anonymous, ping=ping)
        views = self._more.views(ref, ping, (trial,), anonymous)
        project = self._more.project(ref, ping, (trial, anonymous))
        return self._inquiry.pursue(replace(found, harbor=views, project=project))


def api(world: Registries, *parts: str) -> list[str]:
    """The paths of Harbor's API that were asked for, of those that hold one of the parts."""
    paths = [e.path.removeprefix("/api/v2.0") for e in world.log.entries if e.path.startswith("/api/")]
    return [path for path in paths if any(part in path for part in parts)]


def asked(world: Registries) -> list[str]:
    return api(world, "log", "retentions", "health")


def by(found: Fact | Unknown) -> str:
    assert isinstance(found, Fact), found
    assert found.value.deletion is not None
    return found.value.deletion.by


def test_nothing_is_asked_about_an_image_that_is_served(world: Registries):
    found = Asker(world).ask("shop/web:1.0")
    assert (found.removed, found.retention, found.health) == (NOT_LOOKED, NOT_LOOKED, NOT_LOOKED)
    assert asked(world) == []


def test_a_missing_tag_repository_and_project_are_looked_for_in_the_log(world: Registries):
    world.harbor.push_image("shop/cart", "1")
    world.harbor.add_project("pay")
    world.harbor.delete_tag("shop/web", "1.0", by="gina")
    world.harbor.delete_repository("shop/cart", by="sam")
    world.harbor.delete_project("pay", by="admin")
    asker = Asker(world)
    assert by(asker.ask("shop/web:1.0").removed) == "gina"
    assert by(asker.ask("shop/cart:1").removed) == "sam"
    assert by(asker.ask("pay/api:1").removed) == "admin"


def test_a_missing_digest_is_looked_for_by_its_digest(world: Registries):
    digest = world.harbor.delete_artifact("shop/web", "1.1", by="gina")
    assert by(Asker(world).ask(f"shop/web@{digest}").removed) == "gina"


def test_many_images_of_one_project_cost_one_look_into_its_log_and_one_at_its_retention(world: Registries):
    world.harbor.set_retention("shop", 1)
    asker = Asker(world)
    for tag in ("0.1", "0.2", "0.3"):
        found = asker.ask(f"shop/web:{tag}")
        assert isinstance(found.removed, Fact)
        assert isinstance(found.retention, Fact)
    assert sorted(asked(world)) == [
        "/projects/shop/auditlog-exts", "/projects/shop/logs", "/retentions/1", "/retentions/1/executions",
    ]  # fmt: skip


def test_a_project_without_a_retention_is_not_asked_for_one(world: Registries):
    found = Asker(world).ask("shop/web:0.1")
    assert isinstance(found.retention, Fact)
    assert found.retention.value is None
    assert api(world, "retentions") == []


def test_in_a_proxy_cache_nobody_deleted_what_did_not_come(world: Registries):
    world.harbor.add_proxy_project("quay", "https://quay.io", reach=Reach.DOWN, public=True)
    found = Asker(world).ask("quay/coreos/etcd:v3")
    assert (found.removed, found.retention) == (NOT_LOOKED, NOT_LOOKED)
    assert asked(world) == []


def test_a_robot_that_is_gone_is_looked_for_and_one_that_is_there_is_not(world: Registries):
    world.harbor.add_robot("off", "shop", secret=SECRET, disabled=True)
    world.harbor.add_robot("old", "shop", secret=SECRET)
    world.harbor.delete_robot("shop+old", by="gina")
    asker = Asker(world)
    assert asker.ask("shop/web:1.0", "robot$shop+off").harbor["robot$shop+off"].gone == NOT_LOOKED
    assert asked(world) == []
    assert by(asker.ask("shop/web:1.0", "robot$shop+old").harbor["robot$shop+old"].gone) == "gina"


def test_a_user_who_is_known_and_no_member_is_looked_for_and_one_who_is_refused_is_not(world: Registries):
    world.harbor.remove_member("shop", "gina", by="admin")
    asker = Asker(world)
    assert asker.ask("shop/web:1.0", "sam", "wrong").harbor["sam"].gone == NOT_LOOKED
    assert asked(world) == []
    assert by(asker.ask("shop/web:1.0", "gina", PASSWORD).harbor["gina"].gone) == "admin"


def test_without_the_operators_login_only_health_is_asked(world: Registries):
    world.harbor.delete_tag("shop/web", "1.0")
    found = Asker(world, "").ask("shop/web:1.0")
    assert (found.removed, found.retention, found.harbor) == (NOT_LOOKED, NOT_LOOKED, {})
    assert asked(world) == []


def test_who_may_not_read_the_log_learns_that_and_nothing_else(world: Registries):
    world.harbor.set_retention("shop", 1)
    world.harbor.delete_tag("shop/web", "1.0")
    found = Asker(world, "gina").ask("shop/web:1.0")
    assert found.removed == Unknown("gina may not read the audit log of shop")
    assert found.retention == Unknown("gina may not see the project's tag retention")


def test_settings_are_asked_for_where_a_policy_holds_an_image_back(world: Registries):
    world.harbor.set_policy("shop", cosign=True)
    found = Asker(world).ask("shop/web:1.0")
    assert isinstance(found.project, Fact)
    assert found.project.value is not None
    assert found.project.value.policy is not None
    assert found.project.value.policy.cosign
    assert asked(world) == []


@pytest.mark.parametrize("operator", ["", "admin"])
def test_health_is_asked_once_where_harbor_answers_5xx(world: Registries, operator: str):
    world.harbor.registry_down = True
    asker = Asker(world, operator)
    for tag in ("1.0", "1.1"):
        found = asker.ask(f"shop/web:{tag}")
        assert isinstance(found.health, Fact)
        assert found.health.value[0].name == "registry"
    assert asked(world) == ["/health"]


def test_health_is_asked_where_the_kubelet_got_a_5xx_though_all_is_well_from_here(world: Registries):
    text = b.answered(f"{HOST}/shop/web:1.0", "502 Bad Gateway")
    found = Asker(world).ask("shop/web:1.0", text=text)
    assert isinstance(found.health, Fact)
    assert all(part.healthy for part in found.health.value)
