"""`/v2/` beyond the recorded matrix: challenges, odd paths, blobs, tag lists, storage."""

import json
from hashlib import sha256

import pytest

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"


def test_the_challenge_names_the_host_that_was_asked_for(client):
    for host in ("harbor.demo.test", "other.example:99", "192.0.2.7"):
        challenge = client.get("/v2/", Host=host).header("Www-Authenticate")
        assert challenge == f'Bearer realm="https://{host}/service/token",service="harbor-registry"'


@pytest.mark.parametrize("repository", ["team/app", "pub/app", "nope/app"])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_without_a_login_every_repository_is_challenged(client, repository, method):
    answer = client.ask(method, f"/v2/{repository}/manifests/1.0")
    assert answer.status == 401
    assert answer.header("Www-Authenticate").endswith(f',scope="repository:{repository}:pull"')
    assert answer.header("Docker-Distribution-Api-Version") == "registry/2.0"
    if method == "GET":
        words = "authorize header needed to send HEAD to repository"
        assert answer.error == ("UNAUTHORIZED", f"{words}: {words}")


def test_an_empty_authorization_header_counts_as_none(client):
    assert client.get("/v2/", Authorization="").header("Www-Authenticate").startswith("Bearer ")


def test_an_upper_case_path_is_refused_with_an_empty_challenge(client, person):
    token = client.pull_token(person("guest1"), "team/app")
    for answer in (client.get("/v2/team/App/manifests/1.0"), client.get("/v2/team/App/manifests/1.0", token=token)):
        words = "un-recognized request: GET /v2/team/App/manifests/1.0"
        assert (answer.status, answer.header("Www-Authenticate")) == (401, "")
        assert answer.error == ("UNAUTHORIZED", f"{words}: {words}")


def test_a_path_without_a_project_is_a_bad_request_without_cookie(client):
    answer = client.get("/v2/app/manifests/1.0")
    assert (answer.status, answer.error[0], answer.cookies) == (400, "BAD_REQUEST", [])
    assert answer.error[1].endswith("invalid repository name: app")
    assert answer.header("Www-Authenticate") is None


def test_v2_without_slash_is_sent_to_the_containers_own_port(client):
    answer = client.get("/v2", Host="harbor.demo.test:443")
    assert (answer.status, answer.header("Location")) == (301, "https://harbor.demo.test:8443/v2/")


def test_the_catalog_asks_for_basic_and_serves_administrators(client, person):
    assert client.get("/v2/_catalog").header("Www-Authenticate") == 'Basic realm="harbor"'
    assert client.get("/v2/_catalog", person("guest1")).status == 401
    assert "team/app" in client.get("/v2/_catalog", person("admin")).json["repositories"]


def test_a_malformed_tag_is_simply_not_found(client, person):
    answer = client.manifest("team/app", "-bad", person("guest1"))
    assert (answer.status, answer.error) == (404, ("NOT_FOUND", "artifact team/app:-bad not found"))


def test_an_unknown_digest_is_named_with_an_at_sign(client, person):
    digest = "sha256:" + "1" * 64
    assert client.manifest("team/app", digest, person("guest1")).error[1] == f"artifact team/app@{digest} not found"


def test_a_manifest_of_another_repository_is_not_served_by_its_digest(harbor, client, person):
    digest = harbor.digest("team/deep/nested/app", "2.0")
    assert client.manifest("team/app", digest, person("guest1")).status == 404
    assert client.manifest("team/deep/nested/app", digest, person("guest1")).status == 200


@pytest.mark.parametrize(("accept", "kind"), [("*/*", "manifest"), (INDEX, "manifest"), (MANIFEST, "index")])
def test_an_accept_header_that_does_not_name_the_type_gets_404(harbor, client, person, accept, kind):
    harbor.push_image("team/multi", "1.0", platforms=("linux/amd64", "linux/arm64"))
    repository = "team/multi" if kind == "index" else "team/app"
    answer = client.manifest(repository, "1.0", person("guest1"), Accept=accept)
    assert (answer.status, answer.error[0]) == (404, "MANIFEST_UNKNOWN")
    assert answer.error[1].startswith(f"OCI {kind} found, but accept header does not support OCI ")


