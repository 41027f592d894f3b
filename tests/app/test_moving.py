"""A cluster that moves while plans are made: a plan is shown for the pods that it was made for, and for no others."""

import threading
from collections.abc import Iterator
from dataclasses import replace

from checks.credentials import Login
from checks.doctor import Report
from checks.model import Problem
from checks.repair.plan import FixPlan, Refusal
from tests.app.console import Hand, console
from tests.app.test_many import Full, problems_of


class Moving(Full):
    """One problem; its plan is slow, and meanwhile a second pod of it begins to wait."""

    def __init__(self) -> None:
        super().__init__(problems_of(1, one=True))
        self.moves, self.planned, self.asked = threading.Event(), threading.Event(), threading.Event()
        self.made_for: list[int] = []

    def offers(self, problem: Problem, login: Login | None = None) -> tuple[FixPlan | Refusal, ...]:
        count = len(problem.pulls)
        self.made_for.append(count)
        self.asked.set()
        if count == 1:
            assert self.planned.wait(60)
        return (Refusal("new-login", "s", f"a plan for {count} pods", "it is only told"),)

    def watchable(self, report: Report) -> bool:
        return True

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        while not self.moves.wait(0.05):
            if stop.is_set():
                return
        yield replace(report, problems=problems_of(2, one=True)), ""
        stop.wait()


def titles(hand: Hand) -> list[str]:
    return [offer.title for offers in hand.board.offers.values() for offer in offers]


async def test_a_plan_for_pods_that_are_not_the_problems_any_more_is_made_anew() -> None:
    doctor = Moving()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        doctor.moves.set()
        await hand.until(lambda: "2 pods waiting" in hand.lines[0], "the second pod is on screen")
        doctor.planned.set()
        await hand.until(lambda: titles(hand), "a plan is there")
        assert titles(hand) == ["a plan for 2 pods"]
        assert "a plan for 2 pods" in hand.pane
        await hand.pilot.pause(1.5)
        assert titles(hand) == ["a plan for 2 pods"]
        assert doctor.made_for == [1, 2]


async def test_while_a_problem_is_looked_at_its_plan_is_made_but_once_at_a_time() -> None:
    doctor = Moving()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        for _ in range(5):
            await hand.press("j", "k")
        assert doctor.made_for == [1]
        doctor.planned.set()
        await hand.until(lambda: titles(hand), "a plan is there")
