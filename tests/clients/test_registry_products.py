"""Registries other than Harbor, each as it behaves at its door: who gets in, who does not, and what is asked of it."""

import json
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from checks.clients.harbor import Harbor
from checks.clients.prober import Prober
from checks.credentials import IDENTITY_USER, Login, Origin, OriginKind, Password
from checks.demo.harbor.web import answer
from checks.demo.registries import Registries
from checks.facts import Fact, Knows, Trial
from checks.followup import FollowUp
from checks.image import ImageRef, parse
from checks.settings import Settings
from tests.clients.products import GOOD, PRIVATE, PRODUCTS, PUBLIC, STALE, Counter, Product, refusal, serving

BY_NAME = {product.name: product for product in PRODUCTS}
IDENTITY = ("Docker Hub", "ACR", "a token service that is asked by POST only")


@pytest.fixture(params=PRODUCTS, ids=lambda product: product.name)
def counter(request: pytest.FixtureRequest) -> Iterator[Counter]:
    with serving(request.param) as served:
        yield served


@pytest.fixture
def named(request: pytest.FixtureRequest) -> Iterator[Counter]:
    with serving(BY_NAME[request.param]) as served:
        yield served


def settings(counter: Counter, **more: object) -> Settings:
    return replace(Settings(resolve=counter.resolve, registry_ca=counter.ca, timeout=5), **more)


def prober(counter: Counter, **more: object) -> Prober:
    return Prober(settings(counter, **more))


def login(product: Product, password: str = GOOD) -> Login:
    key = product.key or product.image
    return Login(product.user, Password(password), Origin(OriginKind.SECRET, "prod/pull", key))


def identity(counter: Counter, token: Password | None = None) -> Login:
    origin = Origin(OriginKind.HELPER, "docker-credential-x", counter.product.key or counter.product.image)
    return Login(IDENTITY_USER, token or counter.door.identity, origin, identity=True)


def image(product: Product, repository: str = PRIVATE, tag: str = "1.0") -> ImageRef:
    return parse(f"{product.image}/{repository}:{tag}")


def asked(counter: Counter) -> list[str]:
    return [f"{entry.method} {entry.path}" for entry in counter.log.entries]


def path_of(line: str) -> str:
    return line.partition(" ")[2]


def tells(trial: Trial, *secrets: str) -> bool:
    return any(secret in repr(trial) for secret in secrets)


# Every product.


def test_a_good_login_pulls(counter: Counter) -> None:
    trial = prober(counter).trial(image(counter.product), login(counter.product))
    assert (trial.knows, trial.pulls, trial.why) == (Knows.ACCEPTED, True, "")
    assert trial.manifest is not None
    assert trial.manifest.digest == counter.door.tags[PRIVATE]["1.0"]
    assert not tells(trial, GOOD, "e30.", "Basic QV", "Basic YW")


def test_a_wrong_login_is_refused_and_sent_once_for_all_images(counter: Counter) -> None:
    asking, wrong = prober(counter), login(counter.product, STALE)
    trials = [asking.trial(image(counter.product, *path), wrong) for path in ((PRIVATE,), (PRIVATE, "2"), (PUBLIC,))]
    assert {(trial.knows, trial.pulls) for trial in trials} == {(Knows.REFUSED, False)}
    asking.forget(wrong, counter.product.image)
    assert asking.trial(image(counter.product), wrong).knows is Knows.REFUSED
    assert counter.log.refusals(counter.product.user) == 1
    assert not tells(trials[0], STALE)


def test_the_registrys_own_words_of_a_refusal_are_kept(counter: Counter) -> None:
    trial = prober(counter).trial(image(counter.product), login(counter.product, STALE))
    wrong = counter.product.wrong
    said = re.search(r'"(?:message|details|error)":"([^"]*)"', wrong.body.decode())
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.message) == (wrong.status, said[1] if said else "")