def test_an_index_leads_to_manifests_configs_and_layers_whose_digests_are_true(harbor, client, person):
    harbor.push_image("team/multi", "1.0", platforms=("linux/amd64", "linux/arm64/v8"), attested=True)
    token = client.pull_token(person("guest1"), "team/multi")
    index = client.get("/v2/team/multi/manifests/1.0", token=token)
    assert index.header("Content-Type") == INDEX
    platforms = [entry["platform"] for entry in index.json["manifests"]]
    assert {"os": "linux", "architecture": "arm64", "variant": "v8"} in platforms
    assert {"os": "unknown", "architecture": "unknown"} in platforms
    child = client.get(f"/v2/team/multi/manifests/{index.json['manifests'][1]['digest']}", token=token)
    for part in (child.json["config"], *child.json["layers"]):
        blob = client.get(f"/v2/team/multi/blobs/{part['digest']}", token=token)
        head = client.ask("HEAD", f"/v2/team/multi/blobs/{part['digest']}", token=token)
        assert "sha256:" + sha256(blob.body).hexdigest() == part["digest"] == head.header("Docker-Content-Digest")
        assert len(blob.body) == part["size"] == int(head.header("Content-Length"))
    config = client.get(f"/v2/team/multi/blobs/{child.json['config']['digest']}", token=token)
    assert (config.json["architecture"], config.json["variant"]) == ("arm64", "v8")


def test_an_index_may_hold_arm64_alone(harbor, client, person):
    harbor.push_image("team/arm", "1.0", platforms=("linux/arm64",), index=True)
    (only,) = client.manifest("team/arm", "1.0", person("guest1")).json["manifests"]
    assert only["platform"] == {"os": "linux", "architecture": "arm64"}


def test_a_part_of_a_blob_can_be_asked_for(client, person):
    token = client.pull_token(person("guest1"), "team/app")
    config = client.get("/v2/team/app/manifests/1.0", token=token).json["config"]
    answer = client.get(f"/v2/team/app/blobs/{config['digest']}", token=token, Range="bytes=0-9")
    assert (answer.status, len(answer.body)) == (206, 10)
    assert answer.header("Content-Range") == f"bytes 0-9/{config['size']}"


def test_an_absent_blob_is_unknown_to_the_registry(client, person):
    token = client.pull_token(person("guest1"), "team/app")
    answer = client.get("/v2/team/app/blobs/sha256:" + "0" * 64, token=token)
    assert (answer.status, answer.error) == (404, ("BLOB_UNKNOWN", "blob unknown to registry"))


def test_tags_are_listed_to_whoever_may_pull(harbor, client, robot):
    harbor.push_image("team/app", "1.1")
    token = client.pull_token(robot("team+puller"), "team/app")
    assert client.get("/v2/team/app/tags/list", token=token).json == {"name": "team/app", "tags": ["1.0", "1.1"]}
    page = client.get("/v2/team/app/tags/list?n=1", token=token)
    assert (page.json["tags"], page.header("Link")) == (["1.0"], '</v2/team/app/tags/list?n=1&last=1.0>; rel="next"')
    assert client.get("/v2/team/app/tags/list?n=1&last=1.0", token=token).json["tags"] == ["1.1"]
    missing = client.get("/v2/team/none/tags/list", token=token)
    assert (missing.status, missing.error) == (404, ("NOT_FOUND", "repository team/none not found"))


def test_while_the_storage_is_down_the_database_still_answers(harbor, client, person):
    harbor.registry_down = True
    token = client.pull_token(person("guest1"), "team/app")
    served = client.get("/v2/team/app/manifests/1.0", token=token)
    assert (served.status, served.body, served.header("Content-Type")) == (502, b"", None)
    assert client.get("/v2/", token=token).status == 502
    assert client.get("/v2/").status == 401
    assert client.get("/v2/team/app/manifests/nope", token=token).error[0] == "NOT_FOUND"
    assert client.get("/v2/team/app/tags/list", token=token).status == 200
    assert client.api("/health").json["status"] == "unhealthy"


def test_only_successful_gets_are_counted_as_pulls(harbor, client, person):
    for method, tag in (("HEAD", "1.0"), ("GET", "nope"), ("GET", "1.0")):
        client.manifest("team/app", tag, person("guest1"), method)
    assert harbor.repositories["team/app"].pull_count == 1


def test_a_deleted_tag_is_not_found_and_its_twin_stays(harbor, client, person):
    harbor.push_image("team/app", "latest", seed="app 1.0")
    harbor.delete_tag("team/app", "1.0")
    assert client.manifest("team/app", "1.0", person("guest1")).status == 404
    assert client.manifest("team/app", "latest", person("guest1")).status == 200


def test_changes_made_by_many_threads_all_arrive(harbor, client, person):
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: harbor.push_image("team/many", f"v{number:03}"), range(64)))
    token = client.pull_token(person("guest1"), "team/many")
    assert len(client.get("/v2/team/many/tags/list", token=token).json["tags"]) == 64


def test_errors_are_one_line_of_json(client):
    body = client.get("/v2/").body
    assert body == json.dumps(json.loads(body), separators=(",", ":")).encode() + b"\n"
