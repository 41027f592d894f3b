"""Why an entry serves or not, in words that a junior understands, and how near it came."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from checks.answers import EntryVerdict
from checks.dockerconfig import read_secret
from checks.image import ImageNameError, parse
from checks.keyring import answer

ENTRY = {"username": "u", "password": "s3cret"}


def verdict(make_secret: Any, key: str, image: str) -> EntryVerdict:
    return answer(parse(image), [read_secret(make_secret({key: ENTRY}))]).entries[0]


@pytest.mark.parametrize(
    ("key", "image", "near", "part"),
    [
        ("h.example.com:8443", "h.example.com/p/a", "port", "the key names port 8443, the image none"),
        ("h.example.com", "h.example.com:8443/p/a", "port", "the key names no port, the image port 8443"),
        ("h.example.com:443", "h.example.com/p/a", "port", "443 is not the same as none"),
        ("h.example.com/team", "h.example.com/p/a", "path", "begin with team, and the image is p/a"),
        ("h.example.com/p/a:v1", "h.example.com/p/a:v1", "path", "holds a tag or digest"),
        ("h.example.com/p/a/", "h.example.com/p/a", "path", "ends with a slash"),
        ("oci://h.example.com", "h.example.com/p/a", "scheme", "only http:// and https://"),
        ("HTTPS://h.example.com", "h.example.com/p/a", "scheme", "the key begins with HTTPS://"),
        ("H.example.com", "h.example.com/p/a", "case", "letters are compared exactly"),
        ("*.Example.com", "h.example.com/p/a", "case", "letters are compared exactly"),
        ("h.example.com/P", "h.example.com/p/a", "case", "the path /P"),
        ("*.com", "h.example.com/p/a", "labels", "*.com has 2 parts, h.example.com 3 parts"),
        ("*", "h.example.com/p/a", "labels", "* has 1 part, h.example.com 3 parts"),
        ("example.com", "h.example.com/p/a", "labels", "covers no host above or below it"),
        ("https://h.example.com/v2", "h.example.com/p/a", "v2_slash", "the key ends with /v2"),
        ("https://index.docker.io/v1", "ubuntu", "v2_slash", "the key ends with /v1"),
        ("https://h.example.com/harbor/projects", "h.example.com/p/a", "ui_address", "(/harbor/projects)"),
        ("https://h.example.com/api/v2.0/", "h.example.com/p/a", "ui_address", "(/api/v2.0/)"),
        ("h?.example.com", "h1.example.com/p/a", "wildcard", "stands for the host h"),
        ("h[12].example.com", "h1.example.com/p/a", "wildcard", "no brackets"),
        ("h.example.com:*", "h.example.com:1/p/a", "wildcard", "not in the port"),
        ("h.example.com/p/*", "h.example.com/p/a", "wildcard", "not in its path /p/*"),
        ("registry-1.docker.io", "ubuntu", "hub", "the key for Docker Hub is docker.io"),
        ("harbor", "harbor/p/a", "hub", "so Docker Hub is asked"),
        ("harbor.example.com", "harbr.example.com/p/a", "host", "the image harbr.example.com"),
        ("h.example.com ", "h.example.com/p/a", "host", "holds a blank"),
        ("h.example.com\n", "h.example.com/p/a", "host", "a control character"),
        ("h.example.com.", "h.example.com/p/a", "host", "the dot at the end counts"),
        ("[::1]", "[::1]/p/a", "host", "never matches itself"),
        ("quay.io", "harbor.example.com/p/a", "", "the key is for quay.io, the image comes from harbor.example.com"),
    ],
)
def test_a_miss_names_what_keeps_the_key_from_serving(
    make_secret: Any, key: str, image: str, near: str, part: str
) -> None:
    found = verdict(make_secret, key, image)
    assert not found.serves
    assert found.near == near
    assert part in found.why


@pytest.mark.parametrize(
    ("key", "image", "why"),
    [
        ("h.example.com", "h.example.com/p/a", "the key names the image's host"),
        ("h.example.com/p", "h.example.com/p/a", "the key names the image's host, and its repository begins with p"),
        ("*.example.com", "h.example.com/p/a", "*.example.com covers the image's host"),
        ("index.docker.io", "ubuntu", "no other key matches, so the entry for index.docker.io serves this"),
    ],
)
def test_a_hit_says_why(make_secret: Any, key: str, image: str, why: str) -> None:
    found = verdict(make_secret, key, image)
    assert found.serves
    assert found.near == ""
    assert found.why.startswith(why)


def test_two_differences_are_both_told(make_secret: Any) -> None:
    found = verdict(make_secret, "h.example.com:8443/team", "h.example.com/p/a")
    assert found.near == "port"
    assert "port 8443" in found.why
    assert "begin with team" in found.why


def test_a_password_in_the_key_is_not_in_the_words(make_secret: Any) -> None:
    for key in ("u:hunter2@h.example.com:1", "u:hunter2@quay.io", "u:hunter2 @h.example.com", "oci://u:hunter2@h.x"):
        assert "hunter2" not in verdict(make_secret, key, "h.example.com/p/a").why


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(key=st.text(max_size=30), image=st.from_regex(r"([a-zA-Z0-9.:\[\]-]{1,12}/)?[a-z0-9/]{1,8}", fullmatch=True))
def test_every_key_gets_a_verdict_of_one_line(make_secret: Any, key: str, image: str) -> None:
    try:
        ref = parse(image)
    except ImageNameError:
        return
    [found] = answer(ref, [read_secret(make_secret({key: ENTRY}))]).entries
    assert found.why
    assert found.serves or not found.why.endswith("the image's host")
