"""Reads lists page by page, and goes on where a page token has grown too old."""

import threading
from collections.abc import Iterator
from typing import TypeVar

from checks.clients.decode import Listed, ListReader, status_of
from checks.clients.kinds import Kind
from checks.clients.transport import JSON, MEBI, Ask, Transport

T = TypeVar("T")

PAGE = 500
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
"""Metadata without the values. No fallback to plain JSON: of Secrets that would bring what was to stay there."""
_PATIENCE = 3.0


def pages(
    transport: Transport,
    reader: ListReader[T],
    kind: Kind,
    namespace: str | None,
    stop: threading.Event | None = None,
    *,
    selectors: tuple[tuple[str, str], ...] = (),
    limit: int = PAGE,
    accept: str = JSON,
) -> Iterator[Listed[T]]:
    """Yield the pages of one list, a snapshot at the first page's resourceVersion; raises ClusterError.

    Where the token has expired (410), the server sends one that goes on at the present state; what was made meanwhile
    among the names already passed is then missing, and a watch from the first page's version brings it.
    """
    token = ""
    while True:
        paging = (("limit", str(limit)), *((("continue", token),) if token else ()))
        ask = Ask(kind.path(namespace), (*selectors, *paging), accept=accept, patience=_PATIENCE)
        answered = _page(transport, reader, ask, stop, token)
        if isinstance(answered, str):
            token = answered
            continue
        yield answered
        token = answered.next
        if not token:
            return


def _page(
    transport: Transport, reader: ListReader[T], ask: Ask, stop: threading.Event | None, token: str
) -> Listed[T] | str:
    """Return one page, or another token to go on with. What was sent is megabytes, and is gone when this returns."""
    answer = transport.send(ask, stop)
    if answer.status == 410 and (fresh := _fresh(answer.body, token)):
        return fresh
    if answer.status != 200:
        raise transport.refused(ask, answer)
    return reader.page(answer.body, f"{transport.name}: list of {ask.path.rpartition('/')[2]}")


def snapshot(
    transport: Transport,
    reader: ListReader[T],
    kind: Kind,
    stop: threading.Event | None,
    selectors: tuple[tuple[str, str], ...],
    cap: int = 16 * MEBI,
) -> Listed[T]:
    """Return a list of all namespaces from the watch cache: fast, in one piece, perhaps a little old.

    In one piece whatever `limit` says, so that where thousands wait it raises ServerFault at `cap` bytes: pages then
    bring them at once.
    """
    ask = Ask(kind.path(), (*selectors, ("resourceVersion", "0")), patience=_PATIENCE, cap=cap)
    return reader.page(transport.get(ask, stop).body, f"{transport.name}: list of {kind.plural}")


def _fresh(body: bytes, used: str) -> str:
    status = status_of(body)
    token = status.metadata.next if status else ""
    return token if token != used else ""
