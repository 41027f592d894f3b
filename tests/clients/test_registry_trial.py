"""What a login is worth for an image: Harbor's truth table, and registries that are not Harbor."""

from collections.abc import Iterator

import pytest

from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor_content import PASSWORD, SECRET
from checks.demo.registries import Registries
from checks.facts import Fact, Knows, Platform, Trial, Unknown
from checks.image import ImageRef, parse
from checks.settings import Settings

ROBOT = "robot$shop+pull"
AMD64 = Platform("linux", "amd64")


@pytest.fixture(scope="module")
def world() -> Iterator[Registries]:
    with Registries() as registries:
        registries.harbor.refusal_seconds = 1.1
        registries.htpasswd.add_user("ann", "right")
        registries.htpasswd.push_image("team/app", "1.0")
        registries.tokens.add_user("ann", "right")
        registries.tokens.push_image("team/app", "1.0")
        registries.tokens.push_image("open/app", "1.0")
        registries.tokens.public.add("open/app")
        yield registries
    assert registries.log.failures == ()


@pytest.fixture
def prober(world: Registries) -> Prober:
    world.log.clear()
    return Prober(Settings(resolve=world.resolve, registry_ca=world.ca_file))


def image(path: str, host: str = "harbor.demo.test") -> ImageRef:
    return parse(f"{host}/{path}")


def login(username: str, password: str, key: str = "harbor.demo.test") -> Login:
    return Login(username, Password(password), Origin(OriginKind.SECRET, "prod/pull", key))


def asked(world: Registries) -> list[str]:
    return [f"{e.method} {e.path}" for e in world.log.entries]


def test_a_good_robot_pulls_in_four_requests(prober: Prober, world: Registries):
    trial = prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET))
    assert (trial.knows, trial.subject, trial.actions, trial.pulls) == (
        Knows.ACCEPTED,
        ROBOT,
        frozenset({"pull"}),
        True,
    )
    assert trial.manifest is not None
    assert trial.manifest.digest == world.harbor.digest("shop/web", "1.4.2")
    assert asked(world) == [
        "GET /v2/",
        "GET /service/token",
        "GET /service/token",
        "HEAD /v2/shop/web/manifests/1.4.2",
    ]


def test_the_scope_is_really_absent_in_the_test_of_the_login(prober: Prober, world: Registries):
    prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET))
    first, second = world.log.find(path="/service/token")
    assert first.query == "service=harbor-registry"
    assert "scope=repository%3Ashop%2Fweb%3Apull" in second.query


def test_more_images_of_a_project_cost_one_request_each(prober: Prober, world: Registries):
    prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET))
    world.log.clear()
    for path in ("shop/web:1.4.1", "shop/cart:2.1.0", "shop/search:0.9.8"):
        assert prober.trial(image(path), login(ROBOT, SECRET)).pulls
        assert prober.trial(image(path), login(ROBOT, SECRET)).actions == frozenset({"pull"})
    assert [e.method for e in world.log.entries] == ["HEAD"] * 3


def test_another_project_costs_one_token_more(prober: Prober, world: Registries):
    prober.trial(image("shop/web:1.4.2"), login("robot$cluster-pull", SECRET))
    world.log.clear()
    assert prober.trial(image("web/frontend:3.2.1"), login("robot$cluster-pull", SECRET)).pulls
    assert asked(world) == ["GET /service/token", "HEAD /v2/web/frontend/manifests/3.2.1"]


def test_a_wrong_secret_is_refused_and_the_image_looked_up_by_nobody(prober: Prober):
    trial = prober.trial(image("shop/web:1.4.2"), login(ROBOT, "wrong"))
    assert (trial.knows, trial.subject, trial.pulls) == (Knows.REFUSED, "", False)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.empty_challenge) == (401, False)
    assert trial.login is not None
    assert trial.exchanges[0].status == 401
    assert trial.exchanges[0].seconds >= 1


def test_a_refused_login_pulls_from_a_public_project_as_harbor_lets_it(prober: Prober):
    trial = prober.trial(image("library/busybox:1.37"), login("stranger", "wrong"))
    assert (trial.knows, trial.pulls) == (Knows.REFUSED, True)


def test_a_member_of_nothing_is_known_and_may_nothing(prober: Prober):
    trial = prober.trial(image("shop/web:1.4.2"), login("sam", PASSWORD))
    assert (trial.knows, trial.subject, trial.actions, trial.pulls) == (Knows.ACCEPTED, "sam", frozenset(), False)


def test_a_disabled_robot_is_not_accepted(prober: Prober, world: Registries):
    world.harbor.add_robot("off", "shop", secret="Off1Secret", disabled=True)
    trial = prober.trial(image("shop/web:1.4.2"), login("robot$shop+off", "Off1Secret"))
    assert trial.knows in (Knows.REFUSED, Knows.LOCKED)
    assert trial.pulls is False


