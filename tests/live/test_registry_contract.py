"""What a distribution registry with htpasswd answers: the same questions to Debian's docker-registry and to ours."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from checks.demo.registries import Registries
from tests.live.registry import DOCKER_MANIFEST, OCI_INDEX, OCI_MANIFEST, PASSWORD, USER, Registry
from tests.live.web import Answer, Endpoint

OCI = {"Accept": OCI_MANIFEST}


@pytest.fixture(scope="session")
def pretend_registry() -> Iterator[Registry]:
    with Registries() as world:
        world.htpasswd.add_user(USER, PASSWORD)
        world.htpasswd.push_image("shop/web", "1")
        world.htpasswd.push_image("shop/both", "1", platforms=("linux/amd64", "linux/arm64"))
        host = "htpasswd.demo.test"
        yield Registry(Endpoint(world.resolve[host], ca=world.ca_file, host=host), world.ca_file)


@pytest.fixture(params=[pytest.param("registry", marks=pytest.mark.live), "pretend_registry"])
def distribution(request: pytest.FixtureRequest) -> Registry:
    asked: Registry = request.getfixturevalue(request.param)
    return asked


@pytest.fixture
def anonymous(distribution: Registry) -> Endpoint:
    return distribution.endpoint


@pytest.fixture
def signed_in(distribution: Registry) -> Endpoint:
    return distribution.signed_in


def errors(answer: Answer) -> list[tuple[str, str]]:
    """Code and message of each error (distribution spec, "Error Codes")."""
    assert answer.headers["content-type"] == "application/json; charset=utf-8"
    return [(error["code"], error["message"]) for error in answer.json["errors"]]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_login_the_base_challenges_with_basic(anonymous: Endpoint, method: str) -> None:
    answer = anonymous.ask(method, "/v2/")
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith('Basic realm="')
    assert answer.headers["docker-distribution-api-version"] == "registry/2.0"


def test_with_the_right_login_the_base_is_an_empty_object(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/")
    assert (answer.status, answer.json) == (200, {})
    assert "www-authenticate" not in answer.headers


def test_the_base_without_its_slash_redirects_there(anonymous: Endpoint) -> None:
    answer = anonymous.ask("GET", "/v2")
    assert (answer.status, answer.headers["location"]) == (301, "/v2/")


@pytest.mark.parametrize("login", [None, ("ci", "wrong"), ("nobody", "wrong"), ("ci", "")], ids=str)
def test_a_refusal_does_not_tell_whether_the_user_exists(anonymous: Endpoint, login: tuple[str, str] | None) -> None:
    answer = replace(anonymous, login=login).ask("GET", "/v2/shop/web/manifests/1", headers=OCI)
    assert answer.status == 401
    assert answer.headers["www-authenticate"].startswith('Basic realm="')
    assert errors(answer) == [("UNAUTHORIZED", "authentication required")]
    assert answer.json["errors"][0]["detail"] == [
        {"Type": "repository", "Class": "", "Name": "shop/web", "Action": "pull"}
    ]


def test_a_refused_head_has_no_body(anonymous: Endpoint) -> None:
    answer = anonymous.ask("HEAD", "/v2/shop/web/manifests/1", headers=OCI)
    assert (answer.status, answer.body) == (401, b"")


def test_a_missing_repository_is_not_told_from_a_present_one_without_a_login(anonymous: Endpoint) -> None:
    answer = anonymous.ask("GET", "/v2/shop/none/manifests/1", headers=OCI)
    assert (answer.status, errors(answer)) == (401, [("UNAUTHORIZED", "authentication required")])


def test_a_manifest_comes_with_its_digest_and_type(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/web/manifests/1", headers=OCI)
    assert (answer.status, answer.headers["content-type"]) == (200, OCI_MANIFEST)
    assert answer.json["mediaType"] == OCI_MANIFEST
    digest = answer.headers["docker-content-digest"]
    again = signed_in.ask("GET", f"/v2/shop/web/manifests/{digest}", headers=OCI)
    assert (again.status, again.body) == (200, answer.body)


def test_head_of_a_manifest_has_the_same_headers_and_no_body(signed_in: Endpoint) -> None:
    got = signed_in.ask("GET", "/v2/shop/web/manifests/1", headers=OCI)
    head = signed_in.ask("HEAD", "/v2/shop/web/manifests/1", headers=OCI)
    assert (head.status, head.body) == (200, b"")
    for name in ("content-type", "content-length", "docker-content-digest"):
        assert head.headers[name] == got.headers[name]


@pytest.mark.parametrize("accept", ["", DOCKER_MANIFEST, OCI_INDEX])
def test_an_oci_manifest_is_not_found_by_who_does_not_accept_it(signed_in: Endpoint, accept: str) -> None:
    answer = signed_in.ask("GET", "/v2/shop/web/manifests/1", headers={"Accept": accept} if accept else {})
    assert answer.status == 404
    assert errors(answer) == [
        ("MANIFEST_UNKNOWN", "OCI manifest found, but accept header does not support OCI manifests")
    ]


def test_an_index_comes_to_who_accepts_indexes(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/both/manifests/1", headers={"Accept": f"{OCI_MANIFEST}, {OCI_INDEX}"})
    assert (answer.status, answer.headers["content-type"]) == (200, OCI_INDEX)
    platforms = [manifest["platform"] for manifest in answer.json["manifests"]]
    assert platforms == [{"os": "linux", "architecture": name} for name in ("amd64", "arm64")]
    for manifest in answer.json["manifests"]:
        head = signed_in.ask("HEAD", f"/v2/shop/both/manifests/{manifest['digest']}", headers=OCI)
        assert (head.status, head.headers["content-length"]) == (200, str(manifest["size"]))


def test_an_index_is_not_found_by_who_accepts_manifests_only(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/both/manifests/1", headers=OCI)
    assert answer.status == 404
    assert errors(answer) == [("MANIFEST_UNKNOWN", "OCI index found, but accept header does not support OCI indexes")]


def test_the_config_of_a_manifest_can_be_read(signed_in: Endpoint) -> None:
    manifest = signed_in.ask("GET", "/v2/shop/web/manifests/1", headers=OCI).json
    answer = signed_in.ask("GET", f"/v2/shop/web/blobs/{manifest['config']['digest']}")
    assert answer.status == 200
    assert json.loads(answer.body)["os"] == "linux"


def test_a_missing_tag_names_the_tag(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/web/manifests/nope", headers=OCI)
    assert (answer.status, errors(answer)) == (404, [("MANIFEST_UNKNOWN", "manifest unknown")])
    assert answer.json["errors"][0]["detail"] == {"Tag": "nope"}


def test_a_missing_digest_names_repository_and_revision(signed_in: Endpoint) -> None:
    digest = "sha256:" + 32 * "de"
    answer = signed_in.ask("GET", f"/v2/shop/web/manifests/{digest}", headers=OCI)
    assert (answer.status, errors(answer)) == (404, [("MANIFEST_UNKNOWN", "manifest unknown")])
    assert answer.json["errors"][0]["detail"] == {"Name": "shop/web", "Revision": digest}


def test_a_manifest_of_a_missing_repository_is_a_missing_manifest(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/none/manifests/1", headers=OCI)
    assert (answer.status, errors(answer)) == (404, [("MANIFEST_UNKNOWN", "manifest unknown")])


@pytest.mark.parametrize("signed", [True, False], ids=["signed in", "anonymous"])
def test_an_upper_case_path_is_no_registry_path_at_all(distribution: Registry, signed: bool) -> None:
    endpoint = distribution.signed_in if signed else distribution.endpoint
    answer = endpoint.ask("GET", "/v2/Shop/Web/manifests/1", headers=OCI)
    assert (answer.status, answer.body) == (404, b"404 page not found\n")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert "www-authenticate" not in answer.headers


def test_tags_are_listed_to_who_may_pull(anonymous: Endpoint, signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/web/tags/list")
    assert (answer.status, answer.json["name"]) == (200, "shop/web")
    assert "1" in answer.json["tags"]
    assert anonymous.ask("GET", "/v2/shop/web/tags/list").status == 401


def test_tags_of_a_missing_repository_name_it(signed_in: Endpoint) -> None:
    answer = signed_in.ask("GET", "/v2/shop/none/tags/list")
    assert (answer.status, errors(answer)) == (404, [("NAME_UNKNOWN", "repository name not known to registry")])
    assert answer.json["errors"][0]["detail"] == {"name": "shop/none"}


def test_there_is_no_token_service(signed_in: Endpoint) -> None:
    assert signed_in.ask("GET", "/service/token?service=harbor-registry").status == 404
