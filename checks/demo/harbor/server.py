"""A threaded HTTP/1.1 server with optional TLS for the pretend registries.

The handshake happens in the connection's own thread, so a client that hangs there blocks nobody. `stop` is quick:
it wakes the accepting thread by a connection of its own and cuts all live ones.
"""

import contextlib
import socket
import ssl
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from checks.demo.harbor.web import App, Request, RequestLog, Response, decoded, noted

HANDSHAKE_SECONDS = 30.0
IDLE_SECONDS = 75.0
_TLS_HANDSHAKE = b"\x16"
_BODILESS = (204, 304)

_WRONG_PORT = (
    b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\nContent-Type: text/html\r\nContent-Length: 128\r\n"
    b"Connection: close\r\n\r\n"
) + b"<html><body><h1>400 Bad Request</h1>The plain HTTP request was sent to HTTPS port</body></html>".ljust(128)
_NOT_TLS = (
    b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 15\r\n"
    b"Connection: close\r\n\r\n400 Bad Request"
)


class _Handler(BaseHTTPRequestHandler):
    """Reads requests, asks the server's app, writes each answer in one piece."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1
    server: "Server"

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else b""
        request = Request(self.command, decoded(path), query, self.headers, body, self.server.tls is not None)
        self._write(noted(self.server.log, self.server.name, self.server.app, request))

    def _write(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers:
            self.send_header(name, value)
        if response.status not in _BODILESS and response.header("Content-Length") is None:
            self.send_header("Content-Length", str(len(response.body)))
        self.end_headers()
        if self.command != "HEAD" and response.status not in _BODILESS:
            self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def version_string(self) -> str:
        """Return the Server header's value."""
        return "nginx"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the request log has it all."""


class Server(ThreadingHTTPServer):
    """One listening address on loopback, its port chosen by the kernel."""

    daemon_threads = True
    request_queue_size = 128
    allow_reuse_address = False

    def __init__(self, name: str, app: App, log: RequestLog, tls: ssl.SSLContext | None = None) -> None:
        self.name, self.app, self.log, self.tls = name, app, log, tls
        self._stopping = threading.Event()
        self._guard = threading.Lock()
        self._live: set[socket.socket] = set()
        super().__init__(("127.0.0.1", 0), _Handler)
        self._thread = threading.Thread(target=self._accept, name=f"demo {name}", daemon=True)

    def server_bind(self) -> None:
        """Bind without the reverse DNS look-up that `http.server` makes."""
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "127.0.0.1", self.server_address[1]

    @property
    def address(self) -> str:
        """Return `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self.server_port}"

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and cut every live connection; returns when no thread accepts any more."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.server_port), 1.0).close()
        self._thread.join(5.0)
        self.server_close()
        with self._guard:
            live = tuple(self._live)
        for connection in live:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while not self._stopping.is_set():
            self.handle_request()

    def finish_request(self, request: Any, client_address: Any) -> None:
        """Handle one connection, in its own thread."""
        if self._stopping.is_set():
            return
        self.log.connected(self.name)
        with self._guard:
            self._live.add(request)
        try:
            self._converse(request, client_address)
        finally:
            with self._guard:
                self._live.discard(request)

    def _converse(self, raw: socket.socket, client_address: Any) -> None:
        # Without this the first answer waits 40 ms for the client to acknowledge the session tickets of TLS 1.3.
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        raw.settimeout(HANDSHAKE_SECONDS)
        first = raw.recv(1, socket.MSG_PEEK)
        speaks_tls = first == _TLS_HANDSHAKE
        if not first:
            return
        if speaks_tls != (self.tls is not None):
            raw.sendall(_NOT_TLS if speaks_tls else _WRONG_PORT)
            _drain(raw)
            return
        if self.tls is None:
            _Handler(raw, client_address, self)
            return
        with self.tls.wrap_socket(raw.dup(), server_side=True, do_handshake_on_connect=False) as wrapped:
            wrapped.do_handshake()
            _Handler(wrapped, client_address, self)

    def handle_error(self, *_: Any) -> None:
        """Keep a crash in the log; a client that went away, or disliked the certificate, is none."""
        error = sys.exc_info()[1]
        if not isinstance(error, OSError):
            self.log.failed(f"{self.name}: {type(error).__name__}: {error}")


def _drain(raw: socket.socket) -> None:
    """Read what is left, so that closing does not reset the connection before the answer is read."""
    with contextlib.suppress(OSError):
        raw.shutdown(socket.SHUT_WR)
        raw.settimeout(0.5)
        while raw.recv(65536):
            pass


class Silence:
    """A port that accepts and never answers."""

    def __init__(self, name: str, log: RequestLog) -> None:
        self._name, self._log = name, log
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._port: int = self._listener.getsockname()[1]
        self._held: list[socket.socket] = []
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name=f"demo {name}", daemon=True)

    @property
    def address(self) -> str:
        """Return `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Begin to accept."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and all connections that were held."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self._port), 1.0).close()
        self._thread.join(5.0)
        for held in (*self._held, self._listener):
            held.close()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            connection, _ = self._listener.accept()
            self._held.append(connection)
            self._log.connected(self._name)


class Nobody:
    """A port that refuses connections: it is bound, so nobody else gets it, and nothing listens."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._socket.bind(("127.0.0.1", 0))
        self._port: int = self._socket.getsockname()[1]

    @property
    def address(self) -> str:
        """Return `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._port}"

    def start(self) -> None:
        """Do nothing: the port is reserved already."""

    def stop(self) -> None:
        """Give the port back."""
        self._socket.close()
