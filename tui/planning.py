"""Plans for the rows: made once at a time, at once where somebody looks at a row, and anew when it has moved."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from tui import messages, work
from tui.board import ground, pod_uids
from tui.desk import Desk

if TYPE_CHECKING:
    from checks.model import Problem

CALM = 1.0
"""Seconds between two rounds of plans for all problems while the cluster moves."""


class Planning(Desk):
    """The part of the console that lets plans be made and takes them in."""

    _due = False

    def plan_soon(self) -> None:
        """Plans of what moved wait a moment: in a storm they would be out of date before they are made."""
        if not self._due:
            self._due = True
            self.set_timer(CALM, self._plan_moved)

    def _plan_moved(self) -> None:
        self._due = False
        if not self.board.scanning and self.board.report is not None:
            self.plan_all(self.board.report.problems)

    def plan_all(self, problems: tuple[Problem, ...]) -> None:
        """Make the plans that are not there, or were made for other pods, so that every row shows what mends it."""
        missing = tuple(p for p in problems if p.id not in self._tickets and not self._up_to_date(p))
        if missing:
            orders = tuple((problem, self._ticket(problem, urgent=False)) for problem in missing)
            call = partial(work.all_offers, self.doctor, self.post_message, orders, self._stop, self._still_wanted)
            self._start("all offers", call)

    def want_offers(self, problem: str) -> None:
        """The plans of this problem are needed now: they do not wait for their turn."""
        found, waiting = self.board.problems.get(problem), self._tickets.get(problem)
        there = problem in self.board.offers or self.board.is_mended(problem)
        if found is None or there or self.board.scanning or (waiting is not None and waiting.urgent):
            return
        ticket = self._ticket(found, urgent=True)
        self._start("offers", partial(work.offers, self.doctor, self.post_message, found, ticket.number), problem)

    def takes(self, event: messages.Offered) -> bool:
        """Are these the plans that are waited for, and made for what stands here now?

        New pods of the same images change what a plan replaces and watches, but not what it writes: it is shown until
        the next is made.
        """
        found = self.board.problems.get(event.problem)
        return self._awaited(event) and found is not None and ground(found) == ground(event.of)

    def on_offered(self, event: messages.Offered) -> None:
        """Plans are there; those for what does not stand here any more are made anew."""
        if not self._awaited(event):
            return
        if self.takes(event):
            self.board = self.board.with_offers(event.problem, event.offers)
            self._made_for[event.problem] = pod_uids(event.of)
        del self._tickets[event.problem]
        found = self.board.problems.get(event.problem)
        if found is not None and not self._up_to_date(found):
            self.plan_soon()
        self.show_soon()

    def _awaited(self, event: messages.Offered) -> bool:
        ticket = self._tickets.get(event.problem)
        return ticket is not None and ticket.number == event.ticket

    def _ticket(self, problem: Problem, *, urgent: bool) -> work.Ticket:
        self._count += 1
        ticket = self._tickets[problem.id] = work.Ticket(self._count, urgent)
        return ticket

    def _still_wanted(self, problem: str, ticket: work.Ticket) -> bool:
        """Asked by the worker before it makes a plan in its turn: somebody may have had it made meanwhile."""
        return self._tickets.get(problem) == ticket

    def _up_to_date(self, problem: Problem) -> bool:
        return problem.id in self.board.offers and self._made_for.get(problem.id) == pod_uids(problem)
