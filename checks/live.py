"""Keeps a scan true while the cluster moves: watches pods and yields the failing ones whenever they change.

One watch over all namespaces where that is allowed, else one for each namespace, at most `MOST`. A version that is too
old, or a line that keeps breaking, ends in a fresh list. Of healthy pods nothing is kept. That list comes by pages and
not as a watch with `sendInitialEvents`: watches are never compressed, so that it would be twenty times the bytes, and
no sooner there.
"""

import queue
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from checks.clients.cluster import Cluster
from checks.clients.wire import Pod
from checks.errors import ClusterError, Expired, Interrupted
from checks.model import Pull
from checks.scan import Scan
from checks.waiting import failing

MOST = 20
"""Namespaces watched one by one: each is a connection that the API server has to hold."""
GATHER = 0.4
"""Seconds in which changes are collected before they are told: a burst is one change."""
_GATHER_MOST = 2.0
"""The same where taking in the changes before took long: half of the time is left to whoever looks at them."""
_LONGEST_PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class _State:
    """All pods of one watched place, as a list showed them."""

    place: str | None
    pulls: tuple[Pull, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """One pod, as it is now; without pulls nothing of it fails."""

    uid: str
    pulls: tuple[Pull, ...]


@dataclass(frozen=True, slots=True)
class _Trouble:
    """A watch has broken and will be tried again."""

    why: str


@dataclass(slots=True)
class Live:
    """The failing pulls of a cluster, followed from a scan on."""

    cluster: Cluster
    scan: Scan
    places: tuple[str | None, ...]
    """What to watch: None is the whole cluster."""
    stop: threading.Event
    trouble: str = ""
    """Why the view is not live at the moment; empty while it is."""
    _news: "queue.Queue[_State | _Change | _Trouble]" = field(default_factory=lambda: queue.Queue(10_000))
    _pulls: dict[str, tuple[Pull, ...]] = field(default_factory=dict)

    def follow(self) -> Iterator[Scan]:
        """Yield a new snapshot after each change; ends when `stop` is set. Raises nothing."""
        for pull in self.scan.pulls:
            self._pulls[pull.pod_uid] = (*self._pulls.get(pull.pod_uid, ()), pull)
        for place in self.places:
            threading.Thread(target=self._watch, args=(place,), name=f"watch {place or 'all'}", daemon=True).start()
        busy = 0.0
        while not self.stop.is_set():
            if self._collect(min(_GATHER_MOST, max(GATHER, busy))):
                began = time.monotonic()
                yield self._snapshot()
                busy = time.monotonic() - began

    def _snapshot(self) -> Scan:
        pulls = tuple(pull for pulls in self._pulls.values() for pull in pulls)
        return replace(self.scan, pulls=pulls, at=datetime.now(UTC))

    def _collect(self, gather: float) -> bool:
        """Wait for news, then take in all that comes within `gather` seconds; returns True if anything is different."""
        try:
            different = self._take(self._news.get(timeout=1.0))
        except queue.Empty:
            return False
        deadline = time.monotonic() + gather
        while (left := deadline - time.monotonic()) > 0 and not self.stop.is_set():
            try:
                different = self._take(self._news.get(timeout=left)) or different
            except queue.Empty:
                break
        return different

    def _take(self, news: "_State | _Change | _Trouble") -> bool:
        if isinstance(news, _Trouble):
            different, self.trouble = self.trouble != news.why, news.why
            return different
        return self._renew(news) if isinstance(news, _State) else self._alter(news)

    def _alter(self, news: _Change) -> bool:
        before = self._pulls.pop(news.uid, ())
        if news.pulls:
            self._pulls[news.uid] = news.pulls
        return before != news.pulls

    def _renew(self, news: _State) -> bool:
        before, heard = dict(self._pulls), bool(self.trouble)
        self.trouble = ""
        for uid in [u for u, pulls in self._pulls.items() if news.place in (None, pulls[0].namespace)]:
            del self._pulls[uid]
        for pull in news.pulls:
            self._pulls[pull.pod_uid] = (*self._pulls.get(pull.pod_uid, ()), pull)
        return heard or before != self._pulls

    def _watch(self, place: str | None) -> None:
        """Watch one place for ever: from the scan's version where there is one, else from a fresh list."""
        version, failures = self.scan.resource_version if place is None else "", 0
        while not self.stop.is_set():
            try:
                if not version:
                    version = self._list(place)
                    failures = 0
                for kind, pod in self.cluster.watch_pods(place, version, self.stop):
                    self._tell(_Change(pod.metadata.uid, () if kind == "DELETED" else self._failing(pod)))
            except Interrupted:
                return
            except Expired:
                version = ""
            except ClusterError as error:
                version, failures = "", failures + 1
                self._tell(_Trouble(str(error)))
                self.stop.wait(min(_LONGEST_PAUSE, 2.0**failures) * random.uniform(0.7, 1.3))  # noqa: S311 - jitter

    def _list(self, place: str | None) -> str:
        version, pulls = "", list[Pull]()
        for page in self.cluster.pods(place, stop=self.stop):
            version = version or page.resource_version
            pulls += [pull for pod in page.items for pull in self._failing(pod)]
        self._tell(_State(place, tuple(pulls)))
        return version

    def _tell(self, news: "_State | _Change | _Trouble") -> None:
        """Hand over, waiting while the reader is behind; nobody reads any more once `stop` is set."""
        while not self.stop.is_set():
            try:
                self._news.put(news, timeout=1.0)
                return
            except queue.Full:
                continue

    def _failing(self, pod: Pod) -> tuple[Pull, ...]:
        return failing(pod, self.cluster.name)