def test_nobody_pulls_what_is_public_and_nothing_else(counter: Counter) -> None:
    asking = prober(counter)
    private = asking.trial(image(counter.product), None)
    public = asking.trial(image(counter.product, PUBLIC), None)
    if counter.product.gets:
        assert (private.knows, private.pulls) == (Knows.NOT_ASKED, False)
        assert public.pulls is counter.product.anonymous
    else:
        assert (private.pulls, public.pulls) == (None, None)
        assert private.why == f"the token service at {counter.product.host} answered 404"
    assert public.subject == ""


def test_only_the_registry_and_its_token_service_are_asked_and_nothing_of_harbors(counter: Counter) -> None:
    """Even with a login for Harbor's API at hand, whether the login pulls, is refused, or the image is not there."""
    product = counter.product
    operator = Login("admin", Password("Operator-3-Password"), Origin(OriginKind.ENVIRONMENT, "X", product.image))
    chosen = settings(counter, harbor_login=operator)
    asking, harbor = Prober(chosen), Harbor(chosen)
    more = FollowUp(asking, harbor)
    for login_, tag in ((login(product), "1.0"), (login(product), "2"), (login(product, STALE), "1.0"), (None, "1.0")):
        ping, ref = Fact(asking.ping(product.image), "test", datetime.now(UTC)), image(product, PRIVATE, tag)
        trials = (asking.trial(ref, login_),)
        more.views(ref, ping, trials, asking.trial(ref, None))
        more.auth_mode(ref, ping, trials)
        more.project(ref, ping, trials)
    harbor.close()
    realm = urlsplit(product.realm).path
    assert not ping.value.harbor
    assert [path for path in map(path_of, asked(counter)) if not path.startswith("/v2/") and path != realm] == []
    assert {e.user for e in counter.log.entries} <= {None, product.user}


def test_a_good_login_costs_a_ping_a_test_and_a_look(counter: Counter) -> None:
    prober(counter).trial(image(counter.product), login(counter.product))
    product = counter.product
    path = urlsplit(product.realm).path
    token = [f"GET {path}"] if product.gets else [f"GET {path}", f"POST {path}"]
    test = 2 * token if product.realm else ["GET /v2/"]
    assert asked(counter) == ["GET /v2/", *test, f"HEAD /v2/{PRIVATE}/manifests/1.0"]


# What is particular to some.


@pytest.mark.parametrize("named", ["Docker Hub", "GitLab"], indirect=True)
def test_a_token_service_on_another_host_gets_a_login_only_from_the_registry_it_is_known_for(named: Counter) -> None:
    """The same realm, named by a registry of any other name, gets nothing."""
    elsewhere = replace(named.product, image="token.demo.test", door="", key="")
    with serving(elsewhere) as other:
        trial = Prober(settings(other)).trial(image(elsewhere), login(elsewhere))
    assert trial.knows is Knows.NOT_ASKED
    assert "token service on another host" in trial.why
    assert other.log.count(user=elsewhere.user) == 0
    assert asked(other) == ["GET /v2/"]


@pytest.mark.parametrize("named", ["Artifact Registry"], indirect=True)
def test_a_json_key_goes_as_it_is_and_no_service_is_made_up(named: Counter) -> None:
    key = json.dumps({"type": "service_account", "private_key": "-----BEGIN\nä:%+&=\n"}, indent=2)
    named.door.add_user("_json_key", key)
    assert prober(named).trial(image(named.product), login(named.product, key)).pulls
    scopes = [entry.query for entry in named.log.entries if entry.path == "/v2/token"]
    assert scopes == ["", "scope=repository%3Ateam%2Fgroup%2Fapp%3Apull"]


@pytest.mark.parametrize("named", ["Artifactory"], indirect=True)
def test_of_two_challenges_bearer_is_taken_in_one_header_or_two(named: Counter) -> None:
    one_line = replace(named.product, challenges=(", ".join(named.product.challenges),))
    assert prober(named).ping(named.product.image).scheme == "bearer"
    with serving(one_line) as other:
        ping = prober(other).ping(one_line.image)
    assert (ping.scheme, ping.realm) == ("bearer", named.product.realm)


