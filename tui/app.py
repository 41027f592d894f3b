"""The console: holds the doctor and the board, starts workers, and is the only place where state changes."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar

from rich.text import Text
from textual.app import App
from textual.binding import Binding, BindingType

from checks.credentials import Login
from checks.doctor import Doctor
from checks.model import Problem
from checks.repair.plan import FixPlan, Refusal, Safety
from tui import messages, work
from tui.board import Board, Repair
from tui.palette import Manual
from tui.render import diff_line, safe
from tui.screens.base import BoardScreen
from tui.screens.box import Box
from tui.screens.form import FormScreen
from tui.screens.help import help_box
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen
from tui.widgets.detail import Detail


class HarborDoctor(App[int]):
    """The full-screen console."""

    TITLE = "harbor-doctor"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[object]] = {*App.COMMANDS, Manual}  # type: ignore[assignment]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("ctrl+c", "leave", show=False, priority=True),
        Binding("question_mark", "keys", show=False),
        Binding("colon", "command_palette", show=False),
        Binding("ctrl+r", "look", show=False),
    ]

    def __init__(self, doctor: Doctor, scope: str = "all namespaces") -> None:
        super().__init__()
        self.doctor = doctor
        self.board = Board(scope=scope)
        self._number = 0
        self._stop = threading.Event()
        """Ends the scan under way; a new scan gets a new one."""
        self._quit = threading.Event()
        """Ends the watch of a repair: only on leaving."""
        self._leaving = False
        self._planning: set[str] = set()

    def on_mount(self) -> None:
        """Paint first; everything slow starts behind the first frame."""
        self.push_screen(MainScreen())
        self.call_after_refresh(self.action_look)

    # ── showing ──────────────────────────────────────────────────────────────────────────────────────────────

    def show(self, board: Board) -> None:
        """Take a new board and let every screen show it."""
        self.board = board
        for screen in self.screen_stack:
            if isinstance(screen, BoardScreen) and screen.is_mounted:
                screen.show_board(board)

    def say(self, text: str, *, error: bool = False) -> None:
        """Tell something in a corner, foreign text made harmless."""
        self.notify(safe(text).plain, severity="error" if error else "information", markup=False, timeout=6)

    def _start(self, name: str, call: Callable[[], None], problem: str = "") -> None:
        self.run_worker(
            partial(work.guarded, self.post_message, call, problem),
            name=name, group=name, thread=True, exit_on_error=False, description=name,
        )  # fmt: skip

    # ── looking ──────────────────────────────────────────────────────────────────────────────────────────────

    def action_look(self) -> None:
        """Look at the whole cluster, again."""
        self._stop.set()
        self._number, self._stop = self._number + 1, threading.Event()
        self.show(replace(self.board, scanning=True, error="", offers={}))
        self._start("scan", partial(work.scan, self.doctor, self.post_message, self._number, self._stop), work.SCAN)

    def on_connected(self, event: messages.Connected) -> None:
        """We know where we are."""
        self.show(replace(self.board, info=event.info))

    def on_broken_off(self, event: messages.BrokenOff) -> None:
        """A repair of an earlier run broke off: it can be undone; what it mended not is a problem in the list."""
        when = f"{event.at.astimezone():%Y-%m-%d %H:%M}"
        lines = (
            f"{event.title}",
            f"It was begun {when} and did not come to its end.",
            "Put back takes it back now. To finish it, leave this and mend the problem as the list shows it;",
            f"harbor-doctor undo {event.receipt} takes it back later.",
        )
        box = Box("A repair broke off", [safe(line) for line in lines], agree="put back")
        self.push_screen(box, lambda agreed: self.ask_undo(event.receipt) if agreed else None)

    def ask_undo(self, receipt: str) -> None:
        """Show what an undo would put back, then ask."""
        self._start("undo", partial(work.show_undo, self.doctor, self.post_message, "", receipt), "undo")

    def on_explained(self, event: messages.Explained) -> None:
        """Problems as far as known."""
        if event.number != self._number:
            return
        resort = not self.board.busy and len(self.screen_stack) <= 2
        board = self.board.with_report(event.report, event.final, datetime.now(UTC), resort=resort)
        self.show(replace(board, live=event.final, trouble=""))
        if event.final:
            self._planning.clear()
            self._plan_all(event.report.problems)

    def on_moved(self, event: messages.Moved) -> None:
        """The cluster moved: rows appear, grow, shrink and go; none moves under the finger."""
        if event.number != self._number:
            return
        board = self.board.with_report(event.report, True, datetime.now(UTC), resort=False)
        self.show(replace(board, live=not event.trouble, trouble=event.trouble))
        self._plan_all(event.report.problems)

    def _plan_all(self, problems: tuple[Problem, ...]) -> None:
        """Make the plans that are neither there nor being made, so that every row shows what can be mended."""
        missing = tuple(p for p in problems if p.id not in self.board.offers and p.id not in self._planning)
        if missing:
            self._planning |= {problem.id for problem in missing}
            self._start("all offers", partial(work.all_offers, self.doctor, self.post_message, missing, self._stop))

    def want_offers(self, problem: str) -> None:
        """The plans of this problem are needed now."""
        found = self.board.problems.get(problem)
        if found is not None and problem not in self.board.offers and not self.board.scanning:
            self._start("offers", partial(work.offers, self.doctor, self.post_message, found), problem)

    def on_offered(self, event: messages.Offered) -> None:
        """Plans are there."""
        self._planning.discard(event.problem)
        self.show(self.board.with_offers(event.problem, event.offers))

    def on_filtered(self, event: messages.Filtered) -> None:
        """The filter line was changed."""
        self.show(replace(self.board, filter=event.words))

    def test_again(self, problem: str | None) -> None:
        """`t`."""
        found = self.board.problems.get(problem or "")
        if found is None:
            self.say("there is no problem to test again")
            return
        self.say(f"testing {found.id} again")
        call = partial(work.retest, self.doctor, self.post_message, found, self._number, self._stop)
        self._start("retest", call, found.id)

    def on_retested(self, event: messages.Retested) -> None:
        """One problem as it is now."""
        if event.number != self._number or self.board.report is None:
            return
        from checks.diagnose import group

        report = self.board.report
        others = [d for p in report.problems if p.id != event.problem for d in p.diagnoses]
        problems = group(report.cluster, [*others, *event.diagnoses])
        board = self.board.without_offers(event.problem)
        self.show(board.with_report(replace(report, problems=problems), True, datetime.now(UTC), resort=False))
        still = any(p.id == event.problem for p in problems)
        self.say(f"{event.problem}: {'still so' if still else 'not so any more'}")

    def on_failed(self, event: messages.Failed) -> None:
        """An error is a sentence: in the row it belongs to, or over the screen."""
        self._planning.discard(event.problem)
        if event.problem and event.problem in self.board.repairs and self.board.repairs[event.problem].running:
            repair = replace(self.board.repairs[event.problem], running=False, error=event.sentence)
            self.show(self.board.with_repair(event.problem, repair))
        elif event.whole:
            self.show(replace(self.board, scanning=False, error=event.sentence))
        else:
            self.push_screen(Box("It did not work", [safe(event.sentence)], error=True))
        self._leave_if_done()

    # ── mending ──────────────────────────────────────────────────────────────────────────────────────────────

    def choose(self, key: str, problem: str | None, detail: Detail | None) -> None:
        """A plan's key: apply what is painted in full, else open it; say why where there is none."""
        found = self.board.problems.get(problem or "")
        if found is None or found.id not in self.board.offers:
            self.say("no plan yet: still looking for a cure" if found else "there is no problem here")
            return
        if self.board.busy:
            self.say("one repair at a time: another one is under way")
            return
        offer = self.board.plan_for(found.id, key)
        if isinstance(offer, FixPlan):
            self._open_or_apply(offer, key, detail)
        elif key == "s":
            self._open_form(found)
        else:
            self.say(offer.why if isinstance(offer, Refusal) else f"{key} has no plan for this problem")

    def _open_or_apply(self, plan: FixPlan, key: str, detail: Detail | None) -> None:
        if plan.safety is Safety.ONE_KEY and detail is not None and detail.painted(plan):
            self.apply_plan(plan)
            return
        self.push_screen(PlanScreen(plan, key), lambda agreed: self.apply_plan(plan) if agreed else None)

    def _open_form(self, problem: Problem) -> None:
        known = self.doctor.form(problem)
        self.push_screen(FormScreen(problem, known.server, known.username, known.secret))

    def apply_plan(self, plan: FixPlan) -> None:
        """Apply a plan that was read and agreed to."""
        problem = self.board.problems.get(plan.problem)
        if problem is None:
            return
        self.show(self.board.with_repair(plan.problem, Repair(running=True)))
        call = partial(work.repair, self.doctor, self.post_message, plan, problem, self._quit)
        self._start("repair", call, plan.problem)

    def on_advanced(self, event: messages.Advanced) -> None:
        """A repair went one step on."""
        repair = self.board.repairs.get(event.problem, Repair(running=True))
        self.show(self.board.with_repair(event.problem, replace(repair, progress=(*repair.progress, event.progress))))

    def on_finished(self, event: messages.Finished) -> None:
        """A repair or undo came to its end."""
        repair = self.board.repairs.get(event.problem, Repair(running=False))
        done = replace(
            repair, running=False, outcome=event.outcome, undone=event.undone, undo=event.undo, at=datetime.now(UTC)
        )
        self.show(self.board.with_repair(event.problem, done).without_offers(event.problem))
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

        def decided(agreed: bool | None) -> None:
            if agreed:
                self.pop_screen()
                self.apply_plan(plan)

        self.push_screen(PlanScreen(plan), decided)

    # ── undoing ──────────────────────────────────────────────────────────────────────────────────────────────

    def undo_last(self, problem: str | None, detail: Detail | None) -> None:
        """`z`: at once where the difference is on screen, else after showing it."""
        if self.board.busy:
            self.say("a repair is under way: it can be undone when it has ended")
            return
        repair = self.board.repairs.get(problem or "")
        receipt = repair.outcome.receipt if repair and repair.outcome and not repair.undone else ""
        if problem and receipt and repair and repair.undo and detail is not None and detail.undo_painted():
            self._undo(problem, receipt)
            return
        call = partial(work.show_undo, self.doctor, self.post_message, problem or "", receipt)
        self._start("undo", call, problem or "undo")

    def on_undo_shown(self, event: messages.UndoShown) -> None:
        """Ask before putting back."""
        lines = [diff_line(sign, text) for sign, text in event.lines] or [safe("everything is as it was before")]
        box = Box(f"Undo: {event.title}", lines, agree="put back")
        self.push_screen(box, lambda agreed: self._undo(event.problem, event.receipt) if agreed else None)

    def _undo(self, problem: str, receipt: str) -> None:
        if problem in self.board.problems:
            self.show(self.board.with_repair(problem, Repair(running=True)))
        self._start("undo", partial(work.undo, self.doctor, self.post_message, problem, receipt), problem)

    # ── leaving ──────────────────────────────────────────────────────────────────────────────────────────────

    def action_keys(self) -> None:
        """`?`."""
        self.push_screen(help_box())

    def action_leave(self) -> None:
        """Quit; a write in hand is finished first, a watch is not waited for."""
        self._stop.set()
        self._quit.set()
        self._leaving = True
        if not self.board.busy:
            self.exit(0)
        else:
            self.say("finishing the write in hand, then leaving")

    def _leave_if_done(self) -> None:
        if self._leaving and not self.board.busy:
            self.exit(0)
