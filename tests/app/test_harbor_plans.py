"""Keys and forms that write in Harbor: a robot account, the old one afterwards, and a new tenant."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.demo.world import World
from checks.repair.plan import FixPlan, Safety
from tests.app.console import Hand, console, login_in, settings_for, small_world
from tui.apart import APART
from tui.screens.box import Box
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen
from tui.screens.tenant import TenantScreen

EXPIRED = "HD302:data/nightly-robot"
HOST = "harbor.demo.test"


@pytest.fixture
def expired() -> Iterator[World]:
    """A world with one problem: a robot account that has expired."""
    with small_world(EXPIRED) as made:
        yield made


def plan_of(hand: Hand, key: str) -> FixPlan:
    plan = hand.board.plan_for(EXPIRED, key)
    assert isinstance(plan, FixPlan)
    return plan


async def test_m_shows_what_is_made_in_harbor_asks_and_makes_it(expired: World, tmp_path: Path) -> None:
    harbor = expired.registries.harbor
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.select(EXPIRED)
        assert plan_of(hand, "m").safety is Safety.CONFIRM
        await hand.press("m")
        assert isinstance(hand.screen, PlanScreen)
        assert "robot$data+k8s-demo-data" in hand.box
        assert "pull from data; lasts 90 days" in hand.box
        assert len([r for r in harbor.robots.values() if r.name == "data+k8s-demo-data"]) == 0
        await hand.press("m")
        await hand.mended(EXPIRED)
        made = harbor.robot("data+k8s-demo-data")
        assert login_in(expired, "data", "nightly-robot") == ("robot$data+k8s-demo-data", made.secret.reveal())
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the question about the old robot")
        assert "Disable robot account robot$data+nightly" in hand.box
        assert not harbor.robot("data+nightly").disabled
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, Box), "how it ended")
        assert harbor.robot("data+nightly").disabled


async def test_no_to_the_old_robot_leaves_it_as_it_is(expired: World, tmp_path: Path) -> None:
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.select(EXPIRED)
        await hand.press("m", "enter")
        await hand.mended(EXPIRED)
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the question about the old robot")
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        assert not expired.registries.harbor.robot("data+nightly").disabled


async def test_o_extends_the_robot_and_z_takes_it_back(expired: World, tmp_path: Path) -> None:
    harbor = expired.registries.harbor
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.select(EXPIRED)
        assert plan_of(hand, "f").id == "extend-robot"
        await hand.press("o", "o")
        await hand.mended(EXPIRED)
        assert harbor.robot("data+nightly").duration > 30
        await hand.press("z")
        if isinstance(hand.screen, Box):
            await hand.press("enter")
        await hand.undone(EXPIRED)
        assert harbor.robot("data+nightly").duration == 30


async def _typed(hand: Hand, *values: str) -> None:
    for value in values:
        await hand.press(*hand.typed(value), "enter")


async def test_a_tenant_is_made_from_the_palette_and_undone(expired: World, tmp_path: Path) -> None:
    harbor = expired.registries.harbor
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.scanned()
        await hand.press("colon", *hand.typed("Onboard"))
        await hand.until(lambda: "Onboard a namespace" in hand.text, "the command")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, TenantScreen), "the form")
        await _typed(hand, "monitoring", "fresh", "")
        await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the plan")
        assert "admin makes the private project fresh" in hand.box
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, Box), "how it ended", 90)
        assert "test pull: fresh is empty" in hand.box
        assert not hand.board.repairs[APART].running
        made = harbor.robot("fresh+k8s-demo-monitoring")
        assert login_in(expired, "monitoring", "harbor-pull") == (
            "robot$fresh+k8s-demo-monitoring", made.secret.reveal()
        )  # fmt: skip
        await hand.press("escape", "z")
        await hand.until(lambda: isinstance(hand.screen, Box) and "Project harbor.demo.test/fresh" in hand.box, "undo")
        await hand.press("enter")
        await hand.until(lambda: "fresh" not in harbor.projects, "the project is gone")


async def test_the_form_for_a_tenant_says_what_is_missing_and_what_cannot_be(expired: World, tmp_path: Path) -> None:
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.scanned()
        hand.app.ask_tenant()
        await hand.until(lambda: isinstance(hand.screen, TenantScreen), "the form")
        await hand.press("ctrl+s")
        assert "are all needed" in hand.box
        await _typed(hand, "nowhere", "web", "")
        await hand.until(lambda: "no such namespace" in hand.box, "why it cannot be done")
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)


async def test_what_is_so_already_is_told_in_the_form_with_the_test_pull(expired: World, tmp_path: Path) -> None:
    async with console(settings_for(expired, tmp_path)) as hand:
        await hand.scanned()
        for _ in range(2):
            hand.app.ask_tenant()
            await hand.until(lambda: isinstance(hand.screen, TenantScreen), "the form")
            await _typed(hand, "monitoring", "web", "")
            await hand.until(lambda: isinstance(hand.screen, PlanScreen) or "test pull:" in hand.box, "an answer")
            if isinstance(hand.screen, PlanScreen):
                await hand.press("enter")
                await hand.until(lambda: isinstance(hand.screen, Box), "how it ended", 90)
                await hand.press("escape")
        assert "already so: ServiceAccount default names harbor-pull" in hand.box
        assert "pulls web/" in hand.box