@pytest.mark.parametrize("named", ["ECR with a token that has run out"], indirect=True)
def test_a_403_that_speaks_of_no_end_leaves_the_login_undecided_and_the_image_is_asked_for(named: Counter) -> None:
    forbidden = replace(named.product, wrong=refusal(403, "DENIED", "not for you"))
    with serving(forbidden) as other:
        trial = prober(other).trial(image(forbidden), login(forbidden, STALE))
    assert (trial.knows, trial.pulls) == (Knows.UNKNOWN, False)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.code) == (403, "DENIED")
    assert asked(other)[-1].startswith(f"GET /v2/{PRIVATE}/manifests/")


@pytest.mark.parametrize("named", ["GHCR", "Docker Hub"], indirect=True)
def test_an_answer_without_a_token_gives_no_verdict(named: Counter) -> None:
    with serving(replace(named.product, field="id_token")) as empty:
        trial = prober(empty).trial(image(empty.product), login(empty.product))
    assert (trial.knows, trial.manifest) == (Knows.UNKNOWN, None)
    assert trial.why.endswith("answered with something that is no token")


# By POST.


@pytest.mark.parametrize("named", ["a token service that is asked by POST only"], indirect=True)
def test_where_a_get_is_no_way_the_login_is_posted_by_the_password_grant(named: Counter) -> None:
    trial = prober(named).trial(image(named.product), login(named.product))
    first, second = named.door.forms
    common = {"grant_type": "password", "username": "ann", "password": GOOD, "client_id": "harbor-doctor"}
    assert first == common | {"service": "posts.demo.test"}
    assert second == first | {"scope": f"repository:{PRIVATE}:pull"}
    posts = [exchange for exchange in trial.exchanges if exchange.method == "POST"]
    assert [exchange.user for exchange in posts] == ["ann", "ann"]
    assert dict(posts[0].form) == {key: value for key, value in first.items() if key != "password"}
    assert not tells(trial, GOOD)


@pytest.mark.parametrize("named", ["a token service that is asked by POST only"], indirect=True)
@pytest.mark.parametrize("password", ["ä+&=% \n", "\udcff\udc80", "1"])
def test_a_password_is_posted_byte_for_byte(named: Counter, password: str) -> None:
    named.door.add_user("ann", password)
    assert prober(named).trial(image(named.product), login(named.product, password)).pulls


@pytest.mark.parametrize("named", ["a token service that is asked by POST only"], indirect=True)
def test_a_token_is_asked_for_by_post_in_a_read_only_run_too(named: Counter) -> None:
    assert prober(named, read_only=True).trial(image(named.product), login(named.product)).pulls


@pytest.mark.parametrize("named", ["Docker Hub"], indirect=True)
def test_where_a_get_is_answered_nothing_is_posted(named: Counter) -> None:
    prober(named).trial(image(named.product), login(named.product))
    prober(named).trial(image(named.product), login(named.product, STALE))
    assert named.door.forms == []


@pytest.mark.parametrize("named", ["a token service that is asked by POST only"], indirect=True)
def test_many_callers_with_one_wrong_login_cost_one_refusal_by_post_too(named: Counter) -> None:
    asking, wrong = prober(named), login(named.product, STALE)
    with ThreadPoolExecutor(20) as pool:
        trials = list(pool.map(lambda n: asking.trial(image(named.product, tag=str(n)), wrong), range(20)))
    assert {trial.knows for trial in trials} == {Knows.REFUSED}
    assert named.log.refusals("ann") == 1
    assert len(named.door.forms) == 1


