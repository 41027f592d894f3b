"""Mending: plans chosen by key, the form, repairs as they go, and undo."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from rich.text import Text

from checks.repair.plan import FixPlan, Refusal, Safety
from tui import messages, work
from tui.apart import Apart
from tui.board import Repair
from tui.render import diff_line, safe
from tui.screens.box import Box
from tui.screens.form import FormScreen
from tui.screens.plan import PlanScreen

if TYPE_CHECKING:
    from checks.credentials import Login
    from checks.model import Problem
    from tui.widgets.detail import Detail


class Repairing(Apart):
    """The part of the console that writes."""

    def choose(self, key: str, problem: str | None, detail: Detail | None) -> None:
        """A plan's key: apply what is painted in full, else open it; say why where there is none."""
        found = self.board.problems.get(problem or "")
        if found is None:
            self.say("there is no problem here")
            return
        if why := self._why_not(found):
            self.say(why)
            return
        offer = self.board.plan_for(found.id, key)
        if isinstance(offer, FixPlan):
            self._open_or_apply(offer, key, detail)
        elif key == "s" and self.board.asks_login(found.id):
            self._open_form(found)
        else:
            self.say(offer.why if isinstance(offer, Refusal) else f"{key} has no plan for this problem")

    def _why_not(self, problem: Problem) -> str:
        """Why no plan of this problem can be applied now; empty where one can."""
        repair = self.board.repairs.get(problem.id)
        if repair is not None and repair.running:
            return "its repair is under way"
        if repair is not None and repair.mended:
            return "this is mended: z takes the repair back"
        if self.board.writing:
            return "one repair at a time: another one is being written"
        return "" if problem.id in self.board.offers else "no plan yet: still looking for a cure"

    def _open_or_apply(self, plan: FixPlan, key: str, detail: Detail | None) -> None:
        if plan.safety is Safety.ONE_KEY and detail is not None and detail.painted(plan):
            self.apply_plan(plan)
            return
        self.agreed(PlanScreen(plan, key), partial(self.apply_plan, plan))

    def _open_form(self, problem: Problem) -> None:
        known = self.doctor.form(problem)
        self.push_screen(FormScreen(problem, known.server, known.username, known.secret))

    def apply_plan(self, plan: FixPlan, confirmed: str = "") -> None:
        """Apply a plan that was read and agreed to; `confirmed`: the context's name as it was typed."""
        problem = self.board.problems.get(plan.problem)
        if problem is None:
            return
        self.show(self.board.with_repair(plan.problem, Repair(running=True)))
        if plan.then is not None:
            self._then[plan.problem] = plan.then
        call = partial(work.repair, self.doctor, self.post_message, plan, problem, self._quit, confirmed)
        self._start("repair", call, plan.problem)

    def on_advanced(self, event: messages.Advanced) -> None:
        """A repair went one step on."""
        repair = self.board.repairs.get(event.problem, Repair(running=True))
        self.show(self.board.with_repair(event.problem, replace(repair, progress=(*repair.progress, event.progress))))

    def on_finished(self, event: messages.Finished) -> None:
        """A repair or undo came to its end; where its row is not here, that is told in the corner."""
        if event.problem not in self.board.problems:
            self.say(event.outcome.sentence, error=not event.outcome.applied)
            return
        repair = self.board.repairs.get(event.problem, Repair(running=False))
        done = replace(
            repair, running=False, outcome=event.outcome, undone=event.undone, undo=event.undo, at=self.now()
        )
        self.void(event.problem)
        self.show(self.board.with_repair(event.problem, done))
        if event.problem in self.board.found:  # what is left of it was explained by what stood there before
            self.retest(self.board.found[event.problem], told=False)
        self.offer_then(event.problem, event.outcome, event.undone)
        self._leave_if_done()

    def test_login(self, problem: Problem, login: Login) -> None:
        """Try a typed login."""
        self._start("test", partial(work.test_login, self.doctor, self.post_message, problem, login), problem.id)

    def on_tested(self, event: messages.Tested) -> None:
        """Tell the form."""
        if isinstance(self.screen, FormScreen):
            self.screen.show_proof(event.proof)

    def plan_login(self, problem: Problem, login: Login) -> None:
        """Make the plan that writes a typed login."""
        self._start("plan", partial(work.plan_login, self.doctor, self.post_message, problem, login), problem.id)

    def on_login_planned(self, event: messages.LoginPlanned) -> None:
        """Show the plan over the form; agreed, both close and it is applied."""
        if not isinstance(self.screen, FormScreen):
            return
        if isinstance(event.offer, Refusal):
            self.screen.answer.update(Text.assemble(("✖ ", "bold red"), safe(event.offer.why)))
            return
        plan = event.offer

        def go(typed: str) -> None:
            self.pop_screen()
            self.apply_plan(plan, typed)

        self.agreed(PlanScreen(plan), go)

    def ask_undo(self, receipt: str) -> None:
        """Show what an undo would put back, then ask."""
        self._start("undo", partial(work.show_undo, self.doctor, self.post_message, "", receipt), "undo")

    def undo_last(self, problem: str | None, detail: Detail | None) -> None:
        """`z`: at once where the difference is on screen, else after showing it."""
        repair = self.board.repairs.get(problem or "")
        if self.board.writing or (repair and repair.running):
            self.say("a repair is under way: it can be undone when it has ended")
            return
        receipt = repair.outcome.receipt if repair and repair.outcome and not repair.undone else ""
        shown = problem and receipt and repair and repair.undo and detail is not None and detail.undo_painted()
        if problem and shown and not self.doctor.protected(self.board.problems[problem].cluster):
            self._undo(problem, receipt)
            return
        call = partial(work.show_undo, self.doctor, self.post_message, problem or "", receipt)
        self._start("undo", call, problem or "undo")

    def on_undo_shown(self, event: messages.UndoShown) -> None:
        """Ask before putting back."""
        lines = [diff_line(sign, text) for sign, text in event.lines] or [safe("everything is as it was before")]
        place = f" in {event.cluster}" if self.board.clusters else ""
        confirm = self.doctor.protected(event.cluster)
        box = Box(f"Undo{place}: {event.title}", Text("\n").join(lines), agree="put back", confirm=confirm)
        self.agreed(box, partial(self._undo, event.problem, event.receipt))

    def _undo(self, problem: str, receipt: str, confirmed: str = "") -> None:
        if problem in self.board.problems:
            self.show(self.board.with_repair(problem, Repair(running=True)))
        call = partial(work.undo, self.doctor, self.post_message, problem, receipt, confirmed)
        self._start("undo", call, problem)
