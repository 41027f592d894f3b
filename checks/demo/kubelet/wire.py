"""HTTP as a node speaks it to a registry: real names in TLS and Host, addresses from the demo's own table.

A failure is raised as `NoAnswer` with Go's text for it.
"""

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

from checks.demo.kubelet import words

_HANDSHAKE_SECONDS = 2.0
_ANSWER_SECONDS = 8.0
_TIMES = re.compile(rb"\x17\x0d(\d{12})Z|\x18\x0f(\d{14})Z")
_EXPIRED, _WRONG_NAME = 10, 62


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer."""

    status: int
    reason: str
    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes = field(repr=False)

    @property
    def line(self) -> str:
        """`401 Unauthorized`."""
        return f"{self.status} {http.client.responses.get(self.status, self.reason)}"


class NoAnswer(Exception):
    """No HTTP answer came; `str()` is Go's text."""


class Wire:
    """Connections of one node, kept open for each thread and host."""

    def __init__(self, resolve: Mapping[str, str], ca_file: str, clock: Callable[[], datetime]) -> None:
        self._resolve = resolve
        self._clock = clock
        self._trusting = ssl.create_default_context(cafile=ca_file)
        self._open = threading.local()
        self._all: set[http.client.HTTPConnection] = set()

    def ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None) -> Reply:
        """Send one request; raises NoAnswer."""
        split = urlsplit(url)
        if split.scheme == "http":  # nobody in the demo listens there: TLS ends in front of the registry
            raise NoAnswer(words.refused(f"{split.hostname}:{split.port or 80}"))
        host, target = split.netloc, split.path + (f"?{split.query}" if split.query else "")
        kept = self._kept()
        for fresh in (False, True):
            connection = None if fresh else kept.pop(host, None)
            if connection is None and not fresh:
                continue
            connection = connection or self._connect(host)
            try:
                reply = _exchange(connection, method, target, headers, body, host)
            except TimeoutError as error:
                connection.close()
                raise NoAnswer(words.ANSWER_TIMEOUT) from error
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                self._all.discard(connection)
                if fresh:
                    raise NoAnswer(words.reset(host)) from error
                continue  # a kept connection may have been closed meanwhile: once more with a new one
            kept[host] = connection
            self._all.add(connection)
            return reply
        raise NoAnswer(words.reset(host))

    def close(self) -> None:
        """Close what was kept open; the threads that used it must have ended."""
        for connection in list(self._all):
            connection.close()

    def _kept(self) -> dict[str, http.client.HTTPConnection]:
        if not hasattr(self._open, "connections"):
            self._open.connections = {}
        kept: dict[str, http.client.HTTPConnection] = self._open.connections
        return kept

    def _connect(self, host: str) -> http.client.HTTPConnection:
        name = host.partition(":")[0]
        connection = http.client.HTTPConnection(host, timeout=_ANSWER_SECONDS)
        secured = self._handshake(self._dial(host), host, self._trusting)
        secured.settimeout(_ANSWER_SECONDS)
        connection.sock = secured
        connection.host = name
        return connection

    def _dial(self, host: str) -> socket.socket:
        where = self._resolve.get(host) or self._resolve.get(host.partition(":")[0])
        if where is None:
            raise NoAnswer(words.no_such_host(host))
        ip, _, port = where.partition(":")
        try:
            return socket.create_connection((ip, int(port)), _HANDSHAKE_SECONDS)
        except ConnectionRefusedError as error:
            raise NoAnswer(words.refused(host)) from error
        except OSError as error:
            raise NoAnswer(words.dial_timeout(host)) from error

    def _handshake(self, plain: socket.socket, host: str, context: ssl.SSLContext) -> ssl.SSLSocket:
        try:
            return context.wrap_socket(plain, server_hostname=host.partition(":")[0])
        except ssl.SSLCertVerificationError as error:
            raise NoAnswer(self._distrust(host, error.verify_code)) from error
        except TimeoutError as error:
            raise NoAnswer(words.TLS_TIMEOUT) from error
        except ssl.SSLError as error:
            plain_http = error.reason in ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
            raise NoAnswer(words.PLAIN_HTTP if plain_http else f"remote error: tls: {error.reason}") from error
        except OSError as error:
            raise NoAnswer(words.reset(host)) from error
        finally:
            if plain.fileno() != -1:
                plain.close()

    def _distrust(self, host: str, code: int) -> str:
        if code == _EXPIRED:
            now = self._clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            return words.expired(now, _until(self._peek(host)[0]))
        if code == _WRONG_NAME:
            return words.wrong_name(self._peek(host, names=True)[1], host)
        return words.UNKNOWN_CA

    def _peek(self, host: str, *, names: bool = False) -> tuple[bytes, tuple[str, ...]]:
        """Return the certificate once more, without the check that it failed."""
        context = ssl.create_default_context(cafile=None)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if names:
            context = self._without_names()
        with self._dial(host) as plain, context.wrap_socket(plain, server_hostname=host.partition(":")[0]) as tls:
            listed = (tls.getpeercert() or {}).get("subjectAltName", ())
            found = tuple(str(entry[1]) for entry in listed if isinstance(entry, tuple) and entry[0] == "DNS")
            return tls.getpeercert(binary_form=True) or b"", found

    def _without_names(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.load_verify_locations(cadata=_pem(self._trusting))
        return context


def _pem(context: ssl.SSLContext) -> str:
    return "".join(ssl.DER_cert_to_PEM_cert(der) for der in context.get_ca_certs(binary_form=True))


def _until(der: bytes) -> str:
    """Return a certificate's end as RFC 3339: the second of its two times (RFC 5280, 4.1.2.5)."""
    found = _TIMES.findall(der)
    short, full = found[1] if len(found) > 1 else (b"000101000000", b"")
    moment = datetime.strptime((full or b"20" + short).decode(), "%Y%m%d%H%M%S")
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def _exchange(
    connection: http.client.HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes | None,
    host: str,
) -> Reply:
    connection.request(method, target, body, {"Host": host, "User-Agent": "containerd/v2.1.4", **headers})
    answer = connection.getresponse()
    content = answer.read()
    names = {name.lower(): value for name, value in answer.getheaders()}
    return Reply(answer.status, answer.reason, names, content)
