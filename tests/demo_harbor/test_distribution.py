"""The two registries that are not Harbor."""

import pytest

LOGIN = ("puller", "Passw0rd-1")


@pytest.fixture
def plain(world, make_client):
    world.htpasswd.add_user(*LOGIN)
    world.htpasswd.push_image("apps/web", "1.0")
    return make_client(world, "htpasswd")


@pytest.fixture
def tokens(world, make_client):
    world.tokens.add_user(*LOGIN)
    world.tokens.push_image("acme/web", "1.0")
    world.tokens.push_image("acme/free", "1.0")
    world.tokens.public.add("acme/free")
    return make_client(world, "token")


def test_basic_is_asked_for_and_is_not_harbors(plain):
    answer = plain.get("/v2/")
    assert (answer.status, answer.header("Www-Authenticate")) == (401, 'Basic realm="Registry Realm"')
    assert answer.error == ("UNAUTHORIZED", "authentication required")
    assert (answer.cookies, answer.header("X-Request-Id")) == ([], None)


def test_a_good_login_pulls_and_a_bad_one_is_refused_at_once(world, plain):
    assert plain.get("/v2/apps/web/manifests/1.0", LOGIN).status == 200
    refused = plain.get("/v2/apps/web/manifests/1.0", (LOGIN[0], "wrong"))
    assert (refused.status, refused.seconds < 1.0) == (401, True)
    assert refused.json["errors"][0]["detail"][0]["Name"] == "apps/web"
    assert world.log.refusals("puller") == 1


def test_a_missing_repository_and_a_missing_tag_look_alike(plain):
    for path in ("apps/web/manifests/nope", "apps/none/manifests/1.0"):
        answer = plain.get(f"/v2/{path}", LOGIN)
        assert (answer.status, answer.error) == (404, ("MANIFEST_UNKNOWN", "manifest unknown"))
        assert answer.header("Docker-Distribution-Api-Version") == "registry/2.0"


def test_tags_of_a_missing_repository_are_a_name_unknown(plain):
    assert plain.get("/v2/apps/web/tags/list", LOGIN).json == {"name": "apps/web", "tags": ["1.0"]}
    answer = plain.get("/v2/apps/none/tags/list", LOGIN)
    assert answer.error == ("NAME_UNKNOWN", "repository name not known to registry")


@pytest.mark.parametrize("path", ["/v2/apps/Web/manifests/1.0", "/v2/apps/web/manifests/-bad", "/elsewhere"])
def test_what_is_no_path_of_the_api_is_plain_text(plain, path):
    answer = plain.get(path, LOGIN)
    assert (answer.status, answer.body) == (404, b"404 page not found\n")


def test_v2_without_slash_is_redirected(plain):
    assert plain.get("/v2").header("Location") == "/v2/"


def test_blobs_are_served(world, plain):
    config = plain.get("/v2/apps/web/manifests/1.0", LOGIN).json["config"]
    assert plain.ask("HEAD", f"/v2/apps/web/blobs/{config['digest']}", LOGIN).status == 200
    assert plain.get(f"/v2/apps/other/blobs/{config['digest']}", LOGIN).error[0] == "BLOB_UNKNOWN"


def test_the_token_service_refuses_a_bad_login_with_a_scope_too(tokens):
    challenge = tokens.get("/v2/acme/web/manifests/1.0").header("Www-Authenticate")
    assert challenge == (
        'Bearer realm="https://token.demo.test/token",service="token.demo.test",scope="repository:acme/web:pull"'
    )
    path = "/token?service=token.demo.test&scope=repository:acme/web:pull"
    refused = tokens.get(path, (LOGIN[0], "wrong"))
    assert (refused.status, refused.json) == (401, {"details": "incorrect username or password"})
    token = tokens.get(path, LOGIN).json["token"]
    assert tokens.get("/v2/acme/web/manifests/1.0", token=token).status == 200


def test_an_anonymous_token_serves_public_repositories_only(tokens):
    both = "&scope=repository:acme/web:pull&scope=repository:acme/free:pull"
    token = tokens.get(f"/token?service=token.demo.test{both}").json["token"]
    assert tokens.get("/v2/acme/free/manifests/1.0", token=token).status == 200
    refused = tokens.get("/v2/acme/web/manifests/1.0", token=token)
    assert refused.status == 401
    assert refused.header("Www-Authenticate").endswith('error="insufficient_scope"')


def test_a_pull_over_its_limit_is_429_with_a_time_to_wait(world, tokens):
    world.tokens.limited.add("acme/free")
    token = tokens.get("/token?service=token.demo.test&scope=repository:acme/free:pull").json["token"]
    answer = tokens.ask("HEAD", "/v2/acme/free/manifests/1.0", token=token)
    assert (answer.status, answer.header("Retry-After")) == (429, "120")