def test_nobody_is_asked_as_nobody(prober: Prober):
    private, public = prober.trial(image("shop/web:1.4.2"), None), prober.trial(image("library/busybox:1.37"), None)
    assert (private.knows, private.pulls, private.actions) == (Knows.NOT_ASKED, False, frozenset())
    assert (public.knows, public.pulls, public.actions) == (Knows.NOT_ASKED, True, frozenset({"pull"}))


def test_a_missing_project_shows_by_its_empty_challenge(prober: Prober):
    for who in (None, login(ROBOT, SECRET)):
        trial = prober.trial(image("shpo/web:1.4.2"), who)
        assert trial.manifest is not None
        assert (trial.manifest.status, trial.manifest.empty_challenge) == (401, True)
        assert "project shpo not found" in trial.manifest.message


def test_a_refusal_that_always_has_the_same_words_is_not_asked_for_them(prober: Prober, world: Registries):
    trial = prober.trial(image("shop/web:1.4.2"), login("sam", PASSWORD))
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.message) == (401, "")
    assert [e.method for e in world.log.entries if "/manifests/" in e.path] == ["HEAD"]


def test_missing_tag_and_repository_are_told_apart_by_the_message(prober: Prober):
    tag = prober.trial(image("shop/web:9"), login(ROBOT, SECRET)).manifest
    repository = prober.trial(image("shop/wbe:1.4.2"), login(ROBOT, SECRET)).manifest
    assert tag is not None
    assert repository is not None
    assert (tag.status, tag.code, tag.message) == (404, "NOT_FOUND", "artifact shop/web:9 not found")
    assert (repository.status, repository.message) == (404, "repository shop/wbe not found")
    assert tag.in_database
    assert repository.in_database


def test_a_manifest_that_the_storage_lost_is_told_apart_from_a_missing_tag(prober: Prober, world: Registries):
    world.harbor.push_image("shop/lost", "1.0")
    world.harbor.lose_manifest("shop/lost", "1.0")
    lost = prober.trial(image("shop/lost:1.0"), login(ROBOT, SECRET)).manifest
    assert lost is not None
    assert (lost.status, lost.code, lost.in_database) == (404, "MANIFEST_UNKNOWN", False)


def test_a_policy_refusal_brings_its_reason(prober: Prober):
    trial = prober.trial(image("vault/signer:2.4.0-rc1"), login("robot$vault+pull", SECRET))
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.code) == (412, "PROJECTPOLICYVIOLATION")
    assert trial.manifest.message


def test_only_a_refusal_is_repeated_by_get_so_nothing_counts_as_a_pull(prober: Prober, world: Registries):
    prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET))
    prober.trial(image("shop/web:9"), login(ROBOT, SECRET))
    gets = [e for e in world.log.entries if e.method == "GET" and "/manifests/" in e.path]
    assert [(e.path, e.status) for e in gets] == [("/v2/shop/web/manifests/9", 404)]


def test_the_platforms_of_an_index_are_read_when_a_platform_is_asked_for(prober: Prober):
    trial = prober.trial(image("data/notebook:5.1-arm"), login("robot$data+pull", SECRET), AMD64)
    assert trial.manifest is not None
    assert trial.manifest.platforms == (Platform("linux", "arm64"),)


def test_attestations_are_no_platforms(prober: Prober, world: Registries):
    world.harbor.push_image("shop/attested", "1", platforms=("linux/amd64", "linux/arm64"), attested=True)
    trial = prober.trial(image("shop/attested:1"), login(ROBOT, SECRET), AMD64)
    assert trial.manifest is not None
    assert {str(p) for p in trial.manifest.platforms} == {"linux/amd64", "linux/arm64"}


def test_the_platform_of_a_single_image_is_read_from_its_config(prober: Prober, world: Registries):
    world.harbor.push_image("shop/single", "1", platforms=("linux/arm64",))
    trial = prober.trial(image("shop/single:1"), login(ROBOT, SECRET), AMD64)
    assert trial.manifest is not None
    assert trial.manifest.platforms == (Platform("linux", "arm64"),)


def test_docker_hubs_library_redirect_of_a_proxy_project_is_followed(prober: Prober):
    trial = prober.trial(image("hub/redis:7.4"), None)
    assert trial.pulls
    assert [e.status for e in trial.exchanges] == [200, 301, 200]


def test_a_lost_connection_to_the_storage_is_an_answer_of_502(prober: Prober, world: Registries):
    world.harbor.registry_down = True
    try:
        trial = prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET))
    finally:
        world.harbor.registry_down = False
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.knows) == (502, Knows.ACCEPTED)


