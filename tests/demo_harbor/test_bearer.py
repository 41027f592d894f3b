"""What a bearer token is worth, and for how long."""

import time

import pytest

from checks.demo.harbor.front import Front
from checks.demo.harbor.server import Server
from checks.demo.harbor.web import RequestLog

PATH = "/v2/team/app/manifests/1.0"
REFUSED = (
    "UNAUTHORIZED",
    "unauthorized to access repository: team/app, action: pull: "
    "unauthorized to access repository: team/app, action: pull",
)


def test_a_token_serves_every_repository_of_its_project(client, person):
    token = client.pull_token(person("guest1"), "team/app")
    assert client.get("/v2/team/deep/nested/app/manifests/2.0", token=token).status == 200
    assert client.get("/v2/signed/app/manifests/1.0", token=token).status == 401


def test_a_token_outlives_its_robot(harbor, client, robot):
    token = client.pull_token(robot("team+puller"), "team/app")
    harbor.delete_robot("team+puller")
    assert client.get(PATH, token=token).status == 200
    assert client.token(robot("team+puller")).status == 401


def test_a_token_from_before_the_membership_stays_powerless(harbor, client, person):
    old = client.pull_token(person("stranger"), "team/app")
    harbor.add_member("team", "stranger")
    assert client.get(PATH, token=old).status == 401
    assert client.manifest("team/app", "1.0", person("stranger")).status == 200


@pytest.mark.parametrize(("age", "status"), [(0, 200), (1850, 200), (1870, 401), (-30, 200), (-300, 401)])
def test_tokens_have_a_minute_of_leeway_on_both_sides(harbor, client, person, age, status):
    token = client.pull_token(person("guest1"), "team/app")
    harbor.clock = lambda: time.time() + age
    assert client.get(PATH, token=token).status == status


def test_a_token_of_another_replicas_key_is_refused_but_public_projects_serve_it(harbor, client, raw_client, person):
    other = Server("replica", Front(harbor), RequestLog())
    other.start()
    try:
        token = raw_client(other.address, "harbor.demo.test").pull_token(person("guest1"), "team/app")
    finally:
        other.stop()
    refused = client.get(PATH, token=token)
    assert (refused.status, refused.error) == (401, REFUSED)
    assert refused.header("Www-Authenticate") == 'Basic realm="harbor"'
    assert client.get("/v2/pub/app/manifests/1.0", token=token).status == 200


def test_garbage_for_a_token_is_refused_alike(world, client):
    for token in ("nonsense", "a.b.c", ""):
        assert client.get(PATH, Authorization=f"Bearer {token}").status == 401
    assert world.log.failures == ()


def test_v2_knows_a_good_token_and_not_an_anonymous_one(client, person):
    good = client.get("/v2/", token=client.pull_token(person("guest1"), "team/app"))
    assert (good.status, good.body) == (200, b"{}\n")
    anonymous = client.get("/v2/", token=client.pull_token(None, "pub/app"))
    assert (anonymous.status, anonymous.header("Www-Authenticate")) == (401, 'Basic realm="harbor"')


def test_a_project_made_anew_does_not_take_tokens_of_the_old_one(harbor, client, robot):
    token = client.pull_token(robot("team+puller"), "team/app")
    harbor.delete_project("team")
    assert client.get(PATH, token=token).error[1].startswith("project team not found")
    assert client.token(robot("team+puller")).status == 401
    harbor.clock = lambda: time.time() + 120
    harbor.push_image("team/app", "1.0")
    assert client.get(PATH, token=token).status == 401
    assert client.get("/v2/", token=token).status == 200


def test_tokens_are_not_taken_by_the_management_api(client, person):
    token = client.pull_token(person("admin"), "team/app")
    assert client.get("/api/v2.0/users/current", token=token).status == 401
