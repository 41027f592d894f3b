"""A plain HTTP client for the live tests: straight to a loopback port, whatever name the request and TLS use."""

import json
import socket
import ssl
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

from tests.live.certificates import KeyPair


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer, its header names in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A server on this machine: `address` is where to connect, `host` what the request and TLS call it."""

    address: str
    """IP:PORT"""
    ca: Path | None = None
    """Authority that signed its certificate; None: plain HTTP."""
    client: KeyPair | None = None
    """Client certificate."""
    host: str = ""
    """host[:port]; empty: the address."""
    login: tuple[str, str] | None = field(default=None, repr=False)
    """User and password for Basic."""

    @property
    def url(self) -> str:
        """Base address, without a slash at the end."""
        return f"{'https' if self.ca else 'http'}://{self.host or self.address}"

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request on a connection of its own."""
        ip, _, port = self.address.rpartition(":")
        connection = HTTPConnection(ip, int(port), timeout=30)
        connection.sock = self._connect(ip, int(port))
        try:
            connection.request(
                method, path, body, {"Host": self.host or self.address, **self._authorization(), **(headers or {})}
            )
            answer = connection.getresponse()
            return Answer(answer.status, {k.lower(): v for k, v in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def says(self, path: str, words: bytes) -> bool:
        """Tell whether the server answers `path` with 200 and `words`; an unreachable server does not."""
        try:
            answer = self.ask("GET", path)
        except (OSError, HTTPException):
            return False
        return answer.status == 200 and words in answer.body

    def _authorization(self) -> dict[str, str]:
        if self.login is None:
            return {}
        return {"Authorization": "Basic " + b64encode(":".join(self.login).encode()).decode()}

    def _connect(self, ip: str, port: int) -> socket.socket:
        plain = socket.create_connection((ip, port), 30)
        if self.ca is None:
            return plain
        context = ssl.create_default_context(cafile=str(self.ca))
        if self.client:
            context.load_cert_chain(self.client.certificate, self.client.key)
        try:
            return context.wrap_socket(plain, server_hostname=(self.host or self.address).split(":")[0])
        except OSError:
            plain.close()
            raise
