"""A repair of an earlier run that broke off: put back, or finished.

To finish is to put back what was half done and to open the plan anew: what the receipt would have written is not
believed, because others could have forged it and the cluster has moved on, and a new plan is proven.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from rich.text import Text

from checks.repair.plan import FixPlan, Refusal
from tui import messages, work
from tui.looking import Looking
from tui.render import safe
from tui.repairing import Repairing
from tui.screens.box import Box
from tui.screens.broken import BrokenOffScreen
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen
from tui.words import undo_command

if TYPE_CHECKING:
    from checks.facade import Facade
    from checks.model import Problem


class Finishing(Repairing, Looking):
    """The part of the console that takes up what another run began."""

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._waiting: messages.BrokenOff | None = None
        """To be finished as soon as the look has ended."""
        self._halves: dict[str, messages.BrokenOff] = {}
        """By problem: what is being put back, to be mended anew."""
        self._anew: messages.BrokenOff | None = None
        """What is put back by now: its plan is opened as soon as it is there."""

    def on_broken_off(self, event: messages.BrokenOff) -> None:
        """Ask what is to become of it."""
        command = undo_command(event.receipt, event.cluster if self.board.clusters else "")
        lines = (
            event.title,
            f"It was begun {event.at.astimezone():%Y-%m-%d %H:%M} and did not come to its end.",
            "",
            "Finish it: what is half done is put back, then its plan is opened, proven anew.",
            f"Put back: as it was before. Later: it stays as it is; {command} takes it back.",
        )
        box = BrokenOffScreen(lines, partial(self.ask_undo, event.receipt))
        self.agreed(box, lambda _: self._finish_or_wait(event))

    def _finish_or_wait(self, event: messages.BrokenOff) -> None:
        if self.board.scanning or self.board.report is None:
            self._waiting = event
            self.say("it is taken up as soon as the look has ended")
        else:
            self._finish(event)

    def on_explained(self, event: messages.Explained) -> None:
        """The look has ended: what waited for that goes on, once the board knows what was found."""
        if not event.final:
            return
        if self._waiting is not None:
            self.call_later(self._finish, self._waiting)
            self._waiting = None
        elif self._anew is not None:
            self.call_later(self._plan_anew, self._anew)

    def _finish(self, event: messages.BrokenOff) -> None:
        if any(set(event.namespaces) & {p.namespace for p in q.pulls} for q in self._at(event)):
            self._halves[event.problem] = event
            self.ask_undo(event.receipt)
            return
        lines = (
            f"Nothing waits for an image in {', '.join(event.namespaces)}: there is nothing left to mend.",
            "What was written stays, the receipt too: z and undo can still take it back.",
        )
        confirm = self.doctor.protected(event.cluster)
        said = Text("\n").join(map(safe, lines))
        box = Box("The repair has done its work", said, agree="it is finished", confirm=confirm)
        call = partial(end_repair, self.doctor, self.post_message, event.receipt)
        self.agreed(box, lambda typed: self._start("end", partial(call, typed)))

    def _at(self, event: messages.BrokenOff) -> list[Problem]:
        return [p for p in self.board.found.values() if not self.board.clusters or p.cluster == event.cluster]

    def _problem_of(self, event: messages.BrokenOff) -> Problem | None:
        here = self._at(event)
        return next((p for p in here if event.problem in (p.id, p.id.removesuffix(f"@{p.cluster}"))), None)

    def on_finished(self, event: messages.Finished) -> None:
        """The half is put back: look at all of it again, for only that shows what was mended by it."""
        half = self._halves.pop(event.problem, None)
        if half is not None and event.undone and event.outcome.applied:
            self._anew = half
            self.call_later(self.action_look)

    def _plan_anew(self, event: messages.BrokenOff) -> None:
        problem = self._problem_of(event)
        if problem is None:
            self._anew = None
            self.say(f"it is put back; {event.problem} is not found now, the list shows what is")
            return
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.problems.go_to(problem.id)
        if problem.id in self.board.offers:
            self._open_anew(problem.id, self.board.offers[problem.id])

    def on_offered(self, event: messages.Offered) -> None:
        """The plans are there: open that of the repair that broke off."""
        problem = self._problem_of(self._anew) if self._anew is not None and not self.board.scanning else None
        if problem is not None and problem.id == event.problem and self.takes(event):
            self._open_anew(problem.id, event.offers)

    def _open_anew(self, problem: str, offers: tuple[FixPlan | Refusal, ...]) -> None:
        """The same plan, or where fewer pods wait by now, the best there is; else the row says why there is none."""
        title = self._anew.title if self._anew is not None else ""
        self._anew = None
        plans = [offer for offer in offers if isinstance(offer, FixPlan) and offer.steps]
        again = next((plan for plan in plans if plan.title == title), next(iter(plans), None))
        if again is None:
            self.say(f"it is put back; {title} is not offered for {problem} now")
            return
        self.agreed(PlanScreen(again), partial(self.apply_plan, again))


def end_repair(doctor: Facade, post: work.Post, receipt: str, confirmed: str = "") -> None:
    """Write into the receipt that the repair came to its end."""
    doctor.end_repair(receipt, confirmed)
    post(messages.Cleared("finished: the receipt stays, z and undo can still take it back"))
