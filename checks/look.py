"""One look at one cluster: find and explain, and tell as soon as there is something to tell."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Protocol

from checks.errors import Interrupted
from checks.model import Diagnosis, Problem, Pull, PullKey
from checks.told import Report

if TYPE_CHECKING:
    from checks.scan import Scan

Tell = Callable[[Report], object]
REDRAW = 0.1
"""Seconds between two reports while results stream in."""
_HEAD_START = 0.5
"""Seconds at most that the pass over all pods waits for the first explanation: a first row is worth more than speed."""
_BATCHES = 4
"""Parts of a look explained at a time: a registry that hangs holds up the part that was found first, not the rest."""


class Finds(Protocol):
    """The half of a doctor that a look needs."""

    def find(self, stop: threading.Event) -> "Iterator[Scan]":
        """Yield growing snapshots of the failing pulls."""

    def diagnose(
        self, scan: "Scan", stop: threading.Event, on_diagnosis: Callable[[Diagnosis], None] | None = None
    ) -> Report:
        """Explain every failing pull of a scan."""

    def grouped(self, diagnoses: Iterable[Diagnosis]) -> tuple[Problem, ...]:
        """Return the problems that these diagnoses make."""


def look(doctor: Finds, stop: threading.Event, tell: Tell | None) -> Report:
    """Return the report of the whole; `tell` gets what is known before that, about once in REDRAW seconds.

    While pods are still being listed, those found are explained: each once, and again only where it has changed by
    then. Raises ClusterError where nothing could be seen at all, Interrupted when `stop` is set.
    """
    far = _SoFar(doctor, stop, tell)
    pool = ThreadPoolExecutor(_BATCHES, thread_name_prefix="look")
    try:
        batches = []
        for snapshot in doctor.find(stop):
            if batch := far.take(snapshot):
                batches.append(pool.submit(far.explain, batch))
                far.give_head_start()
        left = set(batches)
        while left:
            done, left = wait(left, timeout=REDRAW, return_when=FIRST_EXCEPTION)
            for explained in done:
                explained.result()
            far.tell_rest()
        return far.report()
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


class _SoFar:
    """What one look has found and explained by now; safe to use from several threads."""

    def __init__(self, doctor: Finds, stop: threading.Event, tell: Tell | None) -> None:
        self._doctor, self._stop, self._tell = doctor, stop, tell
        self._lock = threading.RLock()
        self._scan: Scan | None = None
        self._asked: dict[PullKey, Pull] = {}
        self._known: dict[PullKey, Diagnosis] = {}
        self._first = threading.Event()
        """Something is explained."""
        self._due = 0.0
        """When to tell next, on the monotonic clock: telling takes at most a third of the time."""
        self._untold = False

    def take(self, scan: "Scan") -> "Scan | None":
        """Take in a snapshot; returns that part of it which has not been explained as it is now, if any."""
        with self._lock:
            failing = {pull.key: pull for pull in scan.pulls}
            fresh = tuple(pull for key, pull in failing.items() if self._asked.get(key) != pull)
            self._scan, self._asked = scan, failing
            # What an earlier snapshot showed stays until it is explained anew: no row comes and goes under the cursor.
            self._known = {key: diagnosis for key, diagnosis in self._known.items() if key in failing}
        return replace(scan, pulls=fresh) if fresh else None

    def give_head_start(self) -> None:
        """Where somebody looks on, wait for the first explanation, but not for long: what follows takes its time."""
        if self._tell is None:
            return
        until = time.monotonic() + _HEAD_START
        while not self._first.wait(0.02) and time.monotonic() < until and not self._stop.is_set():
            continue
        self._first.set()

    def explain(self, batch: "Scan") -> None:
        """Explain the pulls of a batch; raises Interrupted."""
        asked = {pull.key: pull for pull in batch.pulls}
        stream = None if self._tell is None else partial(self._add, asked)
        found = self._doctor.diagnose(batch, self._stop, stream)
        for problem in found.problems:
            for diagnosis in problem.diagnoses:
                self._keep(asked, diagnosis)
        if self._tell is not None:
            self._tell_now()

    def _keep(self, asked: "Mapping[PullKey, Pull]", diagnosis: Diagnosis) -> None:
        """Keep a diagnosis, unless its pull has changed or gone since the batch was taken."""
        key = diagnosis.pull.key
        with self._lock:
            if key in self._asked and self._asked[key] == asked.get(key):
                self._known[key] = diagnosis
        self._first.set()

    def _add(self, asked: "Mapping[PullKey, Pull]", diagnosis: Diagnosis) -> None:
        self._keep(asked, diagnosis)
        self._untold = True
        self.tell_rest()

    def tell_rest(self) -> None:
        """Tell what came since the last time, if that is long enough ago: the next answer may be long in coming."""
        if self._untold and time.monotonic() > self._due:
            self._tell_now()

    def _tell_now(self) -> None:
        with self._lock:
            began = time.monotonic()
            self._untold = False
            assert self._scan is not None
            assert self._tell is not None
            if self._known:
                cluster = next(iter(self._known.values())).pull.cluster
                self._tell(Report(cluster, self._doctor.grouped(self._known.values()), self._scan, ()))
            now = time.monotonic()
            self._due = now + max(REDRAW, 2 * (now - began))

    def report(self) -> Report:
        """Return the report of the last snapshot; raises Interrupted where there was none."""
        if self._scan is None:
            raise Interrupted("stopped on request")
        if self._stop.is_set():
            raise Interrupted("stopped on request")
        found = tuple(self._known.values())
        unknowns = tuple(dict.fromkeys(line for diagnosis in found for line in diagnosis.unknowns))
        none = self._doctor.diagnose(replace(self._scan, pulls=()), self._stop)
        return replace(none, problems=self._doctor.grouped(found), scan=self._scan, unknowns=unknowns)


def news(pull: Pull, known: Diagnosis | None) -> bool:
    """Does the kubelet say something new? Going in and out of its back-off is nothing new."""
    if known is None or pull.complaint is None:
        return True
    if pull.complaint == known.pull.complaint:
        return False
    from checks.complaint import read

    now, then = read(pull.complaint.message, pull.complaint.reason), known.evidence.reading
    return now.confidence != "none" and (now.cause, now.alternatives) != (then.cause, then.alternatives)


def meant(pull: Pull, problem: Problem) -> bool:
    """Is this one of the problem's pods, or one that took its place?"""
    owners = {(p.namespace, p.owner.name) for p in problem.pulls if p.owner is not None}
    if pull.owner is not None and (pull.namespace, pull.owner.name) in owners:
        return True
    return (pull.namespace, pull.pod) in {(p.namespace, p.pod) for p in problem.pulls}
