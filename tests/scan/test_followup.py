"""The second questions, put to the pretend registries: what a login was meant to be, and where an image really is."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from checks.clients.harbor import Harbor
from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.harbor_content import SECRET
from checks.demo.registries import Registries
from checks.elsewhere import candidates, host_of, names_no_registry, short_of
from checks.facts import Fact, Knows, Unknown
from checks.followup import FollowUp, needless, tried
from checks.image import parse
from checks.settings import Settings
from tests import builders as b

HARBOR, OIDC = "harbor.demo.test", "oidc.demo.test"
ADMIN = Login("admin", Password(ADMIN_PASSWORD), Origin(OriginKind.OPERATOR, "test", "*.demo.test"))


@pytest.fixture(scope="module")
def registries() -> Iterator[Registries]:
    with Registries() as started:
        yield started


@pytest.fixture(scope="module")
def prober(registries: Registries) -> Iterator[Prober]:
    made = Prober(Settings(resolve=registries.resolve, registry_ca=registries.ca_file))
    yield made
    made.close()


@pytest.fixture
def more(registries: Registries, prober: Prober) -> Iterator[FollowUp]:
    settings = Settings(resolve=registries.resolve, registry_ca=registries.ca_file, harbor_login=ADMIN)
    harbor = Harbor(settings)
    yield FollowUp(prober, harbor)
    harbor.close()


def _secret(user: str, key: str, in_auth: str = SECRET):
    made = b.entry(user, in_auth, key)
    made[key]["password"] = SECRET
    return b.named(b.secret(made))


def _ping(prober: Prober, host: str):
    return Fact(prober.ping(host), "ping", datetime.now(UTC))


# Where an image without a registry is.


@pytest.mark.parametrize(("image", "there"), [
    ("shop/web:1.4.2", f"{HARBOR}/shop/web:1.4.2"),
    ("harbor/shop/web:1.4.2", f"{HARBOR}/shop/web:1.4.2"),
])  # fmt: skip
@pytest.mark.parametrize("key", [HARBOR, f"https://{HARBOR}/v2/", f"{HARBOR}/shop"])
def test_an_image_without_its_registry_is_found_where_the_pull_secret_points(prober, more, image, there, key) -> None:
    nobody = tried(prober, parse(image), None, None)
    found = more.nearby(parse(image), _secret("robot$shop+pull", key), (nobody,)).elsewhere
    assert isinstance(found, Fact)
    assert [(one.image, one.trial.pulls) for one in found.value] == [(there, True)]


def test_an_image_that_is_not_there_either_is_found_nowhere(prober, more) -> None:
    found = more.nearby(parse("shop/nothing:1"), _secret("robot$shop+pull", HARBOR), ()).elsewhere
    assert isinstance(found, Fact)
    assert found.value == ()


def test_a_registry_that_gives_no_answer_leaves_it_open(more) -> None:
    found = more.nearby(parse("shop/web:1.4.2"), _secret("robot$shop+pull", "down.demo.test"), ()).elsewhere
    assert isinstance(found, Unknown)


@pytest.mark.parametrize("image", [f"{HARBOR}/shop/web:1.4.2", "docker.io/shop/web:1.4.2", "index.docker.io/x/y"])
def test_an_image_that_names_its_registry_is_looked_for_nowhere_else(more, image) -> None:
    assert more.nearby(parse(image), _secret("robot$shop+pull", HARBOR), ()).elsewhere == Unknown("not looked up")


def test_no_login_is_sent_to_a_host_that_its_key_does_not_name(registries, more) -> None:
    before = registries.log.refusals("robot$elsewhere")
    secrets = _secret("robot$elsewhere", "https://user@*.demo.test/x")
    assert isinstance(more.nearby(parse("shop/web:1.4.2"), secrets, ()).elsewhere, Unknown)
    assert registries.log.refusals("robot$elsewhere") == before


@pytest.mark.parametrize(("key", "host"), [
    (HARBOR, HARBOR), (f"https://{HARBOR}/v1/", HARBOR), (f"{HARBOR}:8443/shop", f"{HARBOR}:8443"),
    ("*.demo.test", ""), ("https://index.docker.io/v1/", ""), ("docker.io", ""), ("", ""), ("%zz", ""),
])  # fmt: skip
def test_the_host_of_a_key_is_one_that_an_image_could_name(key, host) -> None:
    assert host_of(key) == host


def test_no_more_than_four_registries_are_tried() -> None:
    many = b.secret({f"r{n}.example.net": b.entry()[b.HOST] for n in range(9)})
    assert len(list(candidates(parse("shop/web"), b.named(many)))) == 4
    assert names_no_registry(parse("web"))
    assert short_of("harbor.demo.test:8443") == "harbor"


# What nobody may.


def _tried_as(prober: Prober, user: str, password: str, image: str):
    login = Login(user, Password(password), Origin(OriginKind.SECRET, "x/y", HARBOR))
    return (tried(prober, parse(image), login, None),)


@pytest.mark.parametrize("image", ["shop/web:1.4.2", "shop/web:9", "web/frontend:3.2.0", "nope/web:1"])
def test_where_harbor_answers_a_login_that_it_knows_nobody_could_learn_more(prober, image) -> None:
    trials = _tried_as(prober, "robot$shop+pull", SECRET, f"{HARBOR}/{image}")
    told = needless(_ping(prober, HARBOR), trials)
    assert told is not None
    assert (told.login, told.manifest, told.exchanges) == (None, None, ())
    nobody = tried(prober, parse(f"{HARBOR}/{image}"), None, None)
    assert not nobody.pulls or trials[0].pulls


@pytest.mark.parametrize("password", ["wrong", ""])
def test_for_a_login_that_harbor_refuses_or_does_not_get_nobody_is_asked(prober, password) -> None:
    trials = _tried_as(prober, "robot$shop+pull", password, f"{HARBOR}/shop/web:1.4.2")
    assert needless(_ping(prober, HARBOR), trials) is None
    assert needless(_ping(prober, HARBOR), ()) is None


@pytest.mark.parametrize(("user", "stands"), [("ann", True), ("robot$shop+pull", True), ("robot$cluster", False)])
def test_a_robot_of_the_system_that_may_nothing_does_not_stand_for_nobody(prober, user, stands) -> None:
    who = Login(user, Password(SECRET), Origin(OriginKind.SECRET, "x/y", HARBOR))
    assert (needless(_ping(prober, HARBOR), (b.accepted(who, b.denied()),)) is not None) is stands
    assert needless(_ping(prober, HARBOR), (b.accepted(who, b.served(), "pull"),)) is not None


def test_at_another_registry_a_login_says_nothing_about_nobody(prober) -> None:
    trials = _tried_as(prober, "robot$shop+pull", SECRET, f"{HARBOR}/shop/web:1.4.2")
    assert needless(_ping(prober, "token.demo.test"), trials) is None
    assert needless(Unknown("no network"), trials) is None


# What a refused login was meant to be.


def test_the_login_beside_auth_is_tried_where_auth_is_refused(prober, more) -> None:
    image = parse(f"{HARBOR}/pay/worker:7.1.1")
    secrets = _secret("robot$pay+pull", HARBOR, "TheOldSecret0fLastYear")
    secret = secrets[0].found.value
    trial = tried(prober, image, secret.entries[0].login, None)
    assert trial.knows is Knows.REFUSED
    (variant,) = more.variants(image, secrets, (trial,), {}, None)
    assert (variant.kind, variant.trial.knows, variant.trial.pulls) == ("username_password", Knows.ACCEPTED, True)


def test_the_new_name_of_a_robot_is_tried_with_its_old_password(prober, more) -> None:
    image = parse(f"{OIDC}/portal/site:1.1")
    secrets = _secret("robot$portal+pull", OIDC)
    trial = tried(prober, image, secrets[0].found.value.entries[0].login, None)
    views = more.views(image, _ping(prober, OIDC), (trial,), tried(prober, image, None, None))
    (variant,) = more.variants(image, secrets, (trial,), views, None)
    assert (variant.kind, variant.trial.login.username) == ("robot_prefix", "bot$portal+pull")
    assert variant.trial.pulls


# How Harbor signs people in.


def test_harbor_tells_anybody_how_it_signs_people_in(prober) -> None:
    assert prober.auth_mode(OIDC).value == "oidc_auth"
    assert prober.auth_mode(HARBOR).value == "db_auth"


@pytest.mark.parametrize("host", ["htpasswd.demo.test", "broken.demo.test", "down.demo.test"])
def test_a_registry_that_is_no_harbor_tells_nothing_of_people(prober, host) -> None:
    assert isinstance(prober.auth_mode(host), Unknown)


def test_how_people_sign_in_is_asked_only_where_one_is_refused(prober, more) -> None:
    image, ping = parse(f"{OIDC}/portal/site:1.0"), _ping(prober, OIDC)
    nora = b.refused(b.login("nora", "old", key=OIDC))
    assert more.auth_mode(image, ping, (nora,)).value == "oidc_auth"
    for trials in ((), (b.refused(b.login("robot$portal+pull", key=OIDC)),), (b.accepted(b.login("nora"), None),)):
        assert more.auth_mode(image, ping, trials) == Unknown("not looked up")
    assert more.auth_mode(image, b.ping(harbor=False), (nora,)) == Unknown("not looked up")
