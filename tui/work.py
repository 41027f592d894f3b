"""What runs in worker threads: calls the doctor, tells what came of it, touches no widget."""

from __future__ import annotations

import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual.message import Message

from checks.errors import DoctorError, Interrupted
from checks.repair.plan import FixPlan, Progress, Refusal
from tui import messages
from tui.heap import loaded

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.facade import Facade
    from checks.model import Problem

Post = Callable[[Message], object]
SCAN = "scan"
"""Stands for the whole scan where a problem's id is expected."""
VERIFY = 600.0
"""Seconds to watch whether the pods pull: two of the kubelet's longest pauses."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """Plans that were asked for; `urgent`: by somebody who looks at the problem."""

    number: int
    urgent: bool


def guarded(post: Post, work: Callable[[], None], problem: str = "") -> None:
    """Run work; an error becomes a message with its sentence, a bug of ours too: else a row would turn for ever."""
    try:
        work()
    except Interrupted:
        return
    except DoctorError as error:
        post(messages.Failed(str(error), problem, whole=problem == SCAN))
    except Exception as error:
        post(messages.Failed(unexpected(error), problem, whole=problem == SCAN))


def unexpected(error: Exception) -> str:
    """Name a bug of this program: its kind and place, not its text, which may hold anything."""
    frame = traceback.extract_tb(error.__traceback__)[-1]
    place = f"{Path(frame.filename).name}:{frame.lineno}"
    return f"a bug in harbor-doctor broke this off: {type(error).__name__} at {place}"


def scan(doctor: Facade, post: Post, number: int, stop: threading.Event) -> None:
    """Connect, look, explain; results stream."""
    try:
        info = doctor.connect()
    finally:
        loaded()
    post(messages.Connected(info))
    if not info.several:
        leftovers(doctor, post)
    report = doctor.look(stop, lambda known: post(messages.Explained(number, known, False)))
    post(messages.Explained(number, report, True))
    if info.several:  # of those that have answered by now: what others left is told when they are looked at again
        leftovers(doctor, post)
    if doctor.watchable(report):
        post(messages.Watched(number))
    for now, trouble in doctor.follow(report, stop):
        post(messages.Moved(number, now, trouble))


def leftovers(doctor: Facade, post: Post) -> None:
    """Tell what an earlier run left behind: probe pods, and a repair that did not come to its end."""
    for sentence in doctor.clear_probes():
        post(messages.Cleared(sentence))
    left = doctor.unfinished()
    for one in left[:1]:
        spaces = tuple(receipt.namespace for receipt in left if receipt.id == one.id)
        post(messages.BrokenOff(one.title, one.id, one.created, one.context, one.problem, spaces))


def offers(doctor: Facade, post: Post, problem: Problem, ticket: int) -> None:
    """Make the plans of one problem; where that fails, why stands in their place."""
    made: tuple[FixPlan | Refusal, ...]
    try:
        made = doctor.offers(problem)
    except Interrupted:
        raise
    except DoctorError as error:
        made = (Refusal("plans", "", "No plan could be made", str(error)),)
    except Exception as error:
        made = (Refusal("plans", "", "No plan could be made", unexpected(error)),)
    post(messages.Offered(problem.id, made, problem, ticket))


def all_offers(
    doctor: Facade, post: Post, orders: Sequence[tuple[Problem, Ticket]], stop: threading.Event,
    wanted: Callable[[str, Ticket], bool],
) -> None:  # fmt: skip
    """Make the plans of many problems, one problem after the other, as long as they are still `wanted`."""
    for problem, ticket in orders:
        if stop.is_set():
            return
        if wanted(problem.id, ticket):
            guarded(post, partial(offers, doctor, post, problem, ticket.number), problem.id)


def repair(
    doctor: Facade, post: Post, plan: FixPlan, problem: Problem, stop: threading.Event, confirmed: str = ""
) -> None:
    """Apply a plan, watch until the pods have pulled, tell what `z` would put back."""

    def tell(progress: Progress) -> None:
        post(messages.Advanced(problem.id, progress))

    outcome = doctor.apply(plan, tell, confirmed)
    if outcome.applied:
        outcome = doctor.verify(plan, problem, VERIFY, tell, stop, outcome)
    undo = doctor.undo_preview(outcome.receipt) if outcome.receipt else ()
    post(messages.Finished(problem.id, outcome, False, undo))


def show_undo(doctor: Facade, post: Post, problem: str, receipt: str) -> None:
    """Find what the last repair's undo would put back."""
    found = doctor.receipts()
    chosen = next((r for r in found if not receipt or r.id == receipt), None)
    if chosen is None:
        post(messages.Failed("there is no repair to undo", problem))
        return
    lines = doctor.undo_preview(chosen.id)
    post(messages.UndoShown(chosen.problem, chosen.id, chosen.title, lines, chosen.context))


def undo(doctor: Facade, post: Post, problem: str, receipt: str, confirmed: str = "") -> None:
    """Take a repair back."""

    def tell(progress: Progress) -> None:
        post(messages.Advanced(problem, progress))

    post(messages.Finished(problem, doctor.undo(receipt, tell, confirmed), True))


def retest(
    doctor: Facade, post: Post, problem: Problem, number: int, stop: threading.Event, *, told: bool = True
) -> None:
    """Look again at what a problem rests on; `told` says whether a person asked for it and waits for a word."""
    post(messages.Retested(number, problem.id, doctor.retest(problem, stop), told))


def test_login(doctor: Facade, post: Post, problem: Problem, login: Login) -> None:
    """Try a login on the failing images."""
    post(messages.Tested(doctor.prove(problem, login)))


def plan_login(doctor: Facade, post: Post, problem: Problem, login: Login) -> None:
    """Make the plan that writes a typed login."""
    made = doctor.offers(problem, login)
    chosen = next((offer for offer in made if offer.id == "new-login"), None)
    if chosen is None:
        post(messages.Failed("a login typed here cannot mend this problem", problem.id))
    else:
        post(messages.LoginPlanned(problem.id, chosen))
