"""The socket of the pretend API server: one thread for a connection, watches as chunked streams.

The demo speaks TLS, because kubectl sends a token over nothing else.
"""

import gzip
import json
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from checks.demo.api.problems import Obj, Problem, bad_request
from checks.demo.api.requests import Answer, Api, Request

_GZIP_FROM = 128 * 1024
_CERTIFICATES = Path(__file__).with_name("certificates")
CA_FILE = _CERTIFICATES / "ca.pem"
"""The authority that signed the server's certificate."""


class ApiServer:
    """Serves an `Api` on a port of 127.0.0.1 between `start` and `stop`; over TLS where it is `secure`."""

    def __init__(self, api: Api, *, secure: bool = False) -> None:
        self.api = api
        self._scheme = "https" if secure else "http"
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.api = api
        if secure:
            self._server.secure()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), name="demo-api", daemon=True)

    @property
    def url(self) -> str:
        """`https://127.0.0.1:PORT` or `http://127.0.0.1:PORT`."""
        return f"{self._scheme}://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """End all watches and close the port."""
        self.api.store.close()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Server(ThreadingHTTPServer):
    """The listening socket; clients that hang up or distrust us are no errors here."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 128
    api: Api

    def secure(self) -> None:
        """Speak TLS; each handshake is left to its own thread, so that a silent client holds up nobody."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_CERTIFICATES / "server.pem")
        self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)

    def handle_error(self, request: object, client_address: object) -> None:
        """Write nothing: the connection is closed, and a demo has no log."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    server: _Server

    def _serve(self) -> None:
        split = urlsplit(self.path)
        length = int(self.headers.get("Content-Length") or 0)
        headers = {name.lower(): value for name, value in self.headers.items()}
        headers["impersonate-group"] = "\n".join(self.headers.get_all("Impersonate-Group") or ())
        query = dict(parse_qsl(split.query, keep_blank_values=True))
        request = Request(self.command, split.path, query, headers, self.rfile.read(length))
        try:
            answer = self.server.api.answer(request)
        except Problem as problem:
            answer = Answer(problem.code, problem.status())
        except (AttributeError, KeyError, TypeError, ValueError):
            answer = Answer(400, bad_request("the object provided is unrecognized").status())
        if answer.stream is not None:
            self._stream(answer.stream)
        else:
            self._send(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _serve  # noqa: N815

    def _send(self, answer: Answer) -> None:
        media = "text/plain" if answer.obj is None else "application/json"
        content = answer.text.encode() if answer.obj is None else _encode(answer.obj)
        self.send_response(answer.code)
        self.send_header("Content-Type", media)
        if len(content) >= _GZIP_FROM and "gzip" in (self.headers.get("Accept-Encoding") or ""):
            content = gzip.compress(content, 1)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    def _stream(self, events: Iterator[Obj | None]) -> None:
        self.close_connection = True
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self.wfile.flush()
            for event in events:
                if event is not None:
                    line = _encode(event) + b"\n"
                    self.wfile.write(b"%x\r\n%b\r\n" % (len(line), line))
                self.wfile.flush()
            self.wfile.write(b"0\r\n\r\n")
            self.wfile.flush()
        except OSError:
            return  # the watcher has gone

    def handle_one_request(self) -> None:
        """Answer one request; a client that hangs up is no error here."""
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing: a demo has no access log."""


def _encode(obj: Obj) -> bytes:
    return json.dumps(obj, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass")
