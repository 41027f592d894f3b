"""What the pretend cluster holds: objects by resource, one counter of versions, and logs of changes for watchers.

Stored objects are never changed in place: a write puts a new one in their stead, so that lists, snapshots and
watchers can share them without copying.
"""

import threading
import time
import uuid
from collections import defaultdict, deque
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from checks.demo.api.problems import Obj

_FIRST_VERSION = 1000
_LOG_LENGTH = 4000
_UID_ROOM = uuid.UUID("6ba7b812-9dad-11d1-80b4-00c04fd430c8")

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Change:
    """One write, as watchers see it."""

    version: int
    type: str
    """ADDED, MODIFIED or DELETED."""
    plural: str
    obj: Obj
    before: Obj | None


class Store:
    """Objects by (plural, namespace, name); safe to use from many threads."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._objects: dict[str, dict[tuple[str, str], Obj]] = {}
        self._logs: dict[str, deque[Change]] = defaultdict(lambda: deque(maxlen=_LOG_LENGTH))
        self._version = self._compacted = _FIRST_VERSION
        self._born: dict[Key, int] = {}
        self._closed = False

    @property
    def version(self) -> int:
        """The latest resourceVersion."""
        return self._version

    @property
    def closed(self) -> bool:
        """True once the world stops: watchers end."""
        return self._closed

    def now(self) -> str:
        """Return the store's time as the API writes it."""
        return self.clock().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def new_uid(self, plural: str, namespace: str, name: str) -> str:
        """Return a UID that depends only on the name and on how many objects had it before."""
        with self.lock:
            key = (plural, namespace, name)
            self._born[key] = self._born.get(key, 0) + 1
            return str(uuid.uuid5(_UID_ROOM, "/".join((*key, str(self._born[key])))))

    def get(self, plural: str, namespace: str, name: str) -> Obj | None:
        """Return the stored object (not to be changed), or None."""
        with self.lock:
            return self._objects.get(plural, {}).get((namespace, name))

    def select(self, plural: str, namespace: str = "") -> list[Obj]:
        """Return the objects of one namespace, or of all, in etcd's order: namespace, then name."""
        with self.lock:
            items = [item for item in self._objects.get(plural, {}).items() if not namespace or item[0][0] == namespace]
        return [obj for _, obj in sorted(items, key=lambda item: item[0])]

    def put(self, plural: str, obj: Obj) -> Obj:
        """Store a new version of an object and tell watchers; returns it with its resourceVersion."""
        meta = obj["metadata"]
        key = (meta.get("namespace", ""), meta["name"])
        with self._changed:
            before = self._objects.setdefault(plural, {}).get(key)
            self._version += 1
            stored = obj | {"metadata": meta | {"resourceVersion": str(self._version)}}
            self._objects[plural][key] = stored
            self._tell(Change(self._version, "MODIFIED" if before else "ADDED", plural, stored, before))
            return stored

    def remove(self, plural: str, namespace: str, name: str) -> Obj | None:
        """Take an object out and tell watchers; returns its last state."""
        with self._changed:
            before = self._objects.get(plural, {}).pop((namespace, name), None)
            if before is None:
                return None
            self._version += 1
            last = before | {"metadata": before["metadata"] | {"resourceVersion": str(self._version)}}
            self._tell(Change(self._version, "DELETED", plural, last, before))
            return last

    def _tell(self, change: Change) -> None:
        self._logs[change.plural].append(change)
        self._changed.notify_all()

    def oldest(self, plural: str) -> int:
        """Return the lowest version from which a watch of this resource can still go on."""
        with self.lock:
            log = self._logs[plural]
            return log[0].version - 1 if len(log) == _LOG_LENGTH else self._compacted

    def compact(self) -> None:
        """Forget the past: watches from earlier versions get 410."""
        with self._changed:
            self._version += 1
            self._compacted = self._version
            self._logs.clear()

    def wait(self, after: int, timeout: float, plurals: Collection[str]) -> list[Change]:
        """Return the changes of these resources after a version, waiting up to `timeout` seconds for the first one."""
        end = time.monotonic() + timeout
        with self._changed:
            while not (fresh := self._since(after, plurals)) and not self._closed:
                left = end - time.monotonic()
                if left <= 0:
                    break
                self._changed.wait(left)
            return fresh

    def _since(self, after: int, plurals: Collection[str]) -> list[Change]:
        fresh = []
        for plural in plurals:
            for change in reversed(self._logs[plural]):
                if change.version <= after:
                    break
                fresh.append(change)
        return sorted(fresh, key=lambda change: change.version)

    def close(self) -> None:
        """End all waits."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
