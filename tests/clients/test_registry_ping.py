"""`GET /v2/` against good registries and against every way to be broken."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from checks.clients.breaks import Broken
from checks.clients.handshake import explain
from checks.clients.prober import Prober
from checks.demo.registries import Registries
from checks.errors import UsageError
from checks.facts import Break, Certificate
from checks.settings import Settings


@pytest.fixture(scope="module")
def world() -> Iterator[Registries]:
    with Registries() as registries:
        yield registries


@pytest.fixture
def prober(world: Registries) -> Prober:
    return Prober(settings(world))


def settings(world: Registries) -> Settings:
    return Settings(resolve=world.resolve, registry_ca=world.ca_file, timeout=3)


def test_harbor_is_known_by_its_challenge(prober: Prober):
    ping = prober.ping("harbor.demo.test")
    assert (ping.broken, ping.exchange.status, ping.harbor) == (None, 401, True)
    assert (ping.scheme, ping.service) == ("bearer", "harbor-registry")
    assert ping.realm == "https://harbor.demo.test/service/token"
    assert ping.addresses == ("127.0.0.1",)
    assert dict(ping.exchange.headers)["Docker-Distribution-Api-Version"] == "registry/2.0"


def test_a_basic_registry_and_a_token_registry_are_not_taken_for_harbor(prober: Prober):
    htpasswd, token = prober.ping("htpasswd.demo.test"), prober.ping("token.demo.test")
    assert (htpasswd.scheme, htpasswd.harbor) == ("basic", False)
    assert (token.scheme, token.harbor, token.realm) == ("bearer", False, "https://token.demo.test/token")


def test_a_certificate_of_an_unknown_authority_is_told_with_its_issuer(prober: Prober):
    ping = prober.ping("unknown-ca.demo.test")
    assert ping.broken == Break.TLS_UNKNOWN_CA
    assert "Somebody else's CA" in ping.detail
    assert ping.certificates[0].names == ("unknown-ca.demo.test",)
    assert ping.exchange.status is None
    assert ping.exchange.failure == ping.detail


def test_an_expired_certificate_is_told_with_its_date(prober: Prober):
    ping = prober.ping("expired.demo.test")
    assert ping.broken == Break.TLS_EXPIRED
    assert "2020-01-01" in ping.detail
    assert ping.certificates[0].not_after == datetime(2020, 1, 1, tzinfo=UTC)


def test_a_certificate_for_another_name_is_told_with_both_names(prober: Prober):
    ping = prober.ping("misnamed.demo.test")
    assert ping.broken == Break.TLS_HOSTNAME
    assert "elsewhere.demo.test" in ping.detail
    assert "misnamed.demo.test" in ping.detail


def test_without_the_users_ca_the_demos_harbor_is_not_trusted(world: Registries):
    ping = Prober(replace(settings(world), registry_ca=None)).ping("harbor.demo.test")
    assert ping.broken == Break.TLS_UNKNOWN_CA


def test_plain_http_on_the_https_port_is_recognized(prober: Prober):
    ping = prober.ping("plain.demo.test")
    assert ping.broken == Break.PLAIN_HTTP
    assert "plain HTTP" in ping.detail


def test_a_closed_port_is_refused(prober: Prober):
    assert prober.ping("down.demo.test").broken == Break.REFUSED


def test_silence_is_a_timeout(prober: Prober):
    ping = prober.ping("slow.demo.test")
    assert ping.broken == Break.TIMEOUT
    assert ping.exchange.seconds < 5


def test_a_name_that_dns_does_not_know_is_told_so(prober: Prober):
    assert prober.ping("nowhere.demo.test").broken == Break.DNS


def test_an_answer_of_503_is_an_answer(prober: Prober):
    ping = prober.ping("broken.demo.test")
    assert (ping.broken, ping.exchange.status, ping.scheme) == (None, 503, "")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:5000", "[::1]:5000", "169.254.169.254", "[fe80::1]"])
def test_own_and_metadata_addresses_are_not_asked(prober: Prober, host: str):
    assert prober.ping(host).broken in (Break.FORBIDDEN_ADDRESS, Break.DNS)


def test_loopback_is_asked_where_the_user_allows_it():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert Prober(Settings(allow_loopback=True)).ping(f"127.0.0.1:{port}").broken == Break.REFUSED


def test_a_registry_is_pinged_once_whatever_the_case_of_its_name(prober: Prober, world: Registries):
    before = world.log.count(server="harbor.demo.test", path="/v2/")
    prober.ping("harbor.demo.test")
    prober.ping("HARBOR.demo.test")
    assert world.log.count(server="harbor.demo.test", path="/v2/") == before + 1


def test_a_ca_file_without_certificates_is_told_before_anything_is_asked(tmp_path):
    (tmp_path / "ca.pem").write_text("nothing here")
    with pytest.raises(UsageError, match=r"ca\.pem"):
        Prober(Settings(registry_ca=tmp_path / "ca.pem"))


def test_a_proxy_that_cannot_be_reached_is_told_as_the_proxy(monkeypatch: pytest.MonkeyPatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert Prober(Settings()).ping("harbor.example.com").broken == Break.PROXY


@pytest.mark.parametrize("host", ["169.254.169.254", "127.0.0.1:8443", "127.1", "localhost", "[::ffff:169.254.1.1]"])
def test_a_proxy_is_not_used_to_reach_forbidden_addresses(monkeypatch: pytest.MonkeyPatch, host: str):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{server.getsockname()[1]}")
        assert Prober(Settings()).ping(host).broken == Break.FORBIDDEN_ADDRESS
        with pytest.raises(TimeoutError):
            server.accept()


def test_a_host_that_the_user_placed_is_reached_without_the_proxy(monkeypatch: pytest.MonkeyPatch, world: Registries):
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    assert Prober(settings(world)).ping("harbor.demo.test").exchange.status == 401


def test_where_the_platform_gives_no_code_the_dates_tell_the_kind():
    leaf = Certificate("CN=a", "CN=b", ("a",), datetime(2019, 1, 1, tzinfo=UTC), datetime(2020, 1, 1, tzinfo=UTC))
    told = explain(Broken(Break.TLS_OTHER, "x"), "a", (leaf,), datetime(2026, 1, 1, tzinfo=UTC))
    assert told.kind == Break.TLS_EXPIRED
    early = explain(Broken(Break.TLS_EXPIRED, "x"), "a", (leaf,), datetime(2018, 1, 1, tzinfo=UTC))
    assert "not valid before 2019-01-01" in early.sentence
