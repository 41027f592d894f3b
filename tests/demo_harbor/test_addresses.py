"""Good and bad addresses: certificates, ports that refuse or hang, realms that point elsewhere."""

import json
import socket
import ssl
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from checks.demo.harbor import HarborState
from checks.demo.registries import Registries


def test_the_good_host_is_trusted_with_the_demo_authority_only(world, client, make_client):
    assert client.get("/v2/").status == 401
    stranger = make_client(world, "harbor")
    stranger.tls = ssl.create_default_context()
    with pytest.raises(ssl.SSLCertVerificationError, match="local issuer"):
        stranger.get("/v2/")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("unknown-ca", "unable to get local issuer certificate"),
        ("expired", "expired"),
        ("misnamed", "Hostname mismatch"),
    ],
)
def test_a_certificate_that_does_not_hold_fails_for_its_own_reason(world, make_client, name, reason):
    client = make_client(world, name)
    with pytest.raises(ssl.SSLCertVerificationError, match=reason):
        client.get("/v2/")
    client.tls = ssl._create_unverified_context()
    assert client.get("/v2/").status == 401


def test_the_certificates_outlive_us_all(world, make_client):
    connection = make_client(world, "harbor").connect()
    certificate = connection.getpeercert()
    connection.close()
    assert certificate["notAfter"].endswith("2126 GMT")


def test_plain_http_where_tls_is_expected(world, make_client):
    with pytest.raises(ssl.SSLError, match=r"(?i)wrong.version.number"):
        make_client(world, "plain").get("/v2/")
    answer = make_client(world, "plain", trusting=False).get("/v2/")
    assert answer.header("Www-Authenticate").startswith('Bearer realm="http://plain.demo.test/service/token"')


def test_plain_http_to_a_tls_port_is_told_so(world, make_client):
    answer = make_client(world, "harbor", trusting=False).get("/v2/")
    assert answer.status == 400
    assert b"The plain HTTP request was sent to HTTPS port" in answer.body


def test_down_refuses(world, make_client):
    with pytest.raises(ConnectionRefusedError):
        make_client(world, "down").get("/v2/")


def test_slow_accepts_and_never_answers(world, make_client):
    with pytest.raises(TimeoutError):
        make_client(world, "slow", timeout=0.3).get("/v2/")
    assert world.log.connections("slow.demo.test") == 1


def test_broken_is_unavailable_whatever_is_asked(world, make_client):
    client = make_client(world, "broken")
    for path in ("/v2/", "/service/token?service=harbor-registry", "/api/v2.0/ping"):
        assert client.get(path).status == 503


@pytest.mark.parametrize(
    ("name", "realm"),
    [
        ("realm", "https://harbor.demo.test/service/token"),
        ("http-realm", "http://http-realm.demo.test/service/token"),
    ],
)
def test_a_realm_that_points_elsewhere(world, make_client, name, realm):
    challenge = make_client(world, name).get("/v2/").header("Www-Authenticate")
    assert challenge.startswith(f'Bearer realm="{realm}"')


def test_tokens_of_the_other_address_are_taken(world, client, make_client, person):
    token = client.pull_token(person("guest1"), "team/app")
    assert make_client(world, "realm").get("/v2/team/app/manifests/1.0", token=token).status == 200


def test_a_proxy_that_forgets_the_token_service_answers_with_the_portal(world, make_client, person):
    answer = make_client(world, "portal").token(person("guest1"), "repository:team/app:pull")
    assert (answer.status, answer.header("Content-Type")) == (200, "text/html")
    with pytest.raises(json.JSONDecodeError):
        answer.json  # noqa: B018


def test_one_name_is_left_out_for_dns_to_fail_on(world):
    assert "nowhere.demo.test" not in world.resolve
    assert all(address.startswith("127.0.0.1:") for address in world.resolve.values())
    assert len(set(world.resolve.values())) == len(world.resolve) == 15


def test_a_client_that_hangs_in_its_handshake_blocks_nobody(world, client):
    where, _, port = client.address.partition(":")
    with socket.create_connection((where, int(port))) as hanging:
        hanging.send(b"\x16")
        assert client.api("/ping").seconds < 1.0


def test_a_client_that_disliked_the_certificate_is_no_failure_of_the_server(world, make_client):
    with pytest.raises(ssl.SSLError):
        make_client(world, "expired").get("/v2/")
    assert world.log.failures == ()
    assert world.log.count(server="expired.demo.test") == 0


def test_stopping_is_quick_with_refusals_and_idle_connections_in_the_air(make_client):
    state = HarborState()
    world = Registries(state).start()
    client = make_client(world, "harbor")
    idle = client.connect()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.token, ("nobody", "wrong"))
        time.sleep(0.3)
        began = time.monotonic()
        world.stop()
        assert time.monotonic() - began < 1.0
        waiting.exception(timeout=1.0)
    idle.close()
    with pytest.raises(ConnectionRefusedError):
        client.get("/v2/")


def test_two_worlds_do_not_meet(make_client):
    with Registries() as first, Registries() as second:
        first.harbor.delete_project("shop")
        assert "shop" in second.harbor.projects
        assert not set(first.resolve.values()) & set(second.resolve.values())
