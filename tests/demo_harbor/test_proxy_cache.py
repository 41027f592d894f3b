"""Proxy cache projects, with and without an upstream that answers."""

import pytest

from checks.demo.harbor import Reach


@pytest.fixture
def px(harbor):
    """A proxy cache with one cached image, and one that only its upstream has."""
    harbor.add_proxy_project("px", "https://upstream.example")
    harbor.add_member("px", "guest1")
    harbor.push_image("px/lib/app", "cached")
    harbor.push_image("px/lib/app", "fresh", upstream_only=True)
    harbor.push_image("px/lib/other", "fresh", upstream_only=True)
    return harbor


@pytest.fixture
def pull(client, person, px):
    return lambda path, reference, method="GET": client.manifest(path, reference, person("guest1"), method)


def test_the_first_get_by_tag_has_an_empty_digest_header_and_caches(pull):
    assert pull("px/lib/app", "fresh", "HEAD").header("Docker-Content-Digest").startswith("sha256:")
    assert pull("px/lib/app", "fresh").header("Docker-Content-Digest") == ""
    assert pull("px/lib/app", "fresh").header("Docker-Content-Digest").startswith("sha256:")


def test_an_uncached_blob_is_404_to_head_and_served_to_get(px, client, person):
    digest = px.artifacts[px.upstream["px/lib/other"].tags["fresh"]].blobs[0]
    token = client.pull_token(person("guest1"), "px/lib/other")
    assert client.ask("HEAD", f"/v2/px/lib/other/blobs/{digest}", token=token).status == 404
    assert client.get(f"/v2/px/lib/other/blobs/{digest}", token=token).status == 200


def test_what_upstream_does_not_have_is_told_in_other_words(pull):
    answer = pull("px/lib/app", "nope")
    assert answer.error == ("NOT_FOUND", "resource not found: repo px/lib/app, tag nope not found")


def test_a_cached_tag_that_upstream_dropped_is_404_unless_the_project_says_otherwise(px, pull):
    del px.upstream["px/lib/app"]
    assert pull("px/lib/app", "cached").error[1].startswith("resource not found")
    px.set_metadata("px", proxy_cache_local_on_not_found="true")
    assert pull("px/lib/app", "cached").status == 200


@pytest.mark.parametrize("reach", [Reach.REFUSES, Reach.DOWN])
def test_a_dead_upstream_looks_like_something_missing(px, pull, reach):
    px.set_reach("px", reach)
    assert pull("px/lib/app", "cached").status == 200
    assert pull("px/lib/app", "fresh").error == ("NOT_FOUND", "artifact px/lib/app:fresh not found")
    assert pull("px/lib/other", "fresh").error == ("NOT_FOUND", "repository px/lib/other not found")
    assert pull("px/lib/other", "fresh", "HEAD").header("Docker-Distribution-Api-Version") is None


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_upstream_over_its_limit_gives_429_for_what_is_not_cached(px, pull, method):
    px.set_reach("px", Reach.LIMITED)
    answer = pull("px/lib/app", "fresh", method)
    assert (answer.status, answer.header("Retry-After")) == (429, None)
    if method == "GET":
        assert answer.error == ("TOO_MANY_REQUEST", "too many requests to upstream registry")
    assert pull("px/lib/app", "cached", method).status == 200


def test_docker_hub_names_without_library_are_sent_there(px, client, person):
    px.add_proxy_project("hub", "https://hub.docker.com", kind="docker-hub", public=True)
    px.push_image("hub/library/redis", "7")
    answer = client.manifest("hub/redis", "7")
    assert (answer.status, answer.header("Location")) == (301, "/v2/hub/library/redis/manifests/7")
    assert client.manifest("hub/library/redis", "7").status == 200
    token = client.pull_token(None, "hub/redis")
    assert client.get("/v2/hub/redis/tags/list", token=token).status == 404


def test_tags_come_from_upstream_while_it_answers(px, client, person):
    token = client.pull_token(person("guest1"), "px/lib/app")
    assert client.get("/v2/px/lib/app/tags/list", token=token).json["tags"] == ["cached", "fresh"]
    px.set_reach("px", Reach.DOWN)
    assert client.get("/v2/px/lib/app/tags/list", token=token).json["tags"] == ["cached"]


def test_the_summary_tells_even_a_limited_guest_how_the_upstream_is(px, client, person):
    px.set_reach("px", Reach.DOWN)
    answer = client.api("/projects/px/summary", person("guest1")).json
    assert (answer["registry"]["status"], "guest_count" in answer) == ("unhealthy", False)


def test_nothing_is_pushed_to_a_proxy_project(px, client, person):
    answer = client.ask("POST", "/v2/px/lib/app/blobs/uploads/", person("admin"))
    assert answer.error == ("DENIED", "denied: can not push artifact to a proxy project: px")
