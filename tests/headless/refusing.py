"""Lets each request of a repair fail in each way, and judges what is told by what is so."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor.web import App, Request, Response, problem
from checks.doctor import Doctor
from checks.errors import DoctorError
from checks.repair.onboard import Wanted
from checks.repair.plan import FixPlan, Outcome, Progress
from tests.headless.between import Fault, Seen
from tests.headless.killing import named
from tests.headless.stage import HOST, Cut, Stage

TIMEOUT = 0.6
"""Seconds that a server which hangs is waited for."""
_ALWAYS = 10**6
_STALE = "the object has been modified; apply your changes to the latest version"
_WEBHOOK = 'admission webhook "pulls.policy.example" denied the request: it needs the label team'

FAULTS = (
    Fault("409", 409, "Conflict", _STALE),
    Fault("403", 403, "Forbidden", 'User "admin" cannot do this: it is forbidden'),
    Fault("404", 404, "NotFound", "the server could not find the requested resource"),
    Fault("410", 410, "Expired", "the requested version is too old"),
    Fault("422", 422, "Invalid", _WEBHOOK),
    Fault("429", 429, "TooManyRequests", "too many requests for this user", {"Retry-After": "60"}),
    Fault("500", 500, "InternalError", "etcdserver: request timed out"),
    Fault("cut"),
    Fault("lost answer", passes=True),
    Fault("hung", seconds=TIMEOUT * 3),
)
SAYS = {
    "409": ("has been modified", "written by others all the time", "is there already", "changes all the time"),
    "403": ("forbidden",),
    "404": ("could not find", "was deleted", "not there any more", "does not exist", "is there already"),
    "410": ("too old",),
    "422": ("denied the request: ",),
    "429": ("too many requests", "Too many requests"),
    "500": ("request timed out",),
    "cut": ("cut the connection before it had answered", "not reach"),
    "lost answer": ("cut the connection before it had answered", "not reach"),
    "hung": ("did not answer within", "timed out"),
}
"""What must be said of each, in one of these ways; of Harbor's answers its host is named, and the status or these."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of a repair: the same name in every run."""

    name: str
    number: int
    """Which of those with this name."""
    receipt: bool
    harbor: bool

    def __str__(self) -> str:
        return self.name


