"""Reads: lists with selectors and pages of one snapshot, and watches.

Pages: k8s.io/apimachinery `pkg/apis/meta/v1/types.go` (ListOptions); `resourceVersion=0` ignores `limit`.
"""

import base64
import itertools
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from checks.demo.api.kinds import Resource
from checks.demo.api.problems import Obj, bad_request, gone, server_fault
from checks.demo.api.selectors import Match, field_match, label_match
from checks.demo.api.store import Change, Store

_TOO_OLD = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)
_INITIAL_END = {"annotations": {"k8s.io/initial-events-end": "true"}}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list or watch asks for."""

    resource: Resource
    namespace: str = ""
    name: str = ""
    field_selector: str = ""
    label_selector: str = ""
    limit: int = 0
    token: str = ""
    resource_version: str = ""

    def match(self) -> Match:
        """Return the test that an object must pass."""
        by_field = field_match(self.resource.plural, self.field_selector)
        by_label = label_match(self.label_selector)
        by_place = _placed(self.namespace, self.name)
        return lambda obj: by_place(obj) and by_field(obj) and by_label(obj)


def _placed(namespace: str, name: str) -> Match:
    def test(obj: Obj) -> bool:
        meta = obj["metadata"]
        return (not namespace or meta.get("namespace") == namespace) and (not name or meta["name"] == name)

    return test


@dataclass(slots=True)
class _Snapshot:
    version: int
    items: list[Obj]
    until: float


@dataclass(slots=True)
class Pages:
    """Lists by pages; each first page keeps its snapshot for the next ones."""

    store: Store
    seconds: float = 300.0
    """How long a page token lives."""
    _kept: dict[int, _Snapshot] = field(default_factory=dict)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def fetch(self, wanted: Wanted) -> tuple[list[Obj], Obj]:
        """Return the objects of one page and the list's metadata; raises 400 and 410."""
        if wanted.token:
            return self._next(wanted)
        match = wanted.match()
        with self.store.lock:
            version = self.store.version
            items = [obj for obj in self.store.select(wanted.resource.plural, wanted.namespace) if match(obj)]
        if not wanted.limit or wanted.resource_version == "0" or len(items) <= wanted.limit:
            return items, {"resourceVersion": str(version)}
        number = next(self._numbers)
        with self.store.lock:
            self._forget_old()
            self._kept[number] = _Snapshot(version, items, time.monotonic() + self.seconds)
        return self._page(number, self._kept[number], 0, wanted)

    def _page(self, number: int, snapshot: _Snapshot, start: int, wanted: Wanted) -> tuple[list[Obj], Obj]:
        end = start + wanted.limit if wanted.limit else len(snapshot.items)
        page, rest = snapshot.items[start:end], len(snapshot.items) - end
        meta: Obj = {"resourceVersion": str(snapshot.version)}
        if rest > 0:
            last = page[-1]["metadata"]
            meta["continue"] = _token(number, end, (last.get("namespace", ""), last["name"]))
            if not wanted.field_selector and not wanted.label_selector:
                meta["remainingItemCount"] = rest
        return page, meta

    def _next(self, wanted: Wanted) -> tuple[list[Obj], Obj]:
        if wanted.resource_version not in ("", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        number, start, after = _read_token(wanted.token)
        if number < 0:
            return self._rest(wanted, after)
        with self.store.lock:
            self._forget_old()
            snapshot = self._kept.get(number)
        if snapshot is None:
            raise gone(_TOO_OLD, _token(-1, 0, after))
        return self._page(number, snapshot, start, wanted)

    def _rest(self, wanted: Wanted, after: tuple[str, str]) -> tuple[list[Obj], Obj]:
        """Go on from a name in what is there now: the inconsistent continuation after a 410."""
        match = wanted.match()
        with self.store.lock:
            items = [obj for obj in self.store.select(wanted.resource.plural, wanted.namespace) if match(obj)]
            version = self.store.version
        items = [o for o in items if (o["metadata"].get("namespace", ""), o["metadata"]["name"]) > after]
        snapshot = _Snapshot(version, items, time.monotonic() + self.seconds)
        number = next(self._numbers)
        with self.store.lock:
            self._kept[number] = snapshot
        return self._page(number, snapshot, 0, wanted)

    def _forget_old(self) -> None:
        now = time.monotonic()
        self._kept = {number: kept for number, kept in self._kept.items() if kept.until > now}


def _token(number: int, start: int, after: tuple[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps([number, start, list(after)]).encode()).decode()


def _read_token(token: str) -> tuple[int, int, tuple[str, str]]:
    try:
        number, start, (namespace, name) = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise bad_request("invalid continue token: continue key is not valid") from error
    return number, start, (namespace, name)


@dataclass(frozen=True, slots=True)
class Watch:
    """What a watch asks for besides what it selects."""

    wanted: Wanted
    seconds: float
    bookmarks: bool = False
    initial: bool = False
    """sendInitialEvents: the state first, ended by an annotated bookmark."""
    bookmark_seconds: float = 10.0


def follow(store: Store, watch: Watch) -> Iterator[Obj | None]:
    """Return watch events until the time is up; None now and then, so that a gone listener is noticed.

    Raises 400 at once for a bad selector or version, before anything is sent.
    """
    match = watch.wanted.match()
    events, version = _beginning(store, watch, match)
    return itertools.chain(events, _rest_of(store, watch, match, version))


def _rest_of(store: Store, watch: Watch, match: Match, version: int) -> Iterator[Obj | None]:
    plural, end = watch.wanted.resource.plural, time.monotonic() + watch.seconds
    marked = time.monotonic()
    while version >= 0 and not store.closed and (left := end - time.monotonic()) > 0:
        for change in store.wait(version, min(left, 1.0), (plural,)):
            version = change.version
            event = _event(change, match)
            if event:
                yield event
        if watch.bookmarks and time.monotonic() - marked >= watch.bookmark_seconds:
            marked = time.monotonic()
            version = _settled(store, version, plural)
            yield _bookmark(watch.wanted.resource, version, {})
        yield None
    if watch.bookmarks and version >= 0:
        yield _bookmark(watch.wanted.resource, version, {})


def _settled(store: Store, version: int, plural: str) -> int:
    """Return the latest version up to which nothing of this resource is still to be told."""
    with store.lock:
        return version if store.wait(version, 0, (plural,)) else store.version


def _beginning(store: Store, watch: Watch, match: Match) -> tuple[list[Obj], int]:
    asked = watch.wanted.resource_version
    if asked not in ("", "0") and not watch.initial:
        version = _number(asked)
        oldest = store.oldest(watch.wanted.resource.plural)
        if version < oldest:
            text = f"too old resource version: {version} ({oldest})"
            return [{"type": "ERROR", "object": gone(text).status()}], -1
        return [], version
    with store.lock:
        version = store.version
        items = [obj for obj in store.select(watch.wanted.resource.plural, watch.wanted.namespace) if match(obj)]
    events: list[Obj] = [{"type": "ADDED", "object": obj} for obj in items]
    if watch.initial and watch.bookmarks:
        events.append(_bookmark(watch.wanted.resource, version, _INITIAL_END))
    return events, version


def _number(text: str) -> int:
    if not text.isdigit():
        why = f'strconv.ParseUint: parsing "{text}": invalid syntax'
        raise server_fault(f'resourceVersion: Invalid value: "{text}": {why}')
    return int(text)


def _bookmark(resource: Resource, version: int, meta: Obj) -> Obj:
    head: dict[str, Any] = {"kind": resource.kind, "apiVersion": resource.api_version}
    head["metadata"] = {"resourceVersion": str(version), "creationTimestamp": None} | meta
    return {"type": "BOOKMARK", "object": head}


def _event(change: Change, match: Match) -> Obj | None:
    is_in = change.type != "DELETED" and match(change.obj)
    was_in = change.before is not None and match(change.before)
    if not is_in and not was_in:
        return None
    kind = "DELETED" if not is_in else "MODIFIED" if was_in else "ADDED"
    return {"type": kind, "object": change.obj}
