"""Stands between the program and the API server: passes requests on, notes them, and makes chosen ones fail."""

import base64
import http.client
import json
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from checks.demo.api.server import CA_FILE
from checks.demo.world import World

_HOP = ("connection", "transfer-encoding", "content-length", "content-encoding", "server", "date")


@dataclass(frozen=True, slots=True)
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: Mapping[str, list[str]]
    body: bytes = field(repr=False)

    @property
    def dry(self) -> bool:
        return "dryRun" in self.query

    @property
    def writes(self) -> bool:
        """Would anything be stored?"""
        return self.method != "GET" and not self.dry and "reviews" not in self.path

    @property
    def receipt(self) -> bool:
        return b"harbor-doctor/receipt" in self.body or "/harbor-doctor-undo-" in self.path

    def __str__(self) -> str:
        return f"{self.method} {self.path}{' (dry run)' if self.dry else ''}"


@dataclass(frozen=True, slots=True)
class Fault:
    """What happens instead of an answer."""

    name: str
    status: int = 0
    reason: str = ""
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    passes: bool = False
    """The API server gets the request; only its answer is lost."""
    seconds: float = 0.0
    """Silence, before the connection is cut."""
    echoes: bool = False
    """The message quotes the request's body, as a careless webhook does."""
    gate: threading.Event | None = None
    """The request waits for this, and then passes unharmed."""
    acts: Callable[[], object] | None = None
    """Done before the connection is cut: it kills the program."""


@dataclass(slots=True)
class Trap:
    """Does something to the n-th request that is meant; all the others pass."""

    meant: Callable[[Seen], bool]
    fault: Fault
    number: int = 1
    times: int = 1
    count: int = 0
    sprung: threading.Event = field(default_factory=threading.Event)
    over: threading.Event = field(default_factory=threading.Event)
    """What was caught first has its answer, or its end."""

    def catches(self, seen: Seen) -> bool:
        if not self.meant(seen):
            return False
        self.count += 1
        return self.number <= self.count < self.number + self.times


@dataclass(frozen=True, slots=True)
class Upstream:
    """An API server; `context` trusts it, and holds a client's certificate where it asks for one."""

    netloc: str
    context: ssl.SSLContext

    @classmethod
    def of(cls, world: World) -> "Upstream":
        return cls(urlsplit(world.url).netloc, ssl.create_default_context(cafile=CA_FILE))


class Between:
    """A proxy in front of an API server, over TLS like the server itself."""

    def __init__(self, world: World | Upstream) -> None:
        self.upstream = world if isinstance(world, Upstream) else Upstream.of(world)
        self.seen: list[Seen] = []
        self.answers: list[tuple[Seen, int]] = []
        """What was passed on, with the status of its answer."""
        self.passed: Callable[[Seen], object] = lambda seen: None
        """Called after the API server has answered, before the answer is passed on."""
        self.traps: list[Trap] = []
        self.lock = threading.Lock()
        self.closed = threading.Event()
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.between = self
        self._server.secure()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self._server.server_address[1]}"

    def kubeconfig(self, made: Path) -> Path:
        """Point a kubeconfig of the world here; the context keeps its name."""
        config = json.loads(made.read_text())
        authority = base64.b64encode(CA_FILE.read_bytes()).decode()
        config["clusters"][0]["cluster"] |= {"server": self.url, "certificate-authority-data": authority}
        path = made.with_name(made.name + "-between")
        path.write_text(json.dumps(config))
        return path

    def trap(self, meant: Callable[[Seen], bool], fault: Fault, number: int = 1, times: int = 1) -> Trap:
        trap = Trap(meant, fault, number, times)
        self.traps.append(trap)
        return trap

    def clear(self) -> None:
        self.traps.clear()
        self.seen.clear()
        self.answers.clear()

    def writes(self) -> list[Seen]:
        return [seen for seen in self.seen if seen.writes]

    def __enter__(self) -> "Between":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    between: Between

    def secure(self) -> None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CA_FILE.with_name("server.pem"))
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        pass


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        split = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        seen = Seen(self.command, split.path, parse_qs(split.query, keep_blank_values=True), body)
        between = self.server.between
        with between.lock:
            between.seen.append(seen)
            caught = next((trap for trap in between.traps if trap.catches(seen)), None)
        if caught is None:
            self._pass(seen, answer=True)
            return
        caught.sprung.set()
        try:
            self._fail(caught.fault, seen)
        finally:
            caught.over.set()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _fail(self, fault: Fault, seen: Seen) -> None:
        if fault.gate is not None:
            assert fault.gate.wait(60)
            self._pass(seen, answer=True)
            return
        if fault.passes:
            self._pass(seen, answer=False)
        if fault.acts is not None:
            fault.acts()
        if fault.seconds:
            self.server.between.closed.wait(fault.seconds)
        if fault.status:
            message = fault.message + seen.body.decode() * fault.echoes
            status = {
                "kind": "Status", "apiVersion": "v1", "status": "Failure",
                "message": message, "reason": fault.reason, "code": fault.status,
            }  # fmt: skip
            self._send(fault.status, json.dumps(status).encode(), {"Content-Type": "application/json", **fault.headers})
            return
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _pass(self, seen: Seen, *, answer: bool) -> None:
        between = self.server.between
        server = between.upstream
        upstream = http.client.HTTPSConnection(server.netloc, timeout=60, context=server.context)
        try:
            headers = {k: value for k, value in self.headers.items() if k.lower() not in ("host", "connection")}
            upstream.request(self.command, self.path, seen.body or None, headers)
            reply = upstream.getresponse()
            content = reply.read()
        finally:
            upstream.close()
        with between.lock:
            between.answers.append((seen, reply.status))
        between.passed(seen)
        if answer:
            kept = {name: value for name, value in reply.getheaders() if name.lower() not in _HOP}
            if reply.getheader("Content-Encoding"):
                kept["Content-Encoding"] = reply.getheader("Content-Encoding") or ""
            self._send(reply.status, content, kept)

    def _send(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def wait_for(so: Callable[[], object], seconds: float = 30.0) -> None:
    """Wait until something is so."""
    end = time.monotonic() + seconds
    while not so():
        assert time.monotonic() < end, f"still not so after {seconds:g} s"
        time.sleep(0.02)