class Refusing:
    """One plan of one course, made once, applied again and again while one of its requests fails."""

    def __init__(self, stage: Stage, folder: Path) -> None:
        self.stage, self.folder = stage, folder
        self._seen: list[tuple[str, bool, bool]] = []
        self._now: tuple[Asked, Fault] | None = None
        self._counts: dict[str, int] = {}

    @contextmanager
    def under_way(self) -> Iterator["Refusing"]:
        """The doctor and the plan; the requests of a run that nothing disturbs are noted."""
        stage = self.stage
        stage.restore()
        self.before = stage.declared()
        state = self.folder / "state"
        patient, hasty = stage.doctor(state, through=True), stage.doctor(state, through=True, timeout=TIMEOUT)
        with patient as doctor, hasty as self.hasty, self._harbor():
            self.doctor = doctor
            self.plan = _hasty(_plan(doctor, stage))
            stage.between.clear()
            stage.between.trap(self._meant, Fault("chosen"), 1, _ALWAYS)
            outcome = self._apply()
            assert isinstance(outcome, Outcome), outcome
            assert outcome.applied, outcome.sentence
            self.asked = _asked(self._seen)
            self.after, self.pods = self._changed(), self._gone()
            self._undo()
            yield self

    # ── requests ─────────────────────────────────────────────────────────────────────────────────────────────

    def _meant(self, seen: Seen) -> bool:
        if seen.method == "GET" or "reviews" in seen.path:
            return False
        name = named(seen) + (" (dry run)" if seen.dry else "")
        return self._strikes(name, seen.receipt, harbor=False)

    def _strikes(self, name: str, receipt: bool, *, harbor: bool) -> bool:
        """Does this request fail? From the one that is meant on, all of its name do."""
        self._counts[name] = count = self._counts.get(name, 0) + 1
        if self._now is None:
            self._seen.append((name, receipt, harbor))
            return False
        asked, _ = self._now
        return name == asked.name and count >= asked.number

    @contextmanager
    def _harbor(self) -> Iterator[None]:
        def answer(request: Request, app: App) -> Response:
            name = f"{request.method} Harbor {request.path.removeprefix('/api/v2.0/')}"
            if request.method in ("GET", "HEAD") or not self._strikes(name, False, harbor=True) or self._now is None:
                return app(request)
            fault = self._now[1]
            if fault.passes:
                app(request)
            time.sleep(fault.seconds)
            return problem(fault.status, "DENIED", fault.message) if fault.status else Response(200, headers=Cut())

        with self.stage.harbor_asked(answer):
            yield

    # ── one cell ─────────────────────────────────────────────────────────────────────────────────────────────

    def cell(self, asked: Asked, fault: Fault) -> str:
        """Apply while this request fails so; returns what came of it in a word, or FAILED and why."""
        self.stage.restore()
        self._counts.clear()
        self._now = (asked, fault)
        self.stage.between.traps[0].fault = fault
        outcome = self._apply()
        self._now = None
        self.stage.between.traps[0].meant, meant = lambda seen: False, self.stage.between.traps[0].meant
        try:
            return self._judged(asked, fault, outcome)
        except AssertionError as error:
            return f"FAILED: {error}: {outcome}"
        except DoctorError as error:
            return f"FAILED: afterwards: {error}: {outcome}"
        finally:
            with suppress(DoctorError, AssertionError):
                self._undo()
            self.stage.between.traps[0].meant = meant

    def _apply(self) -> Outcome | DoctorError:
        """A server that hangs is met by somebody hasty; a slow machine must not look like one."""
        doctor = self.hasty if self._now is not None and self._now[1].name == "hung" else self.doctor
        try:
            return doctor.apply(self.plan, _quiet)
        except DoctorError as error:
            return error

    def _judged(self, asked: Asked, fault: Fault, outcome: Outcome | DoctorError) -> str:
        now = self._changed()
        changed = bool(now) or self._gone() > 0
        receipts = len(self.stage.receipts())
        text = str(outcome) if isinstance(outcome, DoctorError) else outcome.sentence
        assert "\n" not in text, "more than one line"
        if isinstance(outcome, DoctorError) or not outcome.applied or (asked.receipt and fault.name != "lost answer"):
            assert _told(text, asked, fault), f"{fault.name} is not told"
        if isinstance(outcome, DoctorError):
            assert not changed, "refused, and something was written"
            assert not receipts, "refused, and a receipt is left"
            return "refused"
        if not outcome.receipt:
            assert not changed, "nothing is said to be changed"
            assert not receipts, "a receipt is left"
            return "nothing"
        assert receipts, "a receipt is named that is not there"
        if outcome.applied:
            assert now == self.after, "applied, and not all is so"
            assert self._gone() == self.pods, "applied, and not all pods were replaced"
        else:
            assert text.startswith("Stopped at "), "half done, and not told"
        return self._undone(outcome)

    def _undone(self, outcome: Outcome) -> str:
        self._undo()
        now = self.stage.declared()
        assert now == self.before, f"undone, and not as before: {[k for k in now if now[k] != self.before.get(k)]}"
        assert not self.stage.receipts(), "undone, and a receipt is left"
        return "all" if outcome.applied else "part"

    def _undo(self) -> None:
        for receipt in dict.fromkeys(receipt.id for receipt in self.doctor.receipts()):
            done = self.doctor.undo(receipt, _quiet)
            assert done.applied, done.sentence

    def _changed(self) -> dict[str, Any]:
        """What is not as before; a new robot's password is another one each time."""
        now = self.stage.declared()
        found = {key: now.get(key) for key in {**self.before, **now} if now.get(key) != self.before.get(key)}
        return dict.fromkeys(found) if self.stage.secrets_of_robots() else found

    def _gone(self) -> int:
        """Pods that others make again, and that were told to go."""
        pods = self.stage.objects("pods")
        return sum("deletionTimestamp" in p["metadata"] and bool(p["metadata"].get("ownerReferences")) for p in pods)


