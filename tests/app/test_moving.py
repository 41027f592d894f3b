"""What moves while plans are made: a plan is shown for the images that it was made for, and for no others."""

import threading
from collections.abc import Iterator
from dataclasses import replace

from checks.credentials import Login
from checks.diagnose import diagnose, group
from checks.doctor import Report
from checks.errors import Unreachable
from checks.model import Diagnosis, Problem
from checks.repair.plan import FixPlan, Refusal
from checks.scan import Scan
from tests import builders as b
from tests.app.console import Hand, console
from tests.app.test_many import Full, problems_of
from tui.board import Board
from tui.planning import CALM


class Moving(Full):
    """One problem, whose plan is slow; meanwhile it becomes another."""

    def __init__(self, *now: Problem) -> None:
        super().__init__(problems_of(1, one=True))
        self.now = now or problems_of(2, one=True)
        self.moves, self.planned, self.asked = threading.Event(), threading.Event(), threading.Event()
        self.made_for: list[Problem] = []

    def offers(self, problem: Problem, login: Login | None = None) -> tuple[FixPlan | Refusal, ...]:
        self.made_for.append(problem)
        self.asked.set()
        if problem.pulls == self.found[0].pulls:
            assert self.planned.wait(60)
        images = ", ".join(sorted({pull.image for pull in problem.pulls}))
        return (Refusal("new-login", "s", f"a plan for {len(problem.pulls)} of {images}", "it is only told"),)

    def watchable(self, report: Report) -> bool:
        return True

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        while not self.moves.wait(0.05):
            if stop.is_set():
                return
        yield replace(report, problems=self.now), ""
        stop.wait()

    def retest(self, problem: Problem, stop: threading.Event) -> tuple[Diagnosis, ...]:
        return self.now[0].diagnoses


class Failing(Moving):
    """Testing again breaks off."""

    def retest(self, problem: Problem, stop: threading.Event) -> tuple[Diagnosis, ...]:
        raise Unreachable("the registry hangs")


def titles(hand: Hand) -> list[str]:
    return [offer.title for offers in hand.board.offers.values() for offer in offers]


def shown_then(hand: Hand, doctor: Moving, seen: list[str]) -> bool:
    """Note each plan that is shown; is it the one for what stands there now?"""
    seen += [title for title in titles(hand) if title not in seen]
    return titles(hand) == [f"a plan for {len(doctor.now[0].pulls)} of {doctor.now[0].pulls[0].image}"]


async def test_where_more_pods_of_the_same_images_wait_the_plan_is_shown_until_the_next_is_made() -> None:
    doctor, seen = Moving(), list[str]()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        doctor.moves.set()
        await hand.until(lambda: "2 pods waiting" in hand.lines[0], "the second pod is on screen")
        # The round of plans that the move itself brings passes this problem by: its plan is being made.
        await hand.pilot.pause(CALM * 1.5)
        doctor.planned.set()
        await hand.until(lambda: shown_then(hand, doctor, seen), "the plan for both is there")
        assert len(seen) == 2
        assert [len(problem.pulls) for problem in doctor.made_for] == [1, 2]


async def test_a_plan_for_images_that_are_not_the_problems_any_more_is_never_shown() -> None:
    doctor, seen = Moving(*_of_another_image()), list[str]()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        doctor.moves.set()
        await hand.until(lambda: hand.board.found[doctor.now[0].id] is doctor.now[0], "it moved")
        doctor.planned.set()
        await hand.until(lambda: shown_then(hand, doctor, seen), "the plan for it is there")
        assert len(seen) == 1


async def test_a_plan_made_from_what_was_tested_anew_meanwhile_is_never_shown() -> None:
    doctor, seen = Moving(*_of_another_image()), list[str]()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        await hand.press("t")
        await hand.until(lambda: hand.board.found[doctor.now[0].id].pulls == doctor.now[0].pulls, "it was tested")
        new = "the new plan is there, the old one not yet made"
        await hand.until(lambda: shown_then(hand, doctor, seen), new, seconds=30)
        doctor.planned.set()
        await hand.pilot.pause(0.5)
        assert shown_then(hand, doctor, seen)
        assert len(seen) == 1


async def test_while_a_problem_is_looked_at_its_plan_is_made_but_once_at_a_time() -> None:
    doctor = Moving()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        for _ in range(5):
            await hand.press("j", "k")
        assert len(doctor.made_for) == 1
        doctor.planned.set()
        await hand.until(lambda: titles(hand), "a plan is there")


async def test_another_question_that_fails_meanwhile_does_not_lose_the_plan() -> None:
    doctor = Failing()
    async with console(doctor=doctor) as hand:
        await hand.until(doctor.asked.is_set, "the plan is being made")
        await hand.press("t")
        await hand.until(lambda: "the registry hangs" in hand.box, "it is told that the test failed")
        doctor.planned.set()
        await hand.until(lambda: titles(hand), "the plan is there, behind the box")
        assert len(doctor.made_for) == 1


def test_a_row_that_was_worked_on_keeps_its_plans_while_others_move() -> None:
    """A scan does not find it any more, so nothing in a scan is about it."""
    (mine,), others = problems_of(1, one=True), _of_another_image()
    plans = (Refusal("new-login", "s", "a plan", "it is only told"),)
    board = Board(found={mine.id: mine}, kept={mine.id: mine}, offers={mine.id: plans})
    report = Report("lab", others if others[0].id != mine.id else (), Scan((), True, 0, 1, (), b.NOW), ())
    moved = board.with_report(report, True, b.NOW, resort=False)
    assert mine.id not in moved.found
    assert moved.offers == {mine.id: plans}
    assert (
        Board(found={mine.id: mine}, offers={mine.id: plans}).with_report(report, True, b.NOW, resort=False).offers
        == {}
    )


def _of_another_image() -> tuple[Problem, ...]:
    fields = {"pod": "web-00000", "pod_uid": "uid-0", "service_account": "default"}
    found = diagnose(b.evidence(text=b.nothing_sent(), fields=fields, image=f"{b.HOST}/shop/web:9.9.9"))
    return group("lab", [found])
