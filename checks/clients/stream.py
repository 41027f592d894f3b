"""Watches pods: one long answer, a line for each change (Kubernetes docs, "API concepts", efficient detection).

Bookmarks are used up here: they move the point from which a broken stream goes on, and are not handed out.
"""

import http.client
import queue
import threading
import time
from collections.abc import Generator, Iterator
from typing import Any

import msgspec

from checks.clients.decode import ListReader, status_of
from checks.clients.kinds import POD
from checks.clients.transport import Ask, Transport
from checks.clients.wire import Headed, Pod, WatchEvent
from checks.errors import ClusterError, Expired, ServerFault, Throttled, Unreachable

Change = tuple[str, Pod]
"""ADDED, MODIFIED or DELETED, and the pod as it is then."""

_PODS = ListReader(Pod)
_SERVER_SECONDS = 290
"""The server ends the stream after this long; servers do so anyway, at a time of their choosing."""
_READ_SECONDS = 120.0
"""Silence after which the connection counts as dead: bookmarks come about every minute."""
_POLL = 0.1
_FAILURES = 5
"""Breaks in a row, without a line between them, after which the watch gives up."""
_SHORTEST = 1.0
"""Seconds below which an end without a line counts as a break: asking again at once would never pause."""
_LONGEST_LINE = 16 << 20


def watch(
    transport: Transport,
    namespace: str | None,
    resource_version: str,
    stop: threading.Event,
    field_selector: str = "",
    deadline: float | None = None,
) -> Generator[Change, None, None]:
    """Yield changes after `resource_version` until `stop` is set or `deadline` (time.monotonic) has passed.

    Goes on by itself where the server ends the stream or the line breaks. Raises Expired when the version is too
    old (list again, then watch from there), Forbidden, Unauthenticated, and Unreachable after five breaks in a row.
    """
    failures = 0
    point = resource_version
    while not _over(stop, deadline):
        began, silent = time.monotonic(), True
        try:
            for event, version in _once(transport, namespace, point, stop, field_selector, deadline):
                point, failures, silent = version or point, 0, False
                if event is not None:
                    yield event
            if silent and time.monotonic() - began < _SHORTEST and not _over(stop, deadline):
                raise Unreachable(f"{transport.name}: the watch on pods ends as soon as it has begun")
        except (Unreachable, Throttled, ServerFault):
            failures += 1
            if failures >= _FAILURES:
                raise
            stop.wait(_left(min(0.5 * 2.0**failures, 10.0), deadline))


def _once(
    transport: Transport,
    namespace: str | None,
    point: str,
    stop: threading.Event,
    field_selector: str,
    deadline: float | None,
) -> Iterator[tuple[Change | None, str]]:
    seconds = max(1, round(_left(_SERVER_SECONDS, deadline)))
    query = [("watch", "true"), ("allowWatchBookmarks", "true"), ("resourceVersion", point)]
    query += [("timeoutSeconds", str(seconds))] + ([("fieldSelector", field_selector)] if field_selector else [])
    ask = Ask(POD.path(namespace), tuple(query))
    for line in _lines(transport, ask, stop, deadline):
        yield _change(transport, line)


def _change(transport: Transport, line: bytes) -> tuple[Change | None, str]:
    try:
        event = msgspec.json.decode(line, type=WatchEvent)
    except msgspec.DecodeError:
        raise ServerFault(f"{transport.name}: the watch on pods sent a line that is no watch event") from None
    if event.type == "ERROR":
        raise _refused(transport, bytes(event.object))
    try:
        head = msgspec.json.decode(event.object, type=Headed)
        version = head.metadata.resource_version
        if event.type == "BOOKMARK":
            return None, version
        return (event.type, _PODS.one(event.object)), version
    except msgspec.DecodeError:
        # A pod of an odd shape: the next full list reports it by name.
        return None, ""


def _refused(transport: Transport, body: bytes) -> ClusterError:
    status = status_of(body)
    text = f"{transport.name}: the watch on pods ended: {status.message if status else 'unreadable error'}"
    if status is not None and status.code == 410:
        return Expired(text, 410, status.reason)
    return ServerFault(text, status.code if status else None, status.reason if status else "")


def _lines(transport: Transport, ask: Ask, stop: threading.Event, deadline: float | None) -> Iterator[bytes]:
    """Yield the lines of one answer; a thread of its own reads, so that `stop` is heeded at once."""
    inbox: queue.Queue[bytes | ClusterError | None] = queue.Queue(maxsize=64)
    reader = _Reader(transport, ask, inbox)
    threading.Thread(target=reader.run, daemon=True).start()
    rest = b""
    try:
        while not _over(stop, deadline):
            try:
                piece = inbox.get(timeout=_POLL)
            except queue.Empty:
                continue
            if piece is None:
                return
            if isinstance(piece, ClusterError):
                raise piece
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > _LONGEST_LINE:
                raise ServerFault(f"{transport.name}: the watch on pods sent a line without end")
            yield from filter(None, lines)
    finally:
        reader.close()


class _Reader:
    """Reads one answer in a thread and puts its pieces, then None or an error, into a queue."""

    def __init__(self, transport: Transport, ask: Ask, inbox: "queue.Queue[bytes | ClusterError | None]") -> None:
        self._transport = transport
        self._ask = ask
        self._inbox = inbox
        self._closed = threading.Event()
        self._response: Any = None

    def run(self) -> None:
        try:
            self._response = self._transport.open(self._ask, _READ_SECONDS)
            while not self._closed.is_set() and (piece := self._piece()):
                self._put(piece)
            self._put(None)
        except ClusterError as error:
            self._put(error)
        finally:
            if self._response is not None:
                self._response.close()

    def close(self) -> None:
        """End the reading: the blocked thread wakes up because its socket reads an end."""
        self._closed.set()
        response = self._response
        if response is not None:
            try:
                response.shutdown()
            except (ValueError, RuntimeError, OSError):
                return

    def _piece(self) -> bytes:
        from urllib3.exceptions import HTTPError

        try:
            return bytes(self._response.read1(1 << 16) or b"")
        except (HTTPError, OSError, http.client.HTTPException, ValueError) as error:
            raise self._transport.broken(error, _READ_SECONDS) from None

    def _put(self, item: bytes | ClusterError | None) -> None:
        while not self._closed.is_set():
            try:
                self._inbox.put(item, timeout=_POLL)
            except queue.Full:
                continue
            return


def _over(stop: threading.Event, deadline: float | None) -> bool:
    return stop.is_set() or (deadline is not None and time.monotonic() >= deadline)


def _left(most: float, deadline: float | None) -> float:
    return most if deadline is None else max(0.0, min(most, deadline - time.monotonic()))
