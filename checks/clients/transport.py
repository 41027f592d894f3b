"""Sends one request to the API server and brings back one answer: retries, stop, size, and the gate for writes.

Every request of this process to Kubernetes passes `Transport.send` or `Transport.open`; there is no other way out.
"""

import http.client
import io
import random
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode

from checks.clients.failures import no_answer, refusal
from checks.clients.link import Link
from checks.clients.servertime import server_time
from checks.errors import ClusterError, ConfigError, Interrupted, ServerFault, Unreachable
from checks.writegate import WriteGate

T = TypeVar("T")

JSON = "application/json"
MEBI = 1 << 20
DRY_RUN = ("dryRun", "All")
_TRIES = 5
_LONGEST_PAUSE = 30.0
_SLOWEST = 6.0
"""Times the timeout that an answer may take in all, however steadily it trickles."""
_POLL = 0.05
"""Seconds between looks at the stop event while an answer is awaited."""
_REVIEWS = ("/apis/authentication.k8s.io/", "/apis/authorization.k8s.io/")
"""POSTs that ask a question and store nothing."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request."""

    path: str
    query: tuple[tuple[str, str], ...] = ()
    method: str = "GET"
    body: bytes | None = field(default=None, repr=False)
    accept: str = JSON
    patience: float = 1.0
    """Times the usual timeout: whole lists take longer than single objects."""
    cap: int = 256 * MEBI
    """Most bytes of an answer, after decompression."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Texts that no sentence may quote."""

    @property
    def what(self) -> str:
        """`GET /api/v1/pods`, for sentences."""
        return f"{self.method} {self.path}"

    @property
    def writes(self) -> bool:
        """Would the API server store or remove anything?"""
        return self.method != "GET" and DRY_RUN not in self.query and not self.path.startswith(_REVIEWS)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever the status."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


