"""One look at one cluster: find and explain, and tell as soon as there is something to tell."""

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from checks.errors import Interrupted
from checks.model import Diagnosis, Problem, Pull, PullKey
from checks.told import Report

if TYPE_CHECKING:
    from checks.scan import Scan

Tell = Callable[[Report], object]
REDRAW = 0.1
"""Seconds between two reports while results stream in."""


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

    Raises ClusterError where nothing could be seen at all, Interrupted when `stop` is set.
    """
    known: dict[PullKey, Diagnosis] = {}
    report: Report | None = None
    for snapshot in doctor.find(stop) if tell is not None else _last(doctor.find(stop)):
        # What an earlier snapshot showed stays until it is explained anew: no row comes and goes under the cursor.
        failing = {pull.key for pull in snapshot.pulls}
        known = {key: diagnosis for key, diagnosis in known.items() if key in failing}
        report = doctor.diagnose(snapshot, stop, _streaming(doctor, snapshot, known, tell) if tell else None)
        if tell is not None:
            tell(report)
    if report is None:
        raise Interrupted("stopped on request")
    return report


def _last(scans: "Iterator[Scan]") -> "tuple[Scan, ...]":
    return tuple(deque(scans, maxlen=1))


def _streaming(
    doctor: Finds, snapshot: "Scan", known: dict[PullKey, Diagnosis], tell: Tell
) -> Callable[[Diagnosis], None]:
    drawn = time.monotonic()

    def stream(diagnosis: Diagnosis) -> None:
        nonlocal drawn
        known[diagnosis.pull.key] = diagnosis
        if time.monotonic() - drawn > REDRAW:
            drawn = time.monotonic()
            tell(Report(diagnosis.pull.cluster, doctor.grouped(known.values()), snapshot, ()))

    return stream


def news(pull: Pull, known: Diagnosis | None) -> bool:
    """Does the kubelet say something new? Going in and out of its back-off is nothing new."""
    if known is None or pull.complaint is None:
        return True
    from checks.complaint import read

    now, then = read(pull.complaint.message, pull.complaint.reason), known.evidence.reading
    return now.confidence != "none" and (now.cause, now.alternatives) != (then.cause, then.alternatives)


def meant(pull: Pull, problem: Problem) -> bool:
    """Is this one of the problem's pods, or one that took its place?"""
    owners = {(p.namespace, p.owner.name) for p in problem.pulls if p.owner is not None}
    if pull.owner is not None and (pull.namespace, pull.owner.name) in owners:
        return True
    return (pull.namespace, pull.pod) in {(p.namespace, p.pod) for p in problem.pulls}
