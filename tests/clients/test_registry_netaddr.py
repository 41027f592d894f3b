"""Which addresses are asked, and which never."""

import errno
import ipaddress
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.clients.netaddr import Dialer, NoConnection, forbidden, split_host
from checks.facts import Break
from checks.settings import Settings


@pytest.mark.parametrize(
    "text",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fd00:ec2::254",
        "100.100.100.200",
        "0.0.0.0",
        "0.1.2.3",
        "::",
        "224.0.0.1",
        "ff02::1",
        "255.255.255.255",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "2002:a9fe:a9fe::1",
    ],
)
def test_an_address_that_is_no_registry_is_never_asked(text: str):
    assert forbidden(ipaddress.ip_address(text), loopback_allowed=True)


@pytest.mark.parametrize("text", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_loopback_is_asked_only_when_allowed(text: str):
    assert forbidden(ipaddress.ip_address(text), loopback_allowed=False)
    assert not forbidden(ipaddress.ip_address(text), loopback_allowed=True)


@pytest.mark.parametrize("text", ["10.0.0.5", "192.168.1.9", "172.16.0.1", "8.8.8.8", "2001:db8::1", "fd12::3"])
def test_private_and_public_addresses_are_asked(text: str):
    assert not forbidden(ipaddress.ip_address(text), loopback_allowed=False)


@given(st.ip_addresses(v=4, network="169.254.0.0/16"))
def test_wrapping_a_link_local_address_in_ipv6_does_not_help(address: ipaddress.IPv4Address):
    wrapped = ipaddress.IPv6Address(b"\0" * 10 + b"\xff\xff" + address.packed)
    assert forbidden(wrapped, loopback_allowed=True)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("harbor.test", ("harbor.test", 443)),
        ("Harbor.Test:8443", ("harbor.test", 8443)),
        ("[::1]:5000", ("::1", 5000)),
        ("[fe80::1]", ("fe80::1", 443)),
        ("harbor.test.", ("harbor.test", 443)),
    ],
)
def test_host_and_port_are_taken_apart(written: str, read: tuple[str, int]):
    assert split_host(written) == read


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_name_is_connected_to_where_the_user_said(listener: int):
    dialer = Dialer(Settings(resolve={"Harbor.Test": f"127.0.0.1:{listener}"}))
    with dialer.connect("harbor.test", 443, 3) as sock:
        assert sock.getpeername() == ("127.0.0.1", listener)
    assert dialer.seen("harbor.test", 443) == ("127.0.0.1",)


def test_an_entry_with_a_port_serves_that_port_alone(listener: int):
    dialer = Dialer(Settings(resolve={"harbor.invalid:8443": f"127.0.0.1:{listener}"}))
    dialer.connect("harbor.invalid", 8443, 3).close()
    with pytest.raises(NoConnection) as failure:
        dialer.connect("harbor.invalid", 443, 3)
    assert failure.value.broken == Break.DNS


def test_an_entry_without_a_port_keeps_the_port_asked_for(listener: int):
    dialer = Dialer(Settings(resolve={"harbor.test": "127.0.0.1"}))
    dialer.connect("harbor.test", listener, 3).close()


def test_an_address_given_for_one_name_opens_loopback_for_no_other(listener: int):
    dialer = Dialer(Settings(resolve={"harbor.test": f"127.0.0.1:{listener}"}))
    with pytest.raises(NoConnection) as failure:
        dialer.connect("localhost", listener, 3)
    assert failure.value.broken == Break.FORBIDDEN_ADDRESS


def test_not_even_the_user_leads_a_name_to_the_metadata_service():
    dialer = Dialer(Settings(resolve={"harbor.test": "169.254.169.254"}))
    with pytest.raises(NoConnection) as failure:
        dialer.connect("harbor.test", 443, 3)
    assert failure.value.broken == Break.FORBIDDEN_ADDRESS
    assert "169.254.169.254" in str(failure.value)


@pytest.mark.parametrize("written", ["127.1", "0x7f.1", "2130706433"])
def test_loopback_in_disguise_is_seen_through(written: str, listener: int):
    with pytest.raises(NoConnection) as failure:
        Dialer(Settings()).connect(written, listener, 3)
    assert failure.value.broken in (Break.FORBIDDEN_ADDRESS, Break.DNS)


def test_the_address_that_was_judged_is_the_one_connected_to(monkeypatch: pytest.MonkeyPatch, listener: int):
    """A name server that answers differently the second time gets no second question."""
    answers = iter([[(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", listener))]])
    real = socket.getaddrinfo

    def rebinding(host: object, *args: object, **kwargs: object) -> object:
        return next(answers) if host == "rebind.test" else real(host, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", rebinding)
    with pytest.raises(NoConnection) as failure:
        Dialer(Settings()).connect("rebind.test", listener, 3)
    assert failure.value.broken == Break.FORBIDDEN_ADDRESS


def test_a_name_service_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch):
    over = threading.Event()

    def hangs(*_: object, **__: object) -> object:
        over.wait(20)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", hangs)
    with pytest.raises(NoConnection) as failure:
        Dialer(Settings()).connect("harbor.test", 443, 0.3)
    over.set()
    assert failure.value.broken == Break.DNS


def test_a_closed_port_is_told_as_refused():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(NoConnection) as failure:
        Dialer(Settings(allow_loopback=True)).connect("127.0.0.1", port, 3)
    assert failure.value.broken == Break.REFUSED


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (TimeoutError(), Break.TIMEOUT),
        (ConnectionRefusedError(), Break.REFUSED),
        (ConnectionResetError(), Break.RESET),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Break.UNREACHABLE),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Break.UNREACHABLE),
        (PermissionError(errno.EPERM, "by a firewall"), Break.UNREACHABLE),
    ],
)
def test_failed_connections_are_sorted_by_their_type(monkeypatch: pytest.MonkeyPatch, error: OSError, kind: Break):
    def fails(*_: object, **__: object) -> socket.socket:
        raise error

    monkeypatch.setattr(socket, "create_connection", fails)
    with pytest.raises(NoConnection) as failure:
        Dialer(Settings(resolve={"harbor.test": "192.0.2.1:8443"})).connect("harbor.test", 443, 3)
    assert failure.value.broken == kind
    assert "harbor.test (192.0.2.1:8443)" in str(failure.value)


def test_an_ipv6_address_is_placed_and_shown_in_brackets():
    dialer = Dialer(Settings(resolve={"[2001:db8::1]:5000": "127.0.0.1:1"}))
    assert dialer.chosen("2001:db8::1", 5000) == dialer.chosen("[2001:db8::1]", 5000) == "127.0.0.1:1"
    assert dialer.chosen("2001:db8::1", 443) is None
    with pytest.raises(NoConnection, match=r"\[::1\]:1"):
        Dialer(Settings(resolve={"six.test": "[::1]:1"})).connect("six.test", 443, 3)
