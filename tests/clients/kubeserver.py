"""A small HTTP server that plays the API server badly: it answers each request with what a test's function does."""

import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import checks.demo
from checks.clients.cluster import Cluster
from checks.settings import Settings

CERTIFICATES = Path(checks.demo.__file__).parent / "certificates"


@dataclass
class Asked:
    """One request as it came in, and the means to answer it."""

    handler: BaseHTTPRequestHandler
    method: str
    path: str
    query: dict[str, str]
    headers: list[tuple[str, str]]
    body: bytes
    closing: threading.Event

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]

    def say(self, status: int, body: object = None, **headers: str) -> None:
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.handler.send_response(status)
        for name, value in headers.items():
            self.handler.send_header(name.replace("_", "-"), value)
        self.handler.send_header("Content-Length", str(len(content)))
        self.handler.end_headers()
        self.handler.wfile.write(content)

    def refuse(self, status: int, message: str, reason: str = "", **more: str) -> None:
        said = {"kind": "Status", "apiVersion": "v1", "message": message, "reason": reason, "code": status}
        self.say(status, {**said, "metadata": {"continue": more.pop("token", "")}}, **more)

    def begin_stream(self) -> None:
        self.handler.send_response(200)
        self.handler.send_header("Transfer-Encoding", "chunked")
        self.handler.end_headers()
        self.handler.wfile.flush()

    def line(self, event: object) -> None:
        content = (event if isinstance(event, bytes) else json.dumps(event).encode()) + b"\n"
        self.handler.wfile.write(b"%x\r\n%b\r\n" % (len(content), content))
        self.handler.wfile.flush()

    def end_stream(self) -> None:
        self.handler.wfile.write(b"0\r\n\r\n")

    def cut(self) -> None:
        self.handler.close_connection = True
        self.handler.connection.shutdown(socket.SHUT_RDWR)

    def hang(self) -> None:
        self.closing.wait(30)
        self.handler.close_connection = True


Script = Callable[[Asked], None]


@dataclass
class KubeServer:
    """Answers with `script`; `asked` holds all requests so far."""

    script: Script
    tls: bool = False
    client_ca: Path | None = None
    asked: list[Asked] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.closing = threading.Event()
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        if self.tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATES / "harbor.pem")
            if self.client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(self.client_ca)
            self._server.socket = context.wrap_socket(
                self._server.socket, server_side=True, do_handshake_on_connect=False
            )
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://{self.host}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def serve(self) -> None:
                split = urlsplit(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                query = dict(parse_qsl(split.query))
                asked = Asked(self, self.command, split.path, query, list(self.headers.items()), body, outer.closing)
                outer.asked.append(asked)
                outer.script(asked)

            do_GET = do_POST = do_PUT = do_DELETE = serve  # noqa: N815

            def log_message(self, *args: object) -> None:
                return

        return Handler


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error."""


def client_certificate(folder: Path) -> Path:
    """Make a client certificate that is its own authority; return one PEM file with key and certificate."""
    made = folder / "client.pem"
    options = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=jane"
    subprocess.run(
        ["openssl", *options.split(), "-keyout", made, "-out", folder / "c"], check=True, capture_output=True
    )
    made.write_text(made.read_text() + (folder / "c").read_text())
    return made


def kubeconfig(path: Path, server: str, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
    """Write a kubeconfig with the one context `prod`, namespace `shop`; return its path."""
    content = {
        "current-context": "prod",
        "contexts": [{"name": "prod", "context": {"cluster": "c", "user": "u", "namespace": "shop"}}],
        "clusters": [{"name": "c", "cluster": {"server": server, **cluster}}],
        "users": [{"name": "u", "user": {"token": "t0ken-of-prod"} if user is None else user}],
    }
    path.write_text(json.dumps(content))
    return path


def cluster_at(folder: Path, server: str, user: dict[str, Any] | None = None, **settings: Any) -> Cluster:
    """Return a Cluster that talks to `server`, with a short timeout."""
    settings.setdefault("timeout", 5.0)
    return Cluster(Settings(kubeconfig=str(kubeconfig(folder / "config", server, user)), **settings))


def pod(name: str, *, namespace: str = "shop", waiting: str = "", message: str = "", **more: Any) -> dict[str, Any]:
    """Return a pod with the one container `app`, waiting for that reason or running."""
    state = {"waiting": {"reason": waiting, "message": message}} if waiting else {"running": {}}
    meta = {"name": name, "namespace": namespace, "uid": f"uid-{namespace}-{name}", "resourceVersion": "7"}
    return {
        "metadata": {**meta, **more.pop("metadata", {})},
        "spec": {"containers": [{"name": "app", "image": "harbor.test/shop/app:1"}], **more.pop("spec", {})},
        "status": {
            "phase": "Pending" if waiting else "Running",
            "containerStatuses": [{"name": "app", "image": "", "state": state}],
            **more.pop("status", {}),
        },
    }


def pod_list(*pods: object, version: str = "100", token: str = "") -> dict[str, Any]:
    """Return a PodList."""
    return {"kind": "PodList", "metadata": {"resourceVersion": version, "continue": token}, "items": list(pods)}
