"""The API server fails at each write of a repair, in each way: one clear sentence, the right exit code, and undo works.

The line break is mended by the program as its own process, other plans through the facade over the same sockets. The
whole matrix is printed; `pytest -rP` shows it.
"""

import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from checks.doctor import Doctor
from checks.errors import ClusterError, DoctorError
from checks.repair.apply import NOT_WRITTEN
from checks.repair.plan import FixPlan, Outcome, Progress
from checks.settings import Settings
from tests.headless.between import Fault, Seen
from tests.headless.ground import NEWLINE, Ground, as_json
from tests.headless.tool import Done

_WEBHOOK = 'admission webhook "secrets.policy.example" denied the request: Secrets need the label team'
_STALE = "Operation cannot be fulfilled on secrets: the object has been modified; apply your changes to the latest one"
_HIDDEN = 'secrets is forbidden: User "admin" cannot do this in the namespace "shop"'
_SLOW = "too many requests for this user"

FAULTS = (
    Fault("409", 409, "Conflict", _STALE),
    Fault("403", 403, "Forbidden", _HIDDEN),
    Fault("404", 404, "NotFound", "the server could not find the requested resource"),
    Fault("410", 410, "Expired", "the requested version is too old"),
    Fault("422", 422, "Invalid", _WEBHOOK),
    Fault("429", 429, "TooManyRequests", _SLOW, {"Retry-After": "60"}),
    Fault("500", 500, "InternalError", "etcdserver: request timed out"),
    Fault("cut"),
    Fault("lost answer", passes=True),
    Fault("silence", seconds=20),
)

SAYS = {
    "409": ("has been modified", "written by others all the time", "is there already"),
    "403": ("is forbidden",),
    "404": ("could not find", "was deleted"),
    "410": ("too old",),
    "422": ("denied the request: ",),
    "429": (_SLOW,),
    "500": ("request timed out",),
    "cut": ("cut the connection before it had answered",),
    "lost answer": ("cut the connection before it had answered",),
    "silence": ("did not answer within 10 s",),
}
"""What must be said of each, in one of these ways."""

ALL = tuple(fault.name for fault in FAULTS)
AT = {
    "dry run": ("409", "422", "cut", "silence"),
    "receipt": ALL,
    "Secret": ALL,
    "mark": ("409", "403", "lost answer"),
    "close": ("403",),
}
"""Which faults are tried at which request; a mark and the closing are written in the same way."""

STATUS = {fault.name: fault.status for fault in FAULTS}


def quiet(_: Progress) -> None:
    pass


def _put(line: str) -> None:
    sys.stdout.write(line + "\n")


def told(text: str, fault: str) -> bool:
    return any(words in text for words in SAYS[fault])


# ── the line break, as a process of its own ──────────────────────────────────────────────────────────────────────


def _receipt(method: str) -> Callable[[Seen], bool]:
    return lambda seen: seen.writes and seen.receipt and seen.method == method


REQUESTS: dict[str, tuple[Callable[[Seen], bool], int, int]] = {
    "dry run": (lambda seen: seen.dry, 1, 99),
    "receipt": (_receipt("POST"), 1, 1),
    "Secret": (lambda seen: seen.writes and not seen.receipt, 1, 99),
    "mark": (_receipt("PUT"), 1, 1),
    "close": (_receipt("PUT"), 2, 1),
}
"""Name → which requests, which of them is the first to fail, and how many do."""


@dataclass(frozen=True)
class Case:
    """What came of one fault at one request."""

    done: Done
    sprung: bool
    written: bool
    receipts: int
    undone: str
    back: bool
    left: int

    @property
    def sentence(self) -> str:
        return str(self.done.json["sentence"]) if self.done.out else self.done.last


def _case(folder: Path, request: str, fault: Fault) -> Case:
    meant, number, times = REQUESTS[request]
    with Ground(folder, "HD109", between=True, workloads=1) as ground:
        before = as_json(ground.declared())
        trap = ground.between.trap(meant, fault, number, times)
        done = ground.tool().run("fix", NEWLINE, "--wait", "0", "-o", "json")
        ground.between.clear()
        written, receipts = as_json(ground.declared()) != before, len(ground.receipts())
        undone = _undone(ground) if receipts else ""
        back = as_json(ground.declared()) == before
        return Case(done, trap.sprung.is_set(), written, receipts, undone, back, len(ground.receipts()))


def _undone(ground: Ground) -> str:
    """Undo as another process on another machine would; the sentence."""
    config = ground.between.kubeconfig(ground.world.kubeconfig(ground.folder / "other"))
    doctor = Doctor(Settings(kubeconfig=str(config), state_dir=ground.folder / "elsewhere"))
    try:
        (receipt,) = doctor.receipts()
        outcome = doctor.undo(receipt.id, quiet)
        assert outcome.applied
        return outcome.sentence
    finally:
        doctor.close()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Case]:
    pairs = [(request, fault) for request, names in AT.items() for fault in FAULTS if fault.name in names]
    folders = [tmp_path_factory.mktemp("case") for _ in pairs]
    with ThreadPoolExecutor(2) as pool:
        made = pool.map(lambda one: _case(one[0], *one[1]), zip(folders, pairs, strict=True))
        found = {(request, fault.name): case for (request, fault), case in zip(pairs, made, strict=True)}
    _print_processes(found)
    return found


