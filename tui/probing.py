"""Asking the node: the probe's manifest is made and shown, a person agrees, its answer stands beside the evidence."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from checks.errors import DoctorError
from checks.repair.plan import Progress, Refusal
from tui import messages
from tui.board import Probed
from tui.desk import Desk
from tui.screens.base import BoardScreen
from tui.screens.probe import ProbeScreen
from tui.work import Post, unexpected

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem
    from checks.repair.probe.plan import ProbePlan

_HEARD = {"pulls": "says that it pulls", "fails": "says why it does not pull", "unknown": "gave no answer"}
"""By what the node said (`Said`)."""


class Probing(Desk):
    """The part of the console that asks nodes."""

    def ask_node(self, problem: str | None) -> None:
        """`n`: show the probe of this problem's first pod on a node."""
        found = self.board.problems.get(problem or "")
        if found is None:
            self.say("there is no problem here")
        elif self.board.probing:
            self.say("one probe at a time: a node is being asked already")
        else:
            self._start("probe plan", partial(plan_probe, self.doctor, self.post_message, found))

    def on_probe_planned(self, event: messages.ProbePlanned) -> None:
        """Show the manifest; agreed, exactly this plan runs."""
        if isinstance(event.offer, Refusal):
            self.say(f"the node cannot be asked: {event.offer.why}")
            return
        if not isinstance(self.screen, BoardScreen):
            return
        plan = event.offer
        self.agreed(ProbeScreen(plan, event.notes), partial(self.run_probe, plan))

    def run_probe(self, plan: ProbePlan, confirmed: str = "") -> None:
        """Run a probe that was read and agreed to."""
        problem = self.board.problems.get(plan.problem)
        if problem is None or self.board.probing or self._leaving:
            return
        self.show(self.board.with_probe(problem.id, Probed(running=True)))
        call = partial(run_probe, self.doctor, self.post_message, plan, problem, self._quit, confirmed)
        self._start("probe", call)

    def on_probe_advanced(self, event: messages.ProbeAdvanced) -> None:
        """It goes on."""
        probed = Probed(running=True, progress=event.progress.text)
        self.show(self.board.with_probe(event.problem, probed))

    def on_probe_answered(self, event: messages.ProbeAnswered) -> None:
        """The node has answered, or was not asked; the pod is gone, or why not is told with it."""
        probed = Probed(running=False, answer=event.answer, compared=event.compared, error=event.error)
        self.show(self.board.with_probe(event.problem, probed))
        if event.answer is not None:
            self.say(f"{event.answer.node} {_HEARD[event.answer.said]}: {event.problem}")
            if event.answer.left:
                self.say(event.answer.notes[-1], error=True)
        self._leave_if_done()

    def on_cleared(self, event: messages.Cleared) -> None:
        """A probe pod of an earlier run was found."""
        self.say(event.sentence)


def plan_probe(doctor: Facade, post: Post, problem: Problem) -> None:
    """Make the probe, and let the API server say whether it would take the pod; in a worker."""
    offer = doctor.plan_probe(problem)
    if isinstance(offer, Refusal) or offer.why_not:
        post(messages.ProbePlanned(problem.id, offer, ()))
        return
    try:
        notes = doctor.check_probe(offer)
    except DoctorError as error:
        offer, notes = replace(offer, why_not=str(error)), ()
    post(messages.ProbePlanned(problem.id, offer, notes))


def run_probe(
    doctor: Facade, post: Post, plan: ProbePlan, problem: Problem, stop: threading.Event, confirmed: str = ""
) -> None:
    """Run the probe; however it ends is told, since leaving waits for it; in a worker."""
    from checks.repair.probe.compare import compared

    def tell(progress: Progress) -> None:
        post(messages.ProbeAdvanced(problem.id, progress))

    try:
        answer = doctor.probe(plan, tell, stop, confirmed)
    except DoctorError as error:
        post(messages.ProbeAnswered(problem.id, None, (), str(error)))
    except Exception as error:
        post(messages.ProbeAnswered(problem.id, None, (), unexpected(error)))
    else:
        post(messages.ProbeAnswered(problem.id, answer, compared(answer, plan, problem), ""))
