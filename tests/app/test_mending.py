"""Keys that write: what is painted is applied, what is not opens first, and undo gives back every byte."""

from pathlib import Path

from checks.demo.world import World
from checks.repair.plan import FixPlan
from tests.app.console import NEWLINE, console, login_in, secret_data, settings_for, small_world
from tui.screens.plan import PlanScreen


def _plan(hand, key="f", problem=NEWLINE) -> FixPlan:
    plan = hand.board.plan_for(problem, key)
    assert isinstance(plan, FixPlan)
    return plan


async def test_f_applies_the_plan_that_is_painted_in_full_and_the_row_says_mended(newline: World, tmp_path: Path):
    async with console(settings_for(newline, tmp_path)) as hand:
        await hand.select(NEWLINE)
        assert hand.detail.painted(_plan(hand))
        for _, line in _plan(hand).lines:
            assert " ".join(line.split()) in hand.pane
        await hand.press("f")
        assert hand.board.repairs[NEWLINE].running
        await hand.mended(NEWLINE)
        assert "mended" in hand.lines[3]
        assert not login_in(newline, "shop", "harbor-pull")[1].endswith("\n")
        waiting = [p for p in newline.objects.store.select("pods", "shop") if "waiting" in str(p["status"])]
        assert waiting == []


async def test_z_with_the_difference_on_screen_puts_the_secret_back_byte_for_byte(newline: World, tmp_path: Path):
    before = secret_data(newline, "shop", "harbor-pull")
    async with console(settings_for(newline, tmp_path)) as hand:
        await hand.select(NEWLINE)
        await hand.press("f")
        await hand.mended(NEWLINE)
        assert secret_data(newline, "shop", "harbor-pull") != before
        assert "z Undo: put back what was there" in hand.pane
        for _, line in hand.board.repairs[NEWLINE].undo:
            assert " ".join(line.split()) in hand.pane
        await hand.press("z")
        await hand.undone(NEWLINE)
    assert secret_data(newline, "shop", "harbor-pull") == before
    assert [s["metadata"]["name"] for s in newline.objects.store.select("secrets", "shop")] == ["harbor-pull"]
