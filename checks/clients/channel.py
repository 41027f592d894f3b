"""How a request reaches its registry: checked addresses, the system's trust plus the user's CA, a limit in time.

The trust store is used in these connections only (`truststore.inject_into_ssl` would change the cluster's too).
Each connection has a TLS context of its own: truststore locks its context during a handshake, so that one
registry which never answers would hold up all others.
"""

import contextlib
import socket
import ssl
import threading
import time
from pathlib import Path
from typing import Any

import requests.adapters
import truststore
from requests import PreparedRequest
from urllib3 import HTTPSConnectionPool, PoolManager, proxy_from_url
from urllib3.connection import HTTPSConnection

from checks.clients.chain import sent
from checks.clients.netaddr import Dialer, NoConnection
from checks.facts import Break


class Call:
    """The time of one request: a limit on the whole of it, and how long the server took."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._begun: float | None = None
        self._sent = 0.0
        self._timer: threading.Timer | None = None
        self._lock = threading.Lock()
        self._over = False
        self.seconds = 0.0
        """From the request to the head of the answer, without connecting."""
        self.expired = False

    def remaining(self) -> float:
        """Seconds left; the clock starts with the first question, not while waiting for a free connection."""
        now = time.monotonic()
        self._begun = self._begun or now
        return max(0.01, self.limit - (now - self._begun))

    def watch(self, sock: Any) -> None:
        """Break `sock` off when the time is up: a timeout per read alone lets a server drip for ever."""
        self._sent = time.monotonic()
        self._timer = threading.Timer(self.remaining(), self._expire, (getattr(sock, "socket", sock),))
        self._timer.daemon = True
        self._timer.start()

    def answered(self) -> None:
        """The head of the answer is here."""
        self.seconds = time.monotonic() - self._sent

    def end(self) -> None:
        """The request is over; the connection may serve others."""
        with self._lock:
            self._over = True
        if self._timer is not None:
            self._timer.cancel()

    def _expire(self, sock: socket.socket) -> None:
        with self._lock, contextlib.suppress(OSError):
            if not self._over:
                self.expired = True
                socket.socket.shutdown(sock, socket.SHUT_RDWR)


class _Present(threading.local):
    """The request that this thread is at: urllib3 has no other way to hand it to a connection."""

    def __init__(self) -> None:
        self.call = Call(10.0)


_PRESENT = _Present()


def begin(limit: float) -> Call:
    """Start a request of this thread; its clock runs from the first connection or writing."""
    _PRESENT.call = Call(limit)
    return _PRESENT.call


def trusting(extra: Path | None) -> ssl.SSLContext:
    """Return a context that trusts what this machine trusts, and the CAs in `extra`. Raises OSError."""
    context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if extra is not None:
        context.load_verify_locations(cafile=str(extra.expanduser()))
    return context


class Connection(HTTPSConnection):
    """One HTTPS connection to an address that may be asked, or to the user's proxy."""

    def __init__(self, dialer: Dialer, extra_ca: Path | None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._dialer = dialer
        self._extra_ca = extra_ca

    def connect(self) -> None:
        """Connect and shake hands, with a fresh context."""
        self.timeout = _PRESENT.call.remaining()
        self.ssl_context = trusting(self._extra_ca)
        super().connect()
        host, port = (self._tunnel_host, self._tunnel_port) if self._tunnel_host else (self._dns_host, self.port)
        self._dialer.keep_chain(host, port or self.port, sent(self.sock))

    def _new_conn(self) -> socket.socket:
        if self.proxy is not None:
            self._dialer.allow_by_proxy(self._tunnel_host or self._dns_host)
            return super()._new_conn()
        return self._dialer.connect(self._dns_host, self.port, _PRESENT.call.remaining())

    def _tunnel(self) -> None:
        try:
            super()._tunnel()
        except OSError as error:
            raise NoConnection(Break.PROXY, f"the proxy {self.host} opened no way to {self._tunnel_host}") from error

    def getresponse(self) -> Any:
        """Wait for the head of the answer, under the clock."""
        call = _PRESENT.call
        call.watch(self.sock)
        response = super().getresponse()
        if call.expired:  # http.client takes a head that was cut off for a whole one
            response.close()
            raise TimeoutError("the head of the answer did not end in time")
        call.answered()
        return response


class RegistryAdapter(requests.adapters.HTTPAdapter):
    """Mounts these connections in one requests session, `at_a_time` for each registry."""

    def __init__(self, dialer: Dialer, extra_ca: Path | None, at_a_time: int) -> None:
        self._dialer = dialer
        self._extra_ca = extra_ca
        super().__init__(pool_connections=64, pool_maxsize=at_a_time, pool_block=True)

    def _pool(self, host: str, port: int, **kwargs: Any) -> HTTPSConnectionPool:
        pool = HTTPSConnectionPool(host, port, **kwargs)
        pool.ConnectionCls = lambda **own: Connection(self._dialer, self._extra_ca, **own)  # type: ignore[assignment]
        return pool

    def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **kwargs: Any) -> None:
        """Make the pools of direct connections."""
        self.poolmanager = PoolManager(num_pools=connections, maxsize=maxsize, block=block, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": self._pool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Make the pools of connections through a proxy."""
        manager = self.proxy_manager.get(proxy)
        if manager is None:
            manager = proxy_from_url(proxy, proxy_headers=self.proxy_headers(proxy), block=True, **kwargs)
            manager.pool_classes_by_scheme = {"https": self._pool}  # type: ignore[dict-item]
            self.proxy_manager[proxy] = manager
        return manager

    def build_connection_pool_key_attributes(
        self,
        request: PreparedRequest,
        verify: Any,  # noqa: ARG002
        cert: Any = None,  # noqa: ARG002
    ) -> tuple[Any, Any]:
        """Keep requests' own certificate bundle out: trust comes from `trusting` alone."""
        host, _ = super().build_connection_pool_key_attributes(request, True, None)
        return host, {"cert_reqs": "CERT_REQUIRED"}

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:  # noqa: ARG002
        """Always verify; see `build_connection_pool_key_attributes`."""
        conn.cert_reqs = "CERT_REQUIRED"