@pytest.mark.parametrize("host", ["unknown-ca", "down", "broken"])
def test_a_registry_that_cannot_be_asked_gives_no_verdict(prober: Prober, host: str):
    full = f"{host}.demo.test"
    trial = prober.trial(image("shop/web:1.4.2", full), login(ROBOT, SECRET, full))
    assert (trial.knows, trial.manifest, trial.pulls) == (Knows.UNKNOWN, None, None)
    assert full in trial.why


def test_a_portal_page_instead_of_a_token_gives_no_verdict(prober: Prober):
    trial = prober.trial(image("shop/web:1.4.2", "portal.demo.test"), login(ROBOT, SECRET, "portal.demo.test"))
    assert (trial.knows, trial.manifest) == (Knows.UNKNOWN, None)
    assert "no token" in trial.why


def test_htpasswd_tells_good_and_bad_logins_apart(prober: Prober, world: Registries):
    host = "htpasswd.demo.test"
    good = prober.trial(image("team/app:1.0", host), login("ann", "right", host), AMD64)
    bad = prober.trial(image("team/app:1.0", host), login("ann", "wrong", host))
    nobody = prober.trial(image("team/app:1.0", host), None)
    assert (good.knows, good.pulls, good.subject, good.actions) == (Knows.ACCEPTED, True, "ann", None)
    assert good.manifest is not None
    assert good.manifest.platforms == (AMD64,)
    assert (bad.knows, bad.pulls) == (Knows.REFUSED, False)
    assert (nobody.knows, nobody.pulls) == (Knows.NOT_ASKED, False)
    assert world.log.refusals("ann") == 1


def test_a_missing_tag_of_plain_distribution_is_not_called_lost(prober: Prober):
    host = "htpasswd.demo.test"
    manifest = prober.trial(image("team/app:2", host), login("ann", "right", host)).manifest
    assert manifest is not None
    assert (manifest.status, manifest.code, manifest.in_database) == (404, "MANIFEST_UNKNOWN", True)


def test_a_token_service_that_refuses_ends_the_pull(prober: Prober, world: Registries):
    host = "token.demo.test"
    bad = prober.trial(image("open/app:1.0", host), login("ann", "wrong", host))
    assert (bad.knows, bad.pulls) == (Knows.REFUSED, False)
    assert bad.manifest is not None
    assert (bad.manifest.status, bad.manifest.message) == (401, "incorrect username or password")
    assert prober.trial(image("open/app:1.0", host), None).pulls
    assert world.log.refusals("ann") == 1


def test_an_opaque_token_pulls_and_tells_no_rights(prober: Prober):
    host = "token.demo.test"
    good = prober.trial(image("team/app:1.0", host), login("ann", "right", host))
    assert (good.knows, good.pulls, good.actions) == (Knows.ACCEPTED, True, None)


def test_elsewhere_each_repository_has_its_own_token(prober: Prober, world: Registries):
    host = "token.demo.test"
    prober.trial(image("team/app:1.0", host), login("ann", "right", host))
    world.log.clear()
    assert prober.trial(image("open/app:1.0", host), login("ann", "right", host)).pulls
    assert asked(world) == ["GET /token", "HEAD /v2/open/app/manifests/1.0"]


def test_tags_are_listed_with_the_login_that_may(prober: Prober):
    tags = prober.tags(image("shop/web:9"), login(ROBOT, SECRET))
    assert isinstance(tags, Fact)
    assert set(tags.value) == {"1.4.0", "1.4.1", "1.4.2", "1.5.0"}
    assert isinstance(prober.tags(image("shop/web:9"), None), Unknown)
    assert isinstance(prober.tags(image("library/busybox:9"), None), Fact)


def test_a_long_tag_list_is_read_page_by_page(prober: Prober, world: Registries):
    for number in range(30):
        world.harbor.push_image("shop/many", f"t{number:02}", seed="same")
    tags = prober.tags(image("shop/many:x"), login(ROBOT, SECRET))
    assert isinstance(tags, Fact)
    assert len(tags.value) == 30


def no_secret_in(trial: Trial, *secrets: str) -> bool:
    return not any(secret in repr(trial) for secret in secrets)


def test_no_password_and_no_token_is_in_the_evidence(prober: Prober):
    trial = prober.trial(image("shop/web:1.4.2"), login(ROBOT, SECRET), AMD64)
    assert no_secret_in(trial, SECRET, "eyJ", "Bearer ey", "Basic cm9")
    assert [e.user for e in trial.exchanges[:3]] == [ROBOT, ROBOT, "(token)"]
    assert trial.exchanges[1].claims == (("sub", ROBOT), ("actions", "pull"))
