"""The order of the attempts, the fallback for Docker Hub, and the Secret that spoils all."""

import base64
import time
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.answers import KeyringAnswer
from checks.dockerconfig import read_secret
from checks.image import parse
from checks.keyring import answer
from checks.registrykey import read_key

HOST = "harbor.example.com"
KEYS = st.sampled_from(
    [
        *(f"{HOST}{end}" for end in ("", "/", "/v2/", "/p", "/p/a", ":443", ":")),
        f"https://{HOST}",
        "*.example.com",
        "h*.*.com/p",
        "quay.io",
        "index.docker.io",
        "*.*.*",
    ]
)


def auths(*keys: str) -> dict[str, dict[str, str]]:
    return {key: {"auth": base64.b64encode(f"{key}:pw".encode()).decode()} for key in keys if ":" not in key} | {
        key: {"username": key, "password": "pw"} for key in keys if ":" in key
    }


def tried(result: KeyringAnswer) -> list[tuple[str, str, int]]:
    return [(a.secret, a.key, a.group) for a in result.attempts]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lists=st.lists(st.lists(KEYS, unique=True, max_size=5), max_size=4))
def test_keys_come_in_descending_order_and_secrets_in_list_order_within_a_key(
    make_secret: Any, lists: list[list[str]]
) -> None:
    secrets = [read_secret(make_secret(auths(*keys), name=f"s{at}")) for at, keys in enumerate(lists)]
    result = answer(parse(f"{HOST}/p/a"), secrets)
    filed = [(read_key(a.key), a.secret, a.group) for a in result.attempts]
    order = [([*(-byte for byte in key.index), 1], secret) for key, secret, _ in filed if key]
    assert order == sorted(order)
    assert len({(key.index, secret) for key, secret, _ in filed if key}) == len({group for *_, group in filed})
    assert len(result.entries) == sum(map(len, lists))
    assert sum(v.serves for v in result.entries) == len(result.attempts)


def test_the_exact_host_goes_before_the_wildcard_with_a_path(make_secret: Any) -> None:
    secret = read_secret(make_secret(auths("*.example.com/p/a", HOST, f"{HOST}/p")))
    assert [key for _, key, _ in tried(answer(parse(f"{HOST}/p/a"), [secret]))] == [
        f"{HOST}/p",
        HOST,
        "*.example.com/p/a",
    ]


def test_two_spellings_in_one_secret_share_a_group(make_secret: Any) -> None:
    first = read_secret(make_secret(auths(HOST, f"https://{HOST}"), name="first"))
    second = read_secret(make_secret(auths(HOST), name="second"))
    groups = [group for *_, group in tried(answer(parse(f"{HOST}/a"), [first, second]))]
    assert groups == [0, 0, 1]


def test_the_same_secret_twice_is_tried_twice(make_secret: Any) -> None:
    secret = read_secret(make_secret(auths(HOST)))
    assert tried(answer(parse(f"{HOST}/a"), [secret, secret])) == [("pull", HOST, 0), ("pull", HOST, 1)]


def test_one_unreadable_secret_fails_all(make_secret: Any) -> None:
    good = read_secret(make_secret(auths(HOST), name="good"))
    bad = read_secret(make_secret({"quay.io": {"auth": "%"}}, name="bad"))
    worse = read_secret(make_secret(payload=b"x", name="worse"))
    result = answer(parse(f"{HOST}/a"), [good, bad, worse])
    assert result.attempts == ()
    assert result.error is not None
    assert (result.error.kind, result.error.secret) == ("auth_base64", "bad")
    [verdict] = result.entries
    assert not verdict.serves
    assert "cannot read the Secret bad" in verdict.why


def test_an_unreadable_secret_of_another_type_is_harmless(make_secret: Any) -> None:
    bad = read_secret(make_secret(payload=b"x", type_="Opaque"))
    assert answer(parse(f"{HOST}/a"), [bad]).error is None


def test_docker_hubs_key_serves_only_where_no_other_does(make_secret: Any) -> None:
    hub = read_secret(make_secret(auths("https://index.docker.io/v1/"), name="hub"))
    other = read_secret(make_secret(auths("*.io"), name="other"))
    assert [s for s, *_ in tried(answer(parse("ubuntu"), [hub]))] == ["hub"]
    result = answer(parse("ubuntu"), [hub, other])
    assert [s for s, *_ in tried(result)] == ["other"]
    assert result.entries[0].near == "hub"
    assert not result.entries[0].serves


def test_localhost_and_capital_hosts_get_docker_hubs_login(make_secret: Any) -> None:
    hub = read_secret(make_secret(auths("index.docker.io")))
    assert len(answer(parse("localhost/x"), [hub]).attempts) == 1
    assert len(answer(parse("HARBOR/x"), [hub]).attempts) == 1
    assert answer(parse("harbor:5000/x"), [hub]).attempts == ()


def test_an_answer_takes_well_under_a_millisecond(make_secret: Any) -> None:
    secret, image = read_secret(make_secret(auths(HOST, "quay.io", "*.example.com"))), parse(f"{HOST}/p/a")
    fastest = 1.0
    for _ in range(50):
        started = time.perf_counter()
        answer(image, [secret])
        fastest = min(fastest, time.perf_counter() - started)
    assert fastest < 0.001