@pytest.mark.parametrize("error", ["invalid_request", "invalid_scope"])
@pytest.mark.parametrize("named", ["a token service that is asked by POST only"], indirect=True)
def test_a_service_that_wants_a_scope_is_asked_with_one_and_that_decides(named: Counter, error: str) -> None:
    with serving(replace(named.product, unscoped=answer(400, {"error": error}))) as strict:
        asking = prober(strict)
        good = asking.trial(image(strict.product), login(strict.product))
        other = asking.trial(image(strict.product, PUBLIC), login(strict.product, STALE))
    assert (good.knows, good.pulls) == (Knows.UNKNOWN, True)
    assert (other.knows, other.pulls) == (Knows.UNKNOWN, False)
    assert other.manifest is not None
    assert other.manifest.message == "invalid_grant"


@pytest.mark.parametrize("methods", [("GET",), ("POST",), ("GET", "POST")])
def test_the_demos_own_token_service_answers_as_it_is_told(methods: tuple[str, ...]) -> None:
    host = "token.demo.test"
    with Registries() as world:
        world.tokens.methods = methods
        world.tokens.add_user("ann", GOOD)
        world.tokens.push_image("team/app", "1.0")
        asking = Prober(Settings(resolve=world.resolve, registry_ca=world.ca_file))
        key = Origin(OriginKind.SECRET, "prod/pull", host)
        trials = [asking.trial(parse(f"{host}/team/app:1.0"), Login("ann", Password(p), key)) for p in (GOOD, STALE)]
    assert [(trial.knows, trial.pulls) for trial in trials] == [(Knows.ACCEPTED, True), (Knows.REFUSED, False)]
    assert world.log.refusals("ann") == 1


# Identity tokens.


@pytest.mark.parametrize("named", IDENTITY, indirect=True)
def test_an_identity_token_is_exchanged_by_the_refresh_token_grant(named: Counter) -> None:
    who = identity(named)
    trial = prober(named).trial(image(named.product), who)
    assert (trial.knows, trial.pulls) == (Knows.ACCEPTED, True)
    first, second = named.door.forms
    assert first.keys() == {"grant_type", "client_id", "service", "refresh_token"}
    assert (first["grant_type"], second["scope"]) == ("refresh_token", f"repository:{PRIVATE}:pull")
    assert named.log.count(method="GET", user=named.product.user) == 0
    assert not tells(trial, who.password.reveal())
    assert all(field != "refresh_token" for exchange in trial.exchanges for field, _ in exchange.form)


@pytest.mark.parametrize("named", IDENTITY, indirect=True)
def test_a_refused_identity_token_is_sent_once_and_never_as_a_password(named: Counter) -> None:
    asking, stale = prober(named), identity(named, Password("stale-token"))
    trials = [asking.trial(image(named.product, path), stale) for path in (PRIVATE, PUBLIC)]
    assert {trial.knows for trial in trials} == {Knows.REFUSED}
    assert named.log.refusals(IDENTITY_USER) == 1
    assert [form["grant_type"] for form in named.door.forms] == ["refresh_token"]


@pytest.mark.parametrize("named", ["Nexus", "ECR"], indirect=True)
def test_an_identity_token_is_not_sent_where_there_is_no_token_service(named: Counter) -> None:
    trial = prober(named).trial(image(named.product), identity(named))
    assert (trial.knows, trial.pulls) == (Knows.NOT_ASKED, None)
    assert "no token service" in trial.why
    assert asked(named) == ["GET /v2/"]


@pytest.mark.parametrize("named", ["GHCR"], indirect=True)
def test_a_token_service_without_oauth2_leaves_an_identity_token_undecided(named: Counter) -> None:
    trial = prober(named).trial(image(named.product), identity(named))
    assert (trial.knows, trial.pulls) == (Knows.UNKNOWN, None)
    assert trial.why == "the token service at ghcr.io answered 404"


@pytest.mark.parametrize("named", ["ACR"], indirect=True)
def test_an_identity_token_goes_to_the_registry_of_its_own_key_only(named: Counter) -> None:
    origin = Origin(OriginKind.HELPER, "docker-credential-x", "other.azurecr.io")
    trial = prober(named).trial(image(named.product), replace(identity(named), origin=origin))
    assert trial.knows is Knows.NOT_ASKED
    assert named.door.forms == []
