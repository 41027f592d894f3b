"""Finds every failing pull that we may see, as snapshots that grow: cheap requests first, then all pods by pages.

The Table is not asked for: Pending ones hold nearly every failing pull, so that the first row comes no sooner with it.
Of healthy pods nothing is kept. "Nothing failing" is only said by a snapshot that is complete; where something could
not be looked at, `not_looked` names it.
"""

import re
import threading
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from checks.clients.cluster import Cluster
from checks.clients.decode import Listed
from checks.clients.wire import Event, Pod
from checks.errors import (
    ClusterError,
    ConfigError,
    Forbidden,
    Interrupted,
    Invalid,
    ServerFault,
    Throttled,
    Unauthenticated,
    Unreachable,
)
from checks.model import Complaint, ObjectRef, Pull, PullKey
from checks.settings import Settings
from checks.waiting import failing, quotes

__all__ = ["NotLooked", "Scan", "events_complaint", "failing", "find"]

NO_RIGHT = "no right to list pods"
"""Why a namespace was not looked at, where the API server forbids it."""
_AT_A_TIME = 6
"""Namespaces asked at the same time: below the share that API Priority and Fairness leaves to one user."""
_CAUSES = ("Failed", "InspectFailed", "ErrImageNeverPull")
_COMBINED = "(combined from similar events): "
_IMAGE = re.compile(r'image "[^"]+"')


@dataclass(frozen=True, slots=True)
class NotLooked:
    """A place that could not be looked at, and why."""

    namespace: str
    """Empty where it is the cluster as a whole."""
    why: str
    cluster: str = ""
    """The context, where several clusters are looked at."""

    @property
    def place(self) -> str:
        """The place in words."""
        where = self.namespace or "all namespaces"
        return f"{self.cluster} ▸ {where}" if self.cluster else where


@dataclass(frozen=True, slots=True)
class Scan:
    """What is known of a cluster's failing pulls at one moment."""

    pulls: tuple[Pull, ...]
    complete: bool
    """Everything was looked at: what is not in `pulls` is not failing."""
    pods_seen: int
    """Pods looked at, finished ones left out."""
    namespaces_seen: int
    """Namespaces looked at; in a scan of the whole cluster, those that hold such pods."""
    not_looked: tuple[NotLooked, ...]
    at: datetime
    resource_version: str = ""
    """Where a watch over all namespaces goes on; empty where namespaces were listed one by one."""
    parts: "tuple[tuple[str, Scan], ...]" = ()
    """Of several clusters: what was seen of each that has shown anything, by its context."""

    def seen(self, cluster: str) -> datetime:
        """When this cluster was looked at."""
        return next((part.at for name, part in self.parts if name == cluster), self.at)


def merged(scans: Mapping[str, Scan], missed: Mapping[str, str]) -> Scan:
    """Return the scans of several clusters as one; `missed`: why others, or these by now, are not seen."""
    gaps = [replace(gap, cluster=name) for name, scan in scans.items() for gap in scan.not_looked]
    gaps += [NotLooked("", why.removeprefix(f"{name}: "), name) for name, why in missed.items()]
    return Scan(
        pulls=tuple(pull for scan in scans.values() for pull in scan.pulls),
        complete=all(scan.complete for scan in scans.values()) and not missed,
        pods_seen=sum(scan.pods_seen for scan in scans.values()),
        namespaces_seen=sum(scan.namespaces_seen for scan in scans.values()),
        not_looked=tuple(gaps),
        at=max((scan.at for scan in scans.values()), default=datetime.now(UTC)),
        parts=tuple(scans.items()),
    )


def find(cluster: Cluster, settings: Settings, stop: threading.Event) -> Iterator[Scan]:
    """Yield snapshots until everything was looked at; after `stop` no more come, and none then says complete.

    Raises ClusterError only where nothing could be seen at all: no answer, no valid credentials. A namespace that is
    forbidden, missing or broken, and a pod of an odd shape, go into `not_looked`.
    """
    try:
        if settings.namespaces:
            yield from _each(cluster, settings.namespaces, _Seen(cluster.name), stop)
        elif settings.all_namespaces:
            yield from _everywhere(cluster, _Seen(cluster.name), stop)
        else:
            yield from _each(cluster, (cluster.namespace,), _Seen(cluster.name), stop)
    except Interrupted:
        return


@dataclass(slots=True)
class _Seen:
    """What has been seen so far."""

    cluster: str
    found: dict[PullKey, Pull] = field(default_factory=dict)
    early: dict[PullKey, Pull] = field(default_factory=dict)
    """From the quick first look, perhaps a little old: shown until the full pass has come by."""
    pods: int = 0
    early_pods: int = 0
    namespaces: set[str] = field(default_factory=set)
    missed: list[NotLooked] = field(default_factory=list)
    version: str = ""

    def first_look(self, page: Listed[Pod]) -> None:
        self.early = {pull.key: pull for pod in page.items for pull in failing(pod, self.cluster)}
        self.early_pods = len(page.items)

    def add(self, page: Listed[Pod]) -> None:
        for pod in page.items:
            self.namespaces.add(pod.metadata.namespace)
            self.found.update((pull.key, pull) for pull in failing(pod, self.cluster))
        for odd in page.odd:
            self.miss(odd.namespace, f"pod {odd.name or 'without a name'} could not be read: {odd.why}")
        self.pods += len(page.items)
        self.version = self.version or page.resource_version

    def merge(self, other: "_Seen") -> None:
        self.found.update(other.found)
        self.pods += other.pods
        self.namespaces |= other.namespaces
        self.missed += other.missed

    def miss(self, namespace: str, why: str) -> None:
        self.missed.append(NotLooked(namespace, why))

    def snapshot(self, over: bool = False) -> Scan:
        """With `over` the pass has ended, and is complete if nothing was missed."""
        complete = over and not self.missed
        pulls = self.found if complete else {**self.early, **self.found}
        return Scan(
            pulls=tuple(pulls.values()),
            complete=complete,
            pods_seen=max(self.pods, self.early_pods),
            namespaces_seen=len(self.namespaces),
            not_looked=tuple(self.missed),
            at=datetime.now(UTC),
            resource_version=self.version,
        )