class Transport:
    """Requests to one API server; safe to use from several threads."""

    def __init__(self, link: Link, seconds: float, gate: WriteGate) -> None:
        self.link = link
        self.name = link.access.context
        self._seconds = seconds
        self.gate = gate
        self.ahead: timedelta | None = None
        """How far the server's clock is ahead of ours, by its last answer."""

    def get(self, ask: Ask, stop: threading.Event | None = None) -> Answer:
        """Send and return the answer if its status is 2xx; raises the ClusterError that belongs to any other."""
        answer = self.send(ask, stop)
        if not 200 <= answer.status < 300:
            raise self.refused(ask, answer)
        return answer

    def send(self, ask: Ask, stop: threading.Event | None = None) -> Answer:
        """Send and return any answer, after up to four retries where the server asks for one (429, Retry-After).

        Credentials are fetched once more after a 401. Raises Unreachable, Interrupted, ConfigError, ServerFault;
        and Refused, before anything is sent, for a write that the gate does not let through.
        """
        self._gate(ask)
        renewed = False
        for attempt in range(_TRIES):
            answer = self._retried_once(ask, stop)
            if answer.status == 401 and not renewed and self.link.credential.renew():
                renewed = True
                continue
            pause = _pause(ask, answer, attempt)
            if pause is None:
                break
            _sleep(pause, stop)
        return answer

    def open(self, ask: Ask, read_seconds: float) -> Any:
        """Send and return the open urllib3 response of a stream; the caller closes it. Raises like `get`."""
        self._gate(ask)
        response = self._request(ask, read_seconds, compressed=False)
        if response.status == 401 and self.link.credential.renew():
            response.close()
            response = self._request(ask, read_seconds, compressed=False)
        if response.status != 200:
            raise self.refused(ask, Answer(response.status, response.headers, self._body(ask, response, None)))
        return response

    def refused(self, ask: Ask, answer: Answer) -> ClusterError:
        """Return the error that an answer other than 2xx stands for."""
        error = refusal(answer.status, answer.body, self.name, ask.what, ask.secrets)
        if answer.status == 401:
            return type(error)(f"{error}; {self.link.credential.hint}", 401, error.reason)
        return error

    def broken(self, error: Exception, seconds: float | None = None) -> Unreachable:
        """Return our error for a foreign one."""
        return no_answer(error, self.name, self.link.host, seconds or self._seconds)

    def _gate(self, ask: Ask) -> None:
        """Let reads, dry runs and questions pass; all else has to pass the gate."""
        if ask.writes:
            self.gate.pass_write(ask.what)

    def _retried_once(self, ask: Ask, stop: threading.Event | None) -> Answer:
        try:
            return interruptible(lambda: self._exchange(ask, stop), stop)
        except Unreachable as error:
            # A kept connection may have been closed by the server meanwhile; reading twice does no harm.
            if ask.method != "GET" or "cut the connection" not in str(error):
                raise
        return interruptible(lambda: self._exchange(ask, stop), stop)

    def _exchange(self, ask: Ask, stop: threading.Event | None) -> Answer:
        response = self._request(ask, self._seconds * ask.patience)
        return Answer(response.status, response.headers, self._body(ask, response, stop))

    def _request(self, ask: Ask, read_seconds: float, compressed: bool = True) -> Any:
        from urllib3 import Timeout
        from urllib3.exceptions import HTTPError, LocationValueError

        address = self.link.access.server + ask.path + (f"?{urlencode(ask.query)}" if ask.query else "")
        pool = self.link.pool()
        try:
            return self._timed(
                pool.urlopen(
                    ask.method,
                    address,
                    body=ask.body,
                    headers=self.link.headers(ask.accept, JSON if ask.body is not None else "", compressed),
                    timeout=Timeout(connect=self._seconds, read=read_seconds),
                    retries=False,
                    redirect=False,
                    preload_content=False,
                )
            )
        except (LocationValueError, UnicodeError):
            raise ConfigError(f"{self.name}: the server address {self.link.access.server} is malformed") from None
        except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            raise self.broken(error, read_seconds) from None
        finally:
            if self.link.closed:  # meanwhile: what it opened after that would stay open for good
                pool.clear()

    def _timed(self, response: Any) -> Any:
        """Note the server's clock as the head of its answer comes in."""
        clock = server_time(response.headers)
        self.ahead = clock - datetime.now(UTC) if clock is not None else self.ahead
        return response

    def _body(self, ask: Ask, response: Any, stop: threading.Event | None) -> bytes:
        from urllib3.exceptions import HTTPError

        try:
            body = self._collect(ask, response, stop)
        except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            response.close()
            raise self.broken(error, self._seconds * ask.patience) from None
        except (ServerFault, Interrupted):
            response.close()
            raise
        response.release_conn()
        return body

    def _collect(self, ask: Ask, response: Any, stop: threading.Event | None) -> bytes:
        body = io.BytesIO()  # unlike a bytearray it gives its content away without a copy
        give_up = time.monotonic() + _SLOWEST * self._seconds * ask.patience
        for chunk in response.stream(1 << 16, decode_content=True):
            body.write(chunk)
            if body.tell() > ask.cap:
                raise ServerFault(f"{self.name}: {ask.what} was answered with more than {ask.cap // MEBI} MiB")
            if stop is not None and stop.is_set():
                raise Interrupted("stopped")
            if time.monotonic() > give_up:
                raise TimeoutError
        return body.getvalue()


def interruptible(work: Callable[[], T], stop: threading.Event | None) -> T:
    """Return what `work` returns; raises Interrupted soon after `stop` is set, leaving `work` to its own timeout."""
    if stop is None:
        return work()
    if stop.is_set():
        raise Interrupted("stopped")
    future: Future[T] = Future()
    threading.Thread(target=_fulfil, args=(future, work), daemon=True).start()
    while not wait([future], timeout=_POLL).done:
        if stop.is_set():
            raise Interrupted("stopped")
    return future.result()


def _fulfil(future: "Future[T]", work: Callable[[], T]) -> None:
    try:
        future.set_result(work())
    except BaseException as error:  # carried to the caller's thread: nothing may keep it waiting
        future.set_exception(error)


def _pause(ask: Ask, answer: Answer, attempt: int) -> float | None:
    """Seconds to wait before the next try, or None where there is none.

    429 was not acted upon, so that every method may be sent again; a 5xx with Retry-After only if nothing is written
    (client-go does the same: rest/with_retry.go). API Priority and Fairness always says 1 s, hence the growth.
    """
    told = answer.headers.get("Retry-After", "")
    again = answer.status == 429 or (answer.status >= 500 and told and ask.method == "GET")
    if not again or attempt + 1 >= _TRIES:
        return None
    asked = float(told) if told.isdecimal() else 1.0
    if asked > _LONGEST_PAUSE:
        return None
    return max(asked, 0.25 * 2.0**attempt) * random.SystemRandom().uniform(1.0, 1.3)


def _sleep(seconds: float, stop: threading.Event | None) -> None:
    if stop is None:
        time.sleep(seconds)
    elif stop.wait(seconds):
        raise Interrupted("stopped")