def _print_processes(found: dict[tuple[str, str], Case]) -> None:
    _put("\nrecreate-secret (HD109), one process a case: exit code, and what was left before undo")
    _put(f"{'':10}" + "".join(f"{fault.name:>13}" for fault in FAULTS))
    for request in REQUESTS:
        row = (found.get((request, fault.name)) for fault in FAULTS)
        cells = (f"{c.done.code} {'receipt' if c.receipts else 'nothing'}" if c else "" for c in row)
        _put(f"{request:10}" + "".join(f"{cell:>13}" for cell in cells))


def each(*requests: str) -> Any:
    pairs = [(request, fault) for request in requests for fault in AT[request]]
    return pytest.mark.parametrize(("request_", "fault"), pairs)


@each(*REQUESTS)
def test_whatever_fails_is_told_in_one_sentence_with_its_reason(cases: Any, request_: str, fault: str) -> None:
    case = cases[request_, fault]
    assert case.sprung, "the fault never happened"
    assert told(case.sentence, fault), case.sentence
    assert "\n" not in case.sentence
    assert "Traceback" not in case.done.err


@each(*REQUESTS)
def test_after_undo_everything_is_as_before_whatever_failed(cases: Any, request_: str, fault: str) -> None:
    case = cases[request_, fault]
    assert bool(case.undone) is bool(case.receipts)
    if case.undone:
        nothing = "Nothing had to be undone: everything is as it was before."
        assert case.undone == ("Undone: Secret shop/harbor-pull." if case.written else nothing)
    assert case.back
    assert case.left == 0


@each("dry run", "receipt")
def test_a_failure_before_the_first_write_ends_with_3_and_leaves_nothing(cases: Any, request_: str, fault: str) -> None:
    case = cases[request_, fault]
    assert (case.done.code, case.done.out) == (3, "")
    assert not case.written
    assert case.receipts == 0


@each("Secret")
def test_a_write_that_fails_ends_with_1_and_says_what_is_known(cases: Any, request_: str, fault: str) -> None:
    case = cases[request_, fault]
    outcome = case.done.json
    assert (case.done.code, outcome["applied"], outcome["mended"]) == (1, False, None)
    assert case.written is (fault == "lost answer")
    refused = STATUS[fault] in (401, 403, 404, 409, 410, 422, 429)
    if refused:
        assert outcome["sentence"].startswith("Nothing was changed: ")
    if outcome["receipt"] is None:
        assert outcome["sentence"].startswith("Nothing was changed: ")
        assert not case.written
        assert case.receipts == 0
    else:
        assert outcome["sentence"].startswith("Stopped at Secret shop/harbor-pull: ")
        assert "It is not known whether it was written." in outcome["sentence"]
        assert case.receipts == 1


@each("mark", "close")
def test_a_mark_that_cannot_be_written_does_not_undo_the_repair_and_is_said(
    cases: Any, request_: str, fault: str
) -> None:
    case = cases[request_, fault]
    outcome = case.done.json
    assert (case.done.code, outcome["applied"]) == (0, True)
    assert case.written
    assert case.receipts == 1
    word = {"mark": "updated", "close": "closed"}[request_]
    assert f"The receipt could not be {word}: " in outcome["sentence"]