def _asked(seen: list[tuple[str, bool, bool]]) -> tuple[Asked, ...]:
    """What can fail: dry runs, the receipt, every step, the first mark, and the closing."""
    counts: dict[str, int] = {}
    found = []
    for name, receipt, harbor in seen:
        counts[name] = counts.get(name, 0) + 1
        found.append(Asked(name, counts[name], receipt, harbor))
    marks = [asked for asked in found if asked.name == "PUT receipt"]
    # Every mark is written like the first.
    return tuple(asked for asked in found if asked not in marks[1:-1])


def _told(text: str, asked: Asked, fault: Fault) -> bool:
    if any(words in text for words in SAYS[fault.name]):
        return True
    return asked.harbor and HOST in text


def _plan(doctor: Doctor, stage: Stage) -> FixPlan:
    import threading

    course = stage.course
    typed = _login(course.arguments, course.given)
    if course.plan == "onboard":
        user = "sam" if "--user" in course.arguments else ""
        project = course.arguments[course.arguments.index("--project") + 1]
        made = doctor.onboarding(Wanted(stage.namespaces[0], HOST, project, user), typed).plan
        assert made is not None
        return made
    *_, scan = doctor.find(threading.Event())
    (found,) = (p for p in doctor.diagnose(scan, threading.Event()).problems if p.code == course.scenario.code)
    (plan,) = (offer for offer in doctor.offers(found, typed) if offer.id == course.first)
    assert isinstance(plan, FixPlan), plan
    then = plan.then
    if course.plan == "disable-robot":
        assert then is not None
        return then
    return plan


def _login(arguments: tuple[str, ...], given: str) -> Login | None:
    named = next((arguments[i + 1] for i, text in enumerate(arguments) if text in ("--user", "--username")), "")
    return Login(named, Password(given.strip()), Origin(OriginKind.FORM, "form")) if named else None


def _hasty(plan: FixPlan) -> FixPlan:
    """The same plan with less patience for names that are not free."""
    steps: list[Any] = [
        replace(step, patience=0.2) if getattr(step, "patience", 0.0) != 0.0 else step  # type: ignore[type-var]
        for step in plan.steps
    ]
    return replace(plan, steps=tuple(steps))


def _quiet(_: Progress) -> None:
    pass


@dataclass(frozen=True, slots=True)
class Line:
    """One request of one course, and what came of each fault at it."""

    course: str
    request: Asked
    cells: dict[str, str]


def lines_of(stage: Stage, folder: Path) -> list[Line]:
    """Fail every request in every way."""
    with Refusing(stage, folder).under_way() as refusing:
        return [
            Line(stage.course.name, asked, {fault.name: refusing.cell(asked, fault) for fault in FAULTS})
            for asked in refusing.asked
        ]


def print_lines(title: str, lines: list[Line]) -> None:
    """The matrix; `pytest -rP` shows it."""
    failed = sum(cell.startswith("FAILED") for line in lines for cell in line.cells.values())
    put: Callable[[str], object] = sys.stdout.write
    put(f"\n{title}: {len(lines)} requests × {len(FAULTS)} faults, failures {failed}\n")
    put(f"{'':28} {'':50}" + "".join(f"{fault.name:>12}" for fault in FAULTS) + "\n")
    for line in lines:
        cells = "".join(f"{line.cells.get(fault.name, '')[:11]:>12}" for fault in FAULTS)
        put(f"{line.course:28} {line.request!s:50.50}{cells}\n")
