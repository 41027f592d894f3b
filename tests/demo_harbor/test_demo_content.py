"""The furnished Harbor: everything that it promises can be pulled, and looks the same every time."""

import pytest

from checks.demo.harbor import HarborState
from checks.demo.harbor_content import IMAGES, PASSWORD, PEOPLE, PROJECTS, SECRET, furnish
from checks.demo.registries import Registries


@pytest.fixture(scope="module")
def shop(make_client):
    with Registries() as registries:
        registries.harbor.refusal_seconds = registries.harbor.password_seconds = 0.0
        yield make_client(registries, "harbor")
        assert registries.log.failures == ()


@pytest.mark.parametrize(("repository", "tags"), IMAGES)
def test_each_project_robot_pulls_its_images(shop, repository, tags):
    project = repository.partition("/")[0]
    login = (f"robot${project}+pull", SECRET) if project in PROJECTS else None
    assert [shop.manifest(repository, tag, login, "HEAD").status for tag in tags] == [200] * len(tags)


def test_everybody_logs_in(shop):
    for name in {name for name, _, _ in PEOPLE} | {"sam"}:
        assert shop.token((name, PASSWORD)).status == 200


def test_the_vault_holds_back_what_it_should(shop):
    login = ("robot$vault+pull", SECRET)
    statuses = {
        reference: shop.manifest(*reference.split(":"), login).status
        for reference in ("vault/signer:2.3.0", "vault/signer:2.3.1", "vault/signer:2.4.0-rc1", "vault/unscanned:1.0")
    }
    assert list(statuses.values()) == [200, 412, 412, 412]


def test_the_proxies_are_as_described(shop):
    assert shop.manifest("hub/grafana/grafana", "11.3.0").status == 200
    assert shop.manifest("quay/prometheus/prometheus", "v3.0.0").status == 200
    assert shop.manifest("quay/prometheus/prometheus", "v3.1.0").error[1].startswith("artifact quay/")


def test_two_furnished_harbors_have_the_same_digests():
    first, second = furnish(HarborState()), furnish(HarborState())
    assert {name: held.tags for name, held in first.repositories.items()} == {
        name: held.tags for name, held in second.repositories.items()
    }
    assert len(first.artifacts) == len(second.artifacts) > 60
