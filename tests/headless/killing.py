"""Kills a repair at each of its writes: before the request is passed on, while its answer is out, and after it."""

import base64
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from checks.demo.harbor.web import App, Request, Response
from checks.demo.harbor_content import SECRET
from checks.errors import DoctorError
from checks.repair.plan import Progress
from tests.headless.between import Fault, Seen
from tests.headless.courses import BY_NAME, COURSES, Course
from tests.headless.planted import forms
from tests.headless.stage import Cut, Stage, in_parallel
from tests.headless.warm import Ended, Warm

MOMENTS = ("before", "during", "after")
_NEVER = 10**6


@dataclass(slots=True)
class Killer:
    """Counts the writes to the API server and to Harbor alike, and kills the process at the n-th."""

    number: int
    moment: str
    pid: int = 0
    count: int = 0
    dead: bool = False
    named: list[tuple[str, int]] = field(default_factory=list)
    """What was counted, with the status of its answer."""
    _armed: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def meant(self, name: str, writes: bool) -> bool:
        """Is this the request at which the process dies?"""
        with self._lock:
            if self.dead or self._armed:
                # What a dead process has under way comes to nothing.
                return True
            if not writes:
                return False
            self.count += 1
            self.named.append((name, 0))
            if self.count != self.number:
                return False
            self._armed = self.moment == "after"
            return not self._armed

    def kill(self) -> None:
        """The process dies here."""
        with self._lock:
            if not self.dead:
                self.dead = True
                os.kill(self.pid, signal.SIGKILL)

    def answered(self, name: str, status: int) -> None:
        """Note the status of the last write of this name."""
        with self._lock:
            for i in range(len(self.named) - 1, -1, -1):
                if self.named[i] == (name, 0):
                    self.named[i] = (name, status)
                    return


def named(seen: Seen) -> str:
    """A write, in words that are the same in every run."""
    kind = seen.path.split("/namespaces/")[-1].split("/", 1)[-1]
    if seen.receipt:
        return f"{seen.method} receipt"
    return f"{seen.method} {kind}"


def killed(stage: Stage, warm: Warm, home: Path, number: int, moment: str) -> tuple[Ended, Killer]:
    """Run the course's command and kill it at its n-th write."""
    killer, between = Killer(number, moment), stage.between
    passes = moment == "during"
    between.clear()
    between.trap(
        lambda seen: killer.meant(named(seen), seen.writes), Fault("killed", passes=passes, acts=killer.kill), 1, _NEVER
    )

    def answer(request: Request, app: App) -> Response:
        writes = request.method not in ("GET", "HEAD")
        name = f"{request.method} Harbor {request.path.removeprefix('/api/v2.0/')}"
        if not killer.meant(name, writes):
            response = app(request)
            killer.answered(name, response.status)
            return response
        if passes and not killer.dead:
            app(request)
        killer.kill()
        return Response(200, headers=Cut())

    def passed(seen: Seen) -> None:
        settled(seen)
        if seen.writes:
            killer.answered(named(seen), between.answers[-1][1] if between.answers[-1][0] is seen else 200)
        if stage.course.pulls_then and seen.receipt and seen.method == "PUT" and closes(stage):
            stage.run_pods()

    settled, between.passed = between.passed, passed
    wait = "0" if number == _NEVER and not stage.course.pulls_then else "20"
    try:
        with stage.harbor_asked(answer):
            command = stage.course.command(stage.namespaces, wait)
            ended = warm.run(
                home, stage.environment(), *command, stdin=stage.course.given, begun=lambda pid: _set(killer, pid)
            )
    finally:
        between.passed = settled
        between.clear()
    return ended, killer


def _set(killer: Killer, pid: int) -> None:
    killer.pid = pid


def closes(stage: Stage) -> bool:
    """Is the first repair closed?"""
    return any(b'"closed":true' in base64.b64decode(r["data"]["receipt.json"]) for r in stage.receipts())