def test_a_single_conflict_is_tried_again(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        trap = ground.between.trap(REQUESTS["Secret"][0], FAULTS[0])
        done = ground.tool().run("fix", "HD106:crm/harbor-8443", "-n", "crm", "--wait", "0")
        assert trap.sprung.is_set()
        assert done.code == 0


def test_a_throttled_write_is_sent_again_after_the_pause_that_was_asked_for(tmp_path: Path) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        trap = ground.between.trap(
            REQUESTS["Secret"][0], Fault("429", 429, "TooManyRequests", _SLOW, {"Retry-After": "1"}), times=2
        )
        done = ground.tool().run("fix", "HD106:crm/harbor-8443", "-n", "crm", "--wait", "0")
        assert trap.count == 3
        assert done.code == 0


# ── undo fails ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("fault", [FAULTS[1], FAULTS[4], FAULTS[6], FAULTS[7], FAULTS[8]], ids=lambda fault: fault.name)
def test_an_undo_that_fails_may_be_done_again(tmp_path: Path, fault: Fault) -> None:
    with Ground(tmp_path, "HD106", between=True) as ground:
        before, tool = as_json(ground.declared()), ground.tool()
        assert tool.run("fix", "HD106:crm/harbor-8443", "-n", "crm", "--wait", "0").code == 0
        ground.between.clear()
        ground.between.trap(lambda seen: seen.writes and seen.path.endswith("/harbor-8443"), fault, times=99)
        done = tool.run("undo", "--yes")
        assert done.code == 1
        assert done.out.startswith("Undo stopped at Secret crm/harbor-8443: ")
        assert told(done.out, fault.name)
        assert len(ground.receipts()) == 1
        ground.between.clear()
        assert tool.run("undo", "--yes").code == 0
        assert as_json(ground.declared(receipts=True)) == before


# ── other plans, through the facade ──────────────────────────────────────────────────────────────────────────────

PLANS = {"HD104": "recreate-secret", "HD101": "attach"}
FEWER = tuple(fault for fault in FAULTS if fault.name in ("403", "500", "lost answer"))


class Try:
    """One plan of a fresh world, applied while its n-th request fails."""

    def __init__(self, folder: Path, code: str) -> None:
        self.ground = Ground(folder, code, between=True, workloads=1)
        self.code = code

    def __enter__(self) -> "Try":
        ground = self.ground.__enter__()
        made = ground.world.kubeconfig(ground.folder / "config")
        self.doctor = Doctor(
            Settings(kubeconfig=str(ground.between.kubeconfig(made)), state_dir=ground.folder / "state", timeout=5.0)
        )
        self.plan = self._plan()
        self.before = self.things()
        ground.between.clear()
        return self

    def _plan(self) -> FixPlan:
        stop = threading.Event()
        *_, scan = self.doctor.find(stop)
        problem = self.doctor.diagnose(scan, stop).problems[0]
        (plan,) = (p for p in self.doctor.offers(problem) if p.id == PLANS[self.code])
        assert isinstance(plan, FixPlan)
        return plan

    def __exit__(self, *_: object) -> None:
        self.doctor.close()
        self.ground.__exit__(None, None, None)

    def things(self) -> str:
        """All that undo can bring back: everything but pods and what belongs to the cluster."""
        found = self.ground.declared()
        for obj in found.values():
            obj["metadata"] = {k: v for k, v in obj["metadata"].items() if k not in ("uid", "creationTimestamp")}
        return as_json({key: obj for key, obj in found.items() if not key.startswith("pods ")})

    def pods(self) -> int:
        """Pods that were told to go."""
        return sum("deletionTimestamp" in pod["metadata"] for pod in self.ground.world.objects.store.select("pods"))

    def apply(self) -> Outcome | DoctorError:
        try:
            return self.doctor.apply(self.plan, quiet)
        except DoctorError as error:
            return error

    def undo(self) -> Outcome:
        (receipt,) = self.doctor.receipts()
        return self.doctor.undo(receipt.id, quiet)


def _asks(seen: Seen) -> bool:
    return seen.method != "GET" and "reviews" not in seen.path


@pytest.mark.parametrize("code", PLANS)
def test_whatever_request_of_a_plan_fails_nothing_is_half_told_and_undo_works(
    code: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with Try(tmp_path_factory.mktemp("clean"), code) as clean:
        assert isinstance(outcome := clean.apply(), Outcome)
        assert outcome.applied
        requests = [seen for seen in clean.ground.between.seen if _asks(seen)]
        mended, pods = clean.things(), clean.pods()
    _put(f"\n{PLANS[code]} ({code}), through the facade: {', '.join(fault.name for fault in FEWER)}")
    receipts = [number for number, request in enumerate(requests) if request.receipt][:3]
    for number, request in enumerate(requests):
        if request.receipt and number not in receipts:
            continue  # every mark is written like the first
        cells = []
        for fault in FEWER:
            with Try(tmp_path_factory.mktemp("try"), code) as one:
                one.ground.between.trap(_asks, fault, number + 1)
                outcome = one.apply()
                one.ground.between.clear()
                cells.append(_judge(one, outcome, mended, pods))
        _put(f"  {request!s:90}{' '.join(f'{cell:>12}' for cell in cells)}")


def _judge(one: Try, outcome: Outcome | DoctorError, mended: str, pods: int) -> str:
    """Check that what is told is what is so; return it in a word."""
    receipts, changed = len(one.ground.receipts()), one.things() != one.before or one.pods() > 0
    if isinstance(outcome, DoctorError):
        assert isinstance(outcome, ClusterError)
        assert not changed
        assert receipts == 0
        return "refused"
    assert "\n" not in outcome.sentence
    if not outcome.receipt:
        assert not outcome.applied
        assert not changed, outcome.sentence
        assert receipts == 0
        return "nothing"
    assert receipts == 1
    if outcome.applied:
        assert (one.things(), one.pods()) == (mended, pods), outcome.sentence
    else:
        assert outcome.sentence.startswith("Stopped at ")
    done = one.undo()
    assert done.applied, done.sentence
    assert one.things() == one.before
    assert one.ground.receipts() == []
    return "all" if outcome.applied else "part"


def test_every_error_after_which_a_write_is_known_not_to_be_there_is_one_of_ours() -> None:
    assert all(issubclass(kind, DoctorError) for kind in NOT_WRITTEN)
