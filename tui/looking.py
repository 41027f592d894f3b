"""Looking: scans, what they find, what moves afterwards, and testing again."""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import partial

from tui import messages, work
from tui.heap import settle, unsettle
from tui.planning import Planning
from tui.screens.main import MainScreen


class Looking(Planning):
    """The part of the console that finds and explains."""

    def action_look(self) -> None:
        """Look at the whole cluster, again."""
        unsettle()
        self._stop.set()
        self._number, self._stop = self._number + 1, threading.Event()
        self.show(replace(self.board.calmed(), scanning=True, error="", offers={}))
        self._start("scan", partial(work.scan, self.doctor, self.post_message, self._number, self._stop), work.SCAN)

    def on_connected(self, event: messages.Connected) -> None:
        """We know where we are."""
        self.show(replace(self.board, info=event.info))

    def on_explained(self, event: messages.Explained) -> None:
        """Problems as far as known."""
        if event.number != self._number:
            return
        resort = not self.board.busy and len(self.screen_stack) <= 1
        board = self.board.with_report(event.report, event.final, self.now(), resort=resort)
        if event.final:
            settle()
            self._tickets.clear()
        self.show(replace(board, live=False, trouble=""))
        if event.final:
            self.plan_all(event.report.problems)

    def on_watched(self, event: messages.Watched) -> None:
        """The list stays true from now on."""
        if event.number == self._number:
            self.show(replace(self.board, live=True))

    def on_moved(self, event: messages.Moved) -> None:
        """The cluster moved: rows appear, grow, shrink and go; none moves under the finger."""
        if event.number != self._number:
            return
        board = self.board.with_report(event.report, True, self.now(), resort=False)
        self.show(replace(board, live=not event.trouble, trouble=event.trouble))
        self.plan_soon()

    def on_filtered(self, event: messages.Filtered) -> None:
        """The filter line was changed."""
        self.show(replace(self.board, filter=event.words))

    def filter_by(self, words: str) -> None:
        """Filter as if the words had been typed."""
        for screen in self.screen_stack:
            if isinstance(screen, MainScreen):
                screen.filter_by(words)

    def copy_evidence(self, problem: str | None) -> None:
        """`y`: OSC 52, which the terminal may refuse without a word."""
        found = self.board.problems.get(problem or "")
        if found is None:
            self.say("there is no problem to copy")
            return
        from tui.evidence_text import evidence_text

        self.copy_to_clipboard(evidence_text(found))
        self.say(f"copied: the evidence of {found.id}")

    def test_again(self, problem: str | None) -> None:
        """`t`."""
        found = self.board.problems.get(problem or "")
        if found is None:
            self.say("there is no problem to test again")
            return
        self.say(f"testing {found.id} again")
        self.retest(found)

    def on_retested(self, event: messages.Retested) -> None:
        """One problem as it is now."""
        if event.number != self._number or self.board.report is None:
            return
        report = self.board.report
        others = [d for p in report.problems if p.id != event.problem for d in p.diagnoses]
        problems = self.doctor.grouped([*others, *event.diagnoses])
        self.void(event.problem)
        self.show(self.board.with_report(replace(report, problems=problems), True, self.now(), resort=False))
        if not event.told:
            return
        still = any(p.id == event.problem for p in problems)
        self.say(f"{event.problem}: {'still so' if still else 'not so any more'}")
