"""Several clusters at once, each in threads of its own: none waits for another, and what is seen is one report.

A cluster that gives no answer is told as a place that was not looked at, and tried again while the others are watched.
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from checks.errors import ClusterError, DoctorError, Interrupted, Unreachable
from checks.look import REDRAW
from checks.model import Diagnosis, Problem
from checks.named import tagged
from checks.repair.safely import where
from checks.told import Report

if TYPE_CHECKING:
    from checks.doctor import Doctor

T = TypeVar("T")

RETRY = 30.0
"""Seconds after which a cluster that gave no answer is tried again."""
_LOOK_UP = 0.5
"""Seconds between looks at the clock while nothing is told."""


@dataclass(frozen=True, slots=True)
class Part:
    """How far one cluster is."""

    report: Report | None = None
    """As its own doctor made it."""
    problems: tuple[Problem, ...] = ()
    """The report's, with the cluster in their ids."""
    over: bool = False
    """The look has ended, well or not."""
    error: DoctorError | None = None
    """Why it could not be looked at."""
    trouble: str = ""
    """Why it is not live at the moment."""
    live: bool = False
    heard: float = 0.0
    """When it last told anything (time.monotonic)."""


class Parts:
    """The looks at all clusters that began together; they end when `stop` is set."""

    def __init__(
        self, doctors: "Mapping[str, Doctor]", turns: Mapping[str, threading.Lock], stop: threading.Event
    ) -> None:
        """`turns`: one lock a cluster, for all looks of a run: a new look waits for the end of an old one."""
        self._doctors = doctors
        self._turns = turns
        self._stop = stop
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._told = True
        self._parts = dict.fromkeys(doctors, Part(heard=time.monotonic()))

    def begin(self, failed: Mapping[str, DoctorError], *, told: bool) -> None:
        """Look at every cluster; those that `failed` just now are not asked again. `told`: somebody watches it grow."""
        self._told = told
        for name, doctor in self._doctors.items():
            if name in failed:
                self._change(name, over=True, error=failed[name])
            else:
                self._start(f"look {name}", lambda n=name, d=doctor: self._look(n, d))  # type: ignore[misc]

    def growing(self, patience: float | None) -> Iterator[Report]:
        """Yield what is known whenever there is more, until all looks have ended.

        With `patience`: or until one has ended well and the others have told nothing for so many seconds. Raises
        Interrupted when `stop` is set, ClusterError where no cluster could be seen at all.
        """
        while True:
            settled = self._settled(patience)
            if self._news.is_set():
                self._news.clear()
                yield self.merged(looking=not settled)
            if settled:
                break
            self._news.wait(_LOOK_UP)
            if self._stop.wait(REDRAW):
                raise Interrupted("stopped on request")
        errors = [part.error for part in self._parts.values() if part.error is not None]
        if len(errors) == len(self._parts):
            raise _all_failed(errors)

    def watchable(self) -> bool:
        """Can any cluster be watched? Asks those that have been looked at."""
        for name, part in tuple(self._parts.items()):
            if part.report is not None and part.over and part.error is None:
                self._change(name, live=self._can_watch(name, part.report))
        return any(part.live for part in self._parts.values())

    def follow(self, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        """Watch all clusters, and look again at those that gave no answer; yields as `Doctor.follow` does.

        `stop`: the caller's, who may come late: where it is set these are another look's parts, and their news its.
        """
        if stop.is_set():
            return
        for name, doctor in self._doctors.items():
            self._start(f"follow {name}", lambda n=name, d=doctor: self._follow(n, d))  # type: ignore[misc]
        self._news.set()
        while not (self._stop.is_set() or stop.is_set()):
            if self._news.wait(_LOOK_UP):
                self._news.clear()
                yield self.merged(), self._trouble()
                self._stop.wait(REDRAW)

    def retested(self, name: str, problem: str, found: tuple[Diagnosis, ...]) -> None:
        """Take in that one problem, by its own doctor's id, was looked at again."""
        with self._lock:
            part = self._parts[name]
            if part.report is not None:
                kept = [d for p in part.report.problems if p.id != problem for d in p.diagnoses]
                problems = self._doctors[name].grouped([*kept, *found])
                self._parts[name] = _with_report(name, part, replace(part.report, problems=problems))

    def merged(self, *, looking: bool = False) -> Report:
        """Return what is known of all clusters as one report; `looking`: that one has not answered is no news yet."""
        from checks.diagnose import worst_first
        from checks.scan import merged

        parts = dict(self._parts)
        reports = {name: part.report for name, part in parts.items() if part.report is not None}
        scan = merged({name: report.scan for name, report in reports.items()}, _missed(parts, looking=looking))
        problems = worst_first(problem for part in parts.values() for problem in part.problems)
        unknowns = tuple(dict.fromkeys(line for report in reports.values() for line in report.unknowns))
        silent = tuple(name for name, part in parts.items() if not part.live)
        return Report(",".join(parts), problems, scan, unknowns, silent)

    # ── in threads ───────────────────────────────────────────────────────────────────────────────────────────

    def _look(self, name: str, doctor: "Doctor") -> None:
        """Look once, and note how it ended: whatever goes wrong is of this cluster alone."""
        while not self._turns[name].acquire(timeout=_LOOK_UP):
            if self._stop.is_set():
                return
        try:
            tell = (lambda report: self._note(name, report)) if self._told else None
            self._note(name, doctor.look(self._stop, tell))
            self._change(name, over=True, error=None)
        except Interrupted:
            return
        except DoctorError as error:
            self._change(name, over=True, error=error)
        except Exception as error:
            self._change(name, over=True, error=Unreachable(f"{name}: looking at it failed inside: {where(error)}"))
        finally:
            self._turns[name].release()

    def _follow(self, name: str, doctor: "Doctor") -> None:
        while not self._stop.is_set():
            part = self._parts[name]
            if not part.over:
                self._stop.wait(_LOOK_UP)
            elif part.error is not None or part.report is None:
                if not self._stop.wait(RETRY):
                    self._look(name, doctor)
            elif not (part.live or self._can_watch(name, part.report)):
                return
            else:
                self._watch(name, doctor, part.report)
                return

    def _watch(self, name: str, doctor: "Doctor", report: Report) -> None:
        self._change(name, live=True)
        try:
            for now, trouble in doctor.follow(report, self._stop):
                self._note(name, now)
                self._change(name, live=not trouble, trouble=trouble)
        except Interrupted:
            return
        except DoctorError as error:
            self._change(name, live=False, trouble=str(error))
        except Exception as error:
            self._change(name, live=False, trouble=f"{name}: watching it failed inside: {where(error)}")

    def _can_watch(self, name: str, report: Report) -> bool:
        try:
            return self._doctors[name].watchable(report)
        except DoctorError:
            return False

    # ── state ────────────────────────────────────────────────────────────────────────────────────────────────

    def _start(self, name: str, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name=name, daemon=True).start()

    def _note(self, name: str, report: Report) -> None:
        with self._lock:
            self._parts[name] = _with_report(name, self._parts[name], report)
        self._news.set()

    def _change(self, name: str, **changes: object) -> None:
        with self._lock:
            self._parts[name] = replace(self._parts[name], heard=time.monotonic(), **changes)  # type: ignore[arg-type]
        self._news.set()

    def _settled(self, patience: float | None) -> bool:
        parts = self._parts.values()
        waited = [part for part in parts if not part.over]
        if not waited or patience is None:
            return not waited
        well = any(part.over and part.error is None for part in parts)
        return well and time.monotonic() - max(part.heard for part in parts) > patience

    def _trouble(self) -> str:
        """Why nothing is live; empty where anything is."""
        parts = self._parts.values()
        return "" if any(part.live for part in parts) else "; ".join(part.trouble for part in parts if part.trouble)


def _with_report(name: str, part: Part, report: Report) -> Part:
    problems = tuple(tagged(name, problem) for problem in report.problems)
    return replace(part, report=report, problems=problems, heard=time.monotonic())


def _missed(parts: Mapping[str, Part], *, looking: bool) -> dict[str, str]:
    """Why clusters are not known as they are now; while `looking`, that a look is under way is no reason."""
    waited = {} if looking else {name: part for name, part in parts.items() if not part.over}
    silent = {n: "it is still being looked at" if p.report else "it has shown nothing yet" for n, p in waited.items()}
    broken = {name: part.trouble for name, part in parts.items() if part.trouble}
    return {**silent, **broken, **{name: str(part.error) for name, part in parts.items() if part.error is not None}}


def each(doctors: "Mapping[str, Doctor]", ask: "Callable[[Doctor], T]") -> tuple[dict[str, T], dict[str, DoctorError]]:
    """Ask several at once; returns their answers, and the errors of those that have none."""
    if not doctors:
        return {}, {}
    answers: dict[str, T] = {}
    failed: dict[str, DoctorError] = {}
    with ThreadPoolExecutor(len(doctors), thread_name_prefix="fleet") as pool:
        for name, future in {name: pool.submit(ask, doctor) for name, doctor in doctors.items()}.items():
            try:
                answers[name] = future.result()
            except DoctorError as error:
                failed[name] = error
    return answers, failed


def _all_failed(errors: Iterable[DoctorError]) -> ClusterError:
    told = list(dict.fromkeys(map(str, errors)))
    return Unreachable(f"no cluster could be looked at: {'; '.join(told)}")
