"""Writes objects straight into etcd, a hundred at a time: what POST and PATCH take minutes for is there in seconds."""

import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any

from tests.live.web import Endpoint

AT_ONCE = 100
"""Writes in one transaction; etcd takes 128 at most (etcd docs, "Configuration options", max-txn-ops)."""
_WRITERS = 4
Entry = tuple[str, bytes]
"""Key and value."""


@dataclass(frozen=True, slots=True)
class Store:
    """etcd's JSON gateway (etcd docs, "gRPC gateway")."""

    endpoint: Endpoint

    def get(self, key: str) -> bytes:
        """Return the value as it is stored."""
        found = self._ask("range", {"key": _text(key.encode())})
        return b64decode(found["kvs"][0]["value"])

    def count(self, prefix: str) -> int:
        """Return how many keys begin with `prefix`, which must not end in the byte 0xff."""
        end = prefix[:-1] + chr(ord(prefix[-1]) + 1)
        found = self._ask(
            "range", {"key": _text(prefix.encode()), "range_end": _text(end.encode()), "count_only": True}
        )
        return int(found.get("count", 0))

    def put(self, entries: Iterable[Entry]) -> None:
        """Write all entries, in transactions, in no order."""
        with ThreadPoolExecutor(_WRITERS) as pool:
            for _ in pool.map(self.put_together, _parts(entries)):
                pass

    def put_in_order(self, entries: Iterable[Entry], apart: int) -> None:
        """Write each entry by itself; of `apart` that follow one another no two have the same key."""
        rest = iter(entries)
        with ThreadPoolExecutor(_WRITERS) as pool:
            while part := list(islice(rest, apart)):
                for _ in pool.map(lambda entry: self.put_together([entry]), part):
                    pass

    def put_together(self, entries: list[Entry]) -> None:
        """Write at most AT_ONCE entries in one transaction."""
        puts = [{"request_put": {"key": _text(key.encode()), "value": _text(value)}} for key, value in entries]
        self._ask("txn", {"success": puts})

    def _ask(self, what: str, body: dict[str, object]) -> dict[str, Any]:
        answer = self.endpoint.ask("POST", f"/v3/kv/{what}", json.dumps(body).encode())
        assert answer.status == 200, answer.body[:300]
        found: dict[str, Any] = answer.json
        return found


def _parts(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    rest = iter(entries)
    while part := list(islice(rest, AT_ONCE)):
        yield part


def _text(value: bytes) -> str:
    return b64encode(value).decode()