def _everywhere(cluster: Cluster, seen: _Seen, stop: threading.Event) -> Iterator[Scan]:
    try:
        if _first_look(cluster, seen, stop):
            yield seen.snapshot()
        for page in cluster.pods(None, stop=stop):
            seen.add(page)
            if page.next:
                yield seen.snapshot()
    except Forbidden:
        yield from _one_by_one(cluster, seen, stop)
        return
    except ClusterError as error:
        if not seen.pods and not seen.early_pods:
            raise
        seen.miss("", f"the list of pods broke off after {seen.pods:,} pods: {error}")
    yield seen.snapshot(over=True)


def _first_look(cluster: Cluster, seen: _Seen, stop: threading.Event) -> bool:
    """Show Pending pods at once; where that fails (no watch cache yet, too large), the full pass must do alone."""
    try:
        seen.first_look(cluster.pending_pods(stop))
    except (ServerFault, Throttled, Invalid):
        return False
    return True


def _one_by_one(cluster: Cluster, seen: _Seen, stop: threading.Event) -> Iterator[Scan]:
    """Look into each namespace, since the list over all of them is forbidden."""
    try:
        names = cluster.namespaces(stop)
    except Forbidden:
        names = (cluster.namespace,)
        seen.miss("", f"no right to list the pods of all namespaces, nor the namespaces: looked in {names[0]} only")
    yield from _each(cluster, names, seen, stop)


def _each(cluster: Cluster, names: Iterable[str], seen: _Seen, stop: threading.Event) -> Iterator[Scan]:
    down: list[Unreachable] = []
    with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="scan") as pool:
        looks = [pool.submit(_look, cluster, name, down, stop) for name in dict.fromkeys(names)]
        try:
            for left, look in zip(range(len(looks) - 1, -1, -1), as_completed(looks), strict=True):
                seen.merge(look.result())
                if left:
                    yield seen.snapshot()
        finally:
            for look in looks:
                look.cancel()
    if down and not seen.namespaces:
        raise down[0]
    yield seen.snapshot(over=True)


def _look(cluster: Cluster, namespace: str, down: list[Unreachable], stop: threading.Event) -> _Seen:
    """Look into one namespace; where the server has not answered for another one, do not wait for it again."""
    seen = _Seen(cluster.name)
    try:
        if down:
            raise down[0]
        for page in cluster.pods(namespace, stop=stop):
            seen.add(page)
        if why := "" if seen.pods else _absent(cluster, namespace):
            seen.miss(namespace, why)
        else:
            seen.namespaces.add(namespace)
    except (Unauthenticated, ConfigError):
        raise
    except Forbidden:
        seen.miss(namespace, NO_RIGHT)
    except ClusterError as error:
        if isinstance(error, Unreachable):
            down.append(error)
        seen.miss(namespace, str(error))
    return seen


def _absent(cluster: Cluster, namespace: str) -> str:
    """Why an empty list of pods may mean that the namespace does not exist; empty where it does.

    Whoever may list pods here but not everywhere may do so by a RoleBinding of this namespace, so it is there.
    """
    try:
        return "" if cluster.read(ObjectRef("Namespace", "", namespace)) else "there is no such namespace"
    except Forbidden:
        unknown = "it has no pods, or is not there: no right to get namespaces"
        return unknown if cluster.may("list", "pods", "", "") else ""


def events_complaint(events: Iterable[Event], pull: Pull) -> Complaint | None:
    """Return what the newest event tells about why this pull fails; None where none does.

    Kubelets before 1.32 write the cause into events only. `Error: ErrImagePull` carries none; events of another
    container, or of another image that stood there before, do not count. They live about an hour.
    """
    telling = [event for event in events if _tells(event, pull)]
    if not telling:
        return None
    # Undated events sort first, so that any dated one is newer.
    newest = max(telling, key=lambda event: (event.at is not None, event.at or datetime.min.replace(tzinfo=UTC)))
    return Complaint(newest.reason, newest.message.removeprefix(_COMBINED), "event", newest.at)


def _tells(event: Event, pull: Pull) -> bool:
    message = event.message.removeprefix(_COMBINED)
    if event.reason not in _CAUSES or message.startswith("Error: "):
        return False
    if not event.involved_object.field_path.endswith(f"{{{pull.container}}}"):
        return False
    return quotes(message, pull.image) or not _IMAGE.search(message)
