"""A TLS server that answers as a test tells it to, well or badly, and keeps a list of what it was asked."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import checks.demo

CERTIFICATES = Path(checks.demo.__file__).with_name("certificates")


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    headers: dict[str, str]


Script = Callable[[Asked], bytes | Iterable[bytes]]


def http(status: int, body: bytes = b"", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class Scripted:
    """Serves `script` on a loopback port; `names` lead there by `resolve`."""

    script: Script
    certificate: str | None = "harbor.pem"
    names: tuple[str, ...] = ("harbor.demo.test",)
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0

    def __post_init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return self._listener.getsockname()[1]

    @property
    def resolve(self) -> dict[str, str]:
        return dict.fromkeys(self.names, f"127.0.0.1:{self.port}")

    def close(self) -> None:
        self._closing.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._open):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

    def wait(self, seconds: float) -> None:
        """For scripts that dawdle: ends early when the test is over."""
        self._closing.wait(seconds)

    def _accept(self) -> None:
        while not self._closing.is_set():
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        self._open.add(sock)
        with self._lock:
            self.connections += 1
        with (
            contextlib.suppress(OSError, ValueError),
            sock,
            self._secured(sock) as stream,
            stream.makefile("rb") as lines,
        ):
            while asked := self._read(lines):
                with self._lock:
                    self.asked.append(asked)
                answer = self.script(asked)
                for part in [answer] if isinstance(answer, bytes) else answer:
                    stream.sendall(part)
                if not isinstance(answer, bytes):
                    break

    def _secured(self, sock: socket.socket) -> socket.socket:
        if self.certificate is None:
            return sock
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATES / self.certificate)
        return context.wrap_socket(sock, server_side=True)

    @staticmethod
    def _read(lines: Iterator[bytes]) -> Asked | None:
        first = next(lines, b"").decode("latin-1").split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        for raw in lines:
            name, colon, value = raw.decode("latin-1").strip().partition(":")
            if not colon:
                break
            headers[name.lower()] = value.strip()
        return Asked(first[0], first[1], headers)
