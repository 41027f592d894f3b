"""Registries behind the user's HTTP proxy."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from checks.clients.prober import Prober
from checks.facts import Break
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Scripted, http

HOST = "harbor.demo.test"


class Tunnel:
    """An HTTP proxy: answers CONNECT with `status`, then passes bytes to `port` whatever the name."""

    def __init__(self, port: int, status: int = 200) -> None:
        self.port, self.status, self.heads = port, status, list[str]()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://user:proxypw@127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            head = b""
            while b"\r\n\r\n" not in head:
                head += client.recv(4096)
            self.heads.append(head.decode())
            client.sendall(f"HTTP/1.1 {self.status} x\r\n\r\n".encode())
            if self.status == 200:
                with socket.create_connection(("127.0.0.1", self.port)) as server:
                    threading.Thread(target=self._pass, args=(server, client), daemon=True).start()
                    self._pass(client, server)

    @staticmethod
    def _pass(source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)


@pytest.fixture
def registry(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    for name in ("NO_PROXY", "no_proxy", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    def challenge(_: Asked) -> bytes:
        return http(401, b"", 'WWW-Authenticate: Bearer realm="https://harbor.demo.test/t",service="harbor-registry"')

    server = Scripted(challenge)
    yield server
    server.close()


def test_a_registry_is_reached_through_the_proxy_with_its_own_name(registry: Scripted, monkeypatch: pytest.MonkeyPatch):
    proxy = Tunnel(registry.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    prober = Prober(Settings(registry_ca=CERTIFICATES / "ca.pem"))
    ping = prober.ping(HOST)
    prober.close()
    assert (ping.exchange.status, ping.harbor) == (401, True)
    assert proxy.heads[0].startswith(f"CONNECT {HOST}:443 ")
    assert registry.asked[0].headers["host"] == HOST
    assert "proxy-authorization" not in registry.asked[0].headers
    assert "proxypw" not in repr(ping)
    assert ping.proxy == proxy.url.replace("user:proxypw@", "")
    assert ping.addresses == ()
    assert HOST in ping.certificates[0].names


def test_a_certificate_is_checked_through_the_proxy_too(registry: Scripted, monkeypatch: pytest.MonkeyPatch):
    proxy = Tunnel(registry.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    assert Prober(Settings()).ping(HOST).broken == Break.TLS_UNKNOWN_CA
    assert Prober(Settings(registry_ca=CERTIFICATES / "ca.pem")).ping("other.test").broken == Break.TLS_HOSTNAME
    assert registry.asked == []


@pytest.mark.parametrize("status", [403, 407, 502])
def test_a_proxy_that_refuses_is_told_as_the_proxy(registry: Scripted, monkeypatch: pytest.MonkeyPatch, status: int):
    proxy = Tunnel(registry.port, status)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    ping = Prober(Settings()).ping(HOST)
    assert ping.broken == Break.PROXY
    assert "proxy" in ping.detail
    assert "proxypw" not in repr(ping)


def test_no_proxy_is_honoured(registry: Scripted, monkeypatch: pytest.MonkeyPatch):
    proxy = Tunnel(registry.port)
    monkeypatch.setenv("HTTPS_PROXY", proxy.url)
    monkeypatch.setenv("NO_PROXY", "demo.test")
    ping = Prober(Settings()).ping(HOST)
    assert (ping.broken, ping.proxy) == (Break.DNS, "")
    assert proxy.heads == []
