"""What our own registry client makes of a real docker-registry, with sound and unsound certificates before it."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checks.clients.prober import Prober
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Break, Fact, Knows, Platform
from checks.image import parse
from checks.settings import Settings
from tests.live.registry import PASSWORD, USER, Registry

pytestmark = pytest.mark.live


def prober(registry: Registry, trusted: bool = True) -> Prober:
    host, _, address = registry.resolve.partition("=")
    return Prober(Settings(resolve={host: address}, registry_ca=registry.ca if trusted else None))


def login(registry: Registry, password: str = PASSWORD) -> Login:
    return Login(USER, Password(password), Origin(OriginKind.SECRET, "shop/harbor-pull", registry.host))


def test_a_sound_registry_is_known_by_its_challenge(registry: Registry) -> None:
    ping = prober(registry).ping(registry.host)
    assert (ping.broken, ping.scheme, ping.harbor, ping.exchange.status) == (None, "basic", False, 401)
    assert ping.addresses == ("127.0.0.1",)


def test_an_authority_that_nobody_trusts_is_told_from_other_faults(registry: Registry) -> None:
    ping = prober(registry, trusted=False).ping(registry.host)
    assert ping.broken == Break.TLS_UNKNOWN_CA
    assert [c.names for c in ping.certificates[:1]] == [("registry.live.test",)]


def test_an_expired_certificate_is_told_with_its_end(expired_registry: Registry) -> None:
    ping = prober(expired_registry).ping(expired_registry.host)
    assert ping.broken == Break.TLS_EXPIRED
    ended = ping.certificates[0].not_after
    assert ended is not None
    assert ended < datetime.now(UTC)


def test_a_certificate_for_another_name_is_told_with_its_names(misnamed_registry: Registry) -> None:
    ping = prober(misnamed_registry).ping(misnamed_registry.host)
    assert ping.broken == Break.TLS_HOSTNAME
    assert ping.certificates[0].names == ("another.live.test",)


def test_a_registry_of_plain_http_is_told_as_that(plain_registry: Registry) -> None:
    assert prober(plain_registry).ping(plain_registry.host).broken == Break.PLAIN_HTTP


def test_the_right_login_pulls(registry: Registry) -> None:
    trial = prober(registry).trial(parse(registry.image("shop/web")), login(registry))
    assert (trial.pulls, trial.knows, trial.subject) == (True, Knows.ACCEPTED, USER)


@pytest.mark.parametrize("password", ["wrong", PASSWORD + "\n", PASSWORD.upper(), ""])
def test_a_wrong_password_is_refused(registry: Registry, password: str) -> None:
    trial = prober(registry).trial(parse(registry.image("shop/web")), login(registry, password))
    assert (trial.pulls, trial.knows) == (False, Knows.REFUSED)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.code) == (401, "UNAUTHORIZED")


def test_a_user_that_does_not_exist_is_refused_alike(registry: Registry) -> None:
    stranger = replace(login(registry), username="nobody")
    assert prober(registry).trial(parse(registry.image("shop/web")), stranger).knows == Knows.REFUSED


def test_nobody_may_pull_without_a_login(registry: Registry) -> None:
    trial = prober(registry).trial(parse(registry.image("shop/web")), None)
    assert (trial.pulls, trial.knows) == (False, Knows.NOT_ASKED)


def test_a_missing_tag_is_told_and_the_tags_are_listed(registry: Registry) -> None:
    asked, image = prober(registry), parse(registry.image("shop/web", "nope"))
    trial = asked.trial(image, login(registry))
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.code) == (404, "MANIFEST_UNKNOWN")
    tags = asked.tags(image, login(registry))
    assert isinstance(tags, Fact)
    assert tags.value == ("1",)


def test_the_platforms_of_an_index_are_read(registry: Registry) -> None:
    arm = Platform("linux", "arm64")
    trial = prober(registry).trial(parse(registry.image("shop/both")), login(registry), arm)
    assert trial.manifest is not None
    assert trial.manifest.platforms == (Platform("linux", "amd64"), arm)


def test_the_platform_of_a_single_image_is_read_from_its_config(registry: Registry) -> None:
    image = parse(registry.image("shop/web"))
    trial = prober(registry).trial(image, login(registry), Platform("linux", "amd64"))
    assert trial.manifest is not None
    assert trial.manifest.platforms == (Platform("linux", "amd64"),)