@dataclass(frozen=True, slots=True)
class Row:
    """One write of one course, and what came of dying at it, by moment."""

    course: str
    write: str
    cells: dict[str, str]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of one course, and the steps that the same course carried out when nobody killed it."""

    rows: tuple[Row, ...]
    steps: tuple[dict[str, str], ...]


def rows_of(stage: Stage, warm: Warm, folder: Path) -> Found:
    """Kill at every write and every moment."""
    stage.restore()
    before = stage.declared()
    ended, clean = killed(stage, warm, _home(folder, "clean"), _NEVER, "before")
    assert ended.code == 0, (stage.course.name, ended.code, ended.out, ended.err)
    assert stage.declared() != before or stage.course.plan == "replace-pods", "nothing was written"
    log = (folder / "clean" / "state" / "harbor-doctor" / "audit.jsonl").read_text()
    _undo(stage, folder / "clean")
    assert stage.declared() == before, _difference(before, stage.declared())
    # What was refused was no write.
    writes = [(number, write) for number, (write, status) in enumerate(clean.named, 1) if status < 300]
    rows = []
    for number, write in writes:
        last = number == writes[-1][0]
        cells = {moment: _cell(stage, warm, folder, before, number, moment, last) for moment in MOMENTS}
        rows.append(Row(stage.course.name, write, cells))
    return Found(tuple(rows), tuple(map(json.loads, log.splitlines())))


def _cell(
    stage: Stage, warm: Warm, folder: Path, before: Any, number: int, moment: str, last: bool
) -> str:  # fmt: skip
    stage.restore()
    home = _home(folder, f"{number}-{moment}")
    ended, killer = killed(stage, warm, home, number, moment)
    # After its last write a process may have nothing more to ask, and end by itself.
    over = last and moment == "after" and ended.code == stage.course.ends
    if not over and (ended.code != -signal.SIGKILL or not killer.dead):
        return f"FAILED: it was not killed, it ended with {ended.code}: {(ended.out + ended.err)[-200:]}"
    there = stage.declared()
    if there != before and not stage.receipts():
        return f"FAILED: written, and no receipt knows: {_difference(before, there)}"
    if found := _shown(stage, home):
        return f"FAILED: a password stands in {found}"
    try:
        said = _undo(stage, home)
    except (DoctorError, AssertionError) as error:
        return f"FAILED: {error}"
    if stage.declared() != before:
        return f"FAILED: not as before: {_difference(before, stage.declared())}"
    return "FAILED: a receipt is left" if stage.receipts() else said


def _undo(stage: Stage, home: Path) -> str:
    """Undo as another process would; with the same state folder where Harbor, a lost pod or an image is concerned."""
    state = home / "state" / "harbor-doctor"
    shared = stage.course.harbor or "bare" in stage.course.name or stage.course.plan == "correct-image"
    said = "nothing written"
    with stage.doctor(state if shared else home / "elsewhere") as doctor:
        for receipt in dict.fromkeys(receipt.id for receipt in doctor.receipts()):
            doctor.undo_preview(receipt)
            outcome = doctor.undo(receipt, _quiet)
            assert outcome.applied, outcome.sentence
            said = "as before" if outcome.sentence.startswith("Nothing had") else "undone"
    return said


def _shown(stage: Stage, home: Path) -> str:
    """The file of the dead process's home in which a password stands, in any form."""
    secrets = [*stage.secrets_of_robots(), SECRET]
    for path in home.rglob("*"):
        if path.is_file() and path.name != "given":
            text = path.read_bytes().decode("utf-8", "replace")
            if any(form in text for secret in secrets for form in forms(secret)):
                return path.name
    return ""


def _home(folder: Path, name: str) -> Path:
    home = folder / name
    home.mkdir(parents=True)
    return home


def _difference(before: dict[str, Any], now: dict[str, Any]) -> str:
    keys = [key for key in {**before, **now} if before.get(key) != now.get(key)]
    return "; ".join(f"{key}: {str(before.get(key))[:300]} → {str(now.get(key))[:300]}" for key in keys[:3])


def _quiet(_: Progress) -> None:
    pass


def matrix(title: str, stage_of: Callable[[Path, Course], Stage], folders: pytest.TempPathFactory) -> dict[str, Found]:
    """Kill all courses at every write and moment, each on a stage of its own, and print what came of it."""
    made: dict[str, Found] = {}

    def one(course: Course, folder: Path) -> None:
        with stage_of(folder, course) as stage, Warm() as warm:
            made[course.name] = rows_of(stage, warm, folder / "runs")

    in_parallel([partial(one, course, folders.mktemp("course")) for course in COURSES])
    print_rows(title, [row for name in BY_NAME for row in made[name].rows])
    return made


def empty_or_failed(cells: Mapping[str, str], columns: Iterable[str]) -> list[str]:
    """The cells of one row of a matrix that are not as they must be, each with its column."""
    found = ((column, cells.get(column, "")) for column in columns)
    return [f"{column}: {cell or 'an empty cell'}" for column, cell in found if not cell or cell.startswith("FAILED")]


def print_rows(title: str, rows: list[Row]) -> None:
    """The matrix; `pytest -rP` shows it."""
    failed = sum(cell.startswith("FAILED") for row in rows for cell in row.cells.values())
    lines = [f"\n{title}: {len(rows)} writes × {len(MOMENTS)} moments, failures {failed}"]
    lines.append(f"{'':32}{'':50}" + "".join(f"{moment:>17}" for moment in MOMENTS))
    for row in rows:
        cells = "".join(f"{row.cells.get(moment, '')[:60]:>17}" for moment in MOMENTS)
        lines.append(f"{row.course:32}{row.write:50.50}{cells}")
    sys.stdout.write("\n".join(lines) + "\n")
