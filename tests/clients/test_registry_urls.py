"""Addresses in headers that cannot be read: nothing is followed, and nothing is lost."""

import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.clients.netaddr import split_host
from checks.clients.prober import Prober
from checks.clients.session import LARGEST, Web
from checks.clients.trust import objection
from checks.clients.urls import host_of, join, origin, same_origin, without_query
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Fact, Platform
from checks.image import parse
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Script, Scripted, http

HOST = "harbor.demo.test"
IMAGE = parse(f"{HOST}/team/app:1.0")
CROOKED = (
    "https://[",
    "//[x",
    "https://other.test:99999/x",
    "https://other.test:port/x",
    "http://",
    "https://[::1",
    "\\",
)


@pytest.fixture
def served() -> Iterator[list[Scripted]]:
    servers: list[Scripted] = []
    yield servers
    for server in servers:
        server.close()


def serve(servers: list[Scripted], script: Script) -> Settings:
    servers.append(Scripted(script))
    return Settings(resolve=servers[0].resolve, registry_ca=CERTIFICATES / "ca.pem", timeout=3)


@pytest.mark.parametrize("location", CROOKED)
def test_a_redirect_to_an_address_that_cannot_be_read_is_shown_as_it_came(served: list[Scripted], location: str):
    settings = serve(served, lambda a: http(200) if a.path == "/v2/" else http(302, b"", f"Location: {location}"))
    trial = Prober(settings).trial(IMAGE, None)
    assert trial.manifest is not None
    assert trial.manifest.status == 302
    assert dict(trial.exchanges[-1].headers)["Location"] == location


@pytest.mark.parametrize("location", CROOKED)
def test_a_blob_at_an_address_that_cannot_be_read_offers_no_platform(served: list[Scripted], location: str):
    def script(asked: Asked) -> bytes:
        if "/blobs/" in asked.path:
            return http(307, b"", f"Location: {location}")
        return http(200, b"" if asked.method == "HEAD" else b'{"config": {"digest": "sha256:%s"}}' % (b"a" * 64))

    trial = Prober(serve(served, script)).trial(IMAGE, None, Platform("linux", "amd64"))
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.platforms) == (200, ())


@pytest.mark.parametrize("link", CROOKED)
def test_a_next_page_at_an_address_that_cannot_be_read_ends_the_list(served: list[Scripted], link: str):
    page = http(200, b'{"tags": ["1.0"]}', f'Link: <{link}>; rel="next"')
    tags = Prober(serve(served, lambda a: page if "tags" in a.path else http(200))).tags(IMAGE, None)
    assert isinstance(tags, Fact)
    assert tags.value == ("1.0",)


def test_the_body_of_a_redirect_is_cut_off_like_any_other(served: list[Scripted]):
    sent: list[int] = []

    def endless(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 302 Found\r\nLocation: /v2/\r\nContent-Length: 40000000\r\n\r\n"
        for _ in range(40):
            sent.append(1_000_000)
            yield bytes(1_000_000)

    answer = Web(serve(served, endless)).ask("GET", f"https://{HOST}/v2/")
    assert (answer.status, answer.body) == (302, b"")
    assert answer.failure
    assert sum(sent) < 3 * LARGEST


def test_a_body_without_a_length_that_our_clock_ends_is_not_taken_for_a_whole_one(served: list[Scripted]):
    def drip(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n"
        for _ in range(80):
            time.sleep(0.1)
            yield b"x"

    answer = Web(serve(served, drip)).ask("GET", f"https://{HOST}/v2/")
    assert (answer.status, answer.body) == (200, b"")
    assert "did not end within 3 s" in answer.failure


def test_addresses_are_joined_and_compared():
    assert join("https://h.test/v2/a", "/v2/b?n=1") == "https://h.test/v2/b?n=1"
    assert join("https://h.test/v2/a", "ftp://h.test/x") == ""
    assert origin("HTTPS://H.test/x") == "https://h.test:443"
    assert origin("https://[A::1]:5000") == "https://[a::1]:5000"
    assert same_origin("https://h.test:443/a", "https://H.test/b")
    assert not same_origin("https://h.test:0/a", "https://h.test/b")
    assert not same_origin("https://[", "https://[")
    assert without_query("https://h.test/x?key=1#y") == "https://h.test/x"


@given(st.text(), st.text())
def test_no_text_is_an_address_that_does_harm(one: str, other: str):
    for url in (one, f"https://{one}", f"//{one}", f"https://h:{one}"):
        origin(url)
        host_of(url)
        join(url, other)
        join("https://h.test/", url)


def test_a_port_of_any_length_does_no_harm():
    assert split_host("h.test:5000") == ("h.test", 5000)
    assert split_host("h.test:" + "9" * 5000)[1] == 443


def test_an_ipv6_token_service_with_more_groups_is_another_host():
    login = Login("ann", Password("pw"), Origin(OriginKind.SECRET, "prod/pull", "[fd00::1]"))
    assert objection(login, "[fd00::1]", "https://[fd00::1]/token") == ""
    assert "another host" in objection(login, "[fd00::1]", "https://[fd00::1:443]/token")
