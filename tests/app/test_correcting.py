"""Key c: a misspelt image, shown letter under letter, asked about, pulled, and put back by z."""

from pathlib import Path

import pytest

from tests.app.console import NARROW, WIDE, console, first_workload, settings_for
from tui.screens.plan import PlanScreen

TAEM = "HD501:harbor.demo.test/taem"
WRONG, RIGHT = "harbor.demo.test/taem/app:2.1", "harbor.demo.test/team/app:2.1"


@pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])
async def test_c_asks_before_it_corrects_and_z_puts_the_old_image_back(size: tuple[int, int], tmp_path: Path) -> None:
    with first_workload(TAEM) as world:

        def image() -> str:
            found = world.objects.get("deployments", "web", "team-app")
            return str(found["spec"]["template"]["spec"]["containers"][0]["image"])

        async with console(settings_for(world, tmp_path), size) as hand:
            await hand.select(TAEM)
            await hand.press("c")
            await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the question")
            assert (f"app image {WRONG}" in hand.words, f"app image {RIGHT}" in hand.words) == (True, True)
            assert image() == WRONG, "nothing is written before the answer"
            await hand.press("enter")
            await hand.mended(TAEM)
            assert image() == RIGHT
            await hand.press("z")
            await hand.press("enter")
            await hand.undone(TAEM)
            assert image() == WRONG
