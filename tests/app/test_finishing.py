"""A repair that was killed on its way: shown at the next start, and finished, put back or left."""

import threading
from pathlib import Path

import pytest

from checks.demo.world import World
from checks.doctor import Doctor
from checks.repair.plan import FixPlan, Progress
from checks.settings import Settings
from tests.app.console import ATTACH, WIDE, console, settings_for
from tests.app.test_mending import pods_that_wait
from tui.screens.box import Box
from tui.screens.broken import BrokenOffScreen
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen

SPACE, ACCOUNT = "pay", "default"


class Killed(BaseException):
    """What no part of the program may catch."""


def account(world: World) -> object:
    found = world.objects.store.get("serviceaccounts", SPACE, ACCOUNT)
    assert found is not None
    return found.get("imagePullSecrets")


def break_off(settings: Settings, phase: str = "applying", words: str = "") -> str:
    """Begin the repair of ATTACH as another run would, and die at this progress; returns the plan's title."""
    doctor = Doctor(settings)
    try:
        *_, scan = doctor.find(threading.Event())
        problem = next(p for p in doctor.diagnose(scan, threading.Event()).problems if p.id == ATTACH)
        plan = next(o for o in doctor.offers(problem) if isinstance(o, FixPlan) and o.steps)

        def die(progress: Progress) -> None:
            if progress.phase == phase and words in progress.text:
                raise Killed

        with pytest.raises(Killed):
            doctor.apply(plan, die)
        return plan.title
    finally:
        doctor.close()


async def test_a_repair_that_broke_off_is_finished_by_putting_back_its_half_and_planning_anew(
    attach: World, tmp_path: Path
) -> None:
    settings, before = settings_for(attach, tmp_path), account(attach)
    title = break_off(settings, words="Pod")
    assert account(attach) != before
    async with console(settings, WIDE) as hand:
        await hand.until(lambda: isinstance(hand.screen, BrokenOffScreen), "the question")
        assert title in hand.words
        assert "f finish it" in hand.words
        assert "z put back" in hand.words
        await hand.press("f")
        await hand.until(lambda: isinstance(hand.screen, Box), "what is put back", 30)
        assert "ServiceAccount pay/default" in hand.words
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "its plan", 30)
        assert account(attach) == before
        assert title in hand.words
        await hand.press("enter")
        await hand.mended(ATTACH)
        assert account(attach) != before
    assert pods_that_wait(attach, SPACE) == []
    async with console(settings, WIDE) as hand:
        await hand.scanned()
        assert isinstance(hand.screen, MainScreen)


async def test_where_fewer_pods_wait_by_now_the_plan_for_those_is_opened(attach: World, tmp_path: Path) -> None:
    settings, before = settings_for(attach, tmp_path), account(attach)
    title = break_off(settings, words="Pod")
    gone, *left = pods_that_wait(attach, SPACE)
    attach.objects.delete("pods", SPACE, gone)
    async with console(settings, WIDE) as hand:
        await hand.until(lambda: isinstance(hand.screen, BrokenOffScreen), "the question")
        await hand.press("f")
        await hand.until(lambda: isinstance(hand.screen, Box), "what is put back", 30)
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "a plan", 30)
        assert account(attach) == before
        assert isinstance(hand.screen, PlanScreen)
        assert hand.screen.plan.title != title
        assert f"replace {len(left)} pods" in hand.screen.plan.title


async def test_a_repair_that_broke_off_is_put_back(attach: World, tmp_path: Path) -> None:
    settings, before = settings_for(attach, tmp_path), account(attach)
    break_off(settings, words="Pod")
    async with console(settings, WIDE) as hand:
        await hand.until(lambda: isinstance(hand.screen, BrokenOffScreen), "the question")
        await hand.press("z")
        await hand.until(lambda: isinstance(hand.screen, Box), "what is put back")
        await hand.press("enter")
        await hand.until(lambda: account(attach) == before, "put back")
        await hand.scanned()
        assert isinstance(hand.screen, MainScreen)


async def test_a_repair_that_broke_off_is_left_for_later_and_asked_again(attach: World, tmp_path: Path) -> None:
    settings = settings_for(attach, tmp_path)
    break_off(settings, words="Pod")
    left = account(attach)
    for _ in range(2):
        async with console(settings, WIDE) as hand:
            await hand.until(lambda: isinstance(hand.screen, BrokenOffScreen), "the question")
            await hand.press("escape")
            await hand.scanned()
            assert isinstance(hand.screen, MainScreen)
    assert account(attach) == left


async def test_a_repair_that_did_its_work_before_it_broke_off_is_written_down_as_finished(
    attach: World, tmp_path: Path
) -> None:
    settings, before = settings_for(attach, tmp_path), account(attach)
    break_off(settings, words="Pod")
    for pod in attach.objects.store.select("pods", SPACE):
        attach.objects.delete("pods", SPACE, pod["metadata"]["name"])
    async with console(settings, WIDE) as hand:
        await hand.until(lambda: isinstance(hand.screen, BrokenOffScreen), "the question")
        await hand.until(lambda: not hand.board.scanning and ATTACH not in hand.board.found, "nothing waits", 30)
        await hand.press("f")
        await hand.until(lambda: isinstance(hand.screen, Box), "that nothing is left to mend")
        assert "nothing left to mend" in hand.words
        await hand.press("enter")
        await hand.until(lambda: "finished" in hand.said, "told")
        assert account(attach) != before
        await hand.press("z")
        await hand.until(lambda: isinstance(hand.screen, Box), "undo is still there")
        await hand.press("escape")
    async with console(settings, WIDE) as hand:
        await hand.scanned()
        assert isinstance(hand.screen, MainScreen)
