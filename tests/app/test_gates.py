"""A protected context in the console: nothing is written before its name was typed; the header says what is so."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from checks.demo.harbor.entities import Robot
from checks.demo.world import World
from checks.repair.plan import FixPlan, Safety
from checks.settings import ContextRule, Settings
from tests.app.console import ATTACH, FORM, NARROW, PORT, WIDE, Hand, console, settings_for, small_world
from tests.app.test_probe import probes
from tui.screens.box import Box
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen
from tui.screens.probe import ProbeScreen
from tui.screens.tenant import TenantScreen

EXPIRED = "HD302:data/nightly-robot"
SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])


def guarded(world: World, folder: Path) -> Settings:
    """The demo's context, as a configuration file protects it."""
    return replace(settings_for(world, folder), rules=(ContextRule("d*", protected=True),))


def written(world: World) -> int:
    return world.objects.store.version


@pytest.fixture
def still() -> Iterator[World]:
    """A world with one problem that one key mends, in which nothing moves by itself."""
    with small_world(PORT, moving=False) as made:
        yield made


async def open_plan(hand: Hand, problem: str, key: str) -> PlanScreen:
    await hand.select(problem)
    await hand.press(key)
    await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the plan")
    assert isinstance(hand.screen, PlanScreen)
    return hand.screen


async def read_to_its_end(hand: Hand) -> None:
    """Turn pages with enter until the box asks for the name."""
    for _ in range(9):
        if "type demo to go on" in hand.box or "that is not demo" in hand.box:
            return
        await hand.press("enter")


@SIZES
async def test_a_plan_of_one_key_opens_and_is_applied_only_after_the_name(
    still: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    async with console(guarded(still, tmp_path), size) as hand:
        await hand.scanned()
        assert "demo protected ▸ all namespaces" in hand.lines[0]
        before = written(still)
        screen = await open_plan(hand, PORT, "f")
        assert screen.plan.safety is Safety.CONFIRM
        assert "demo is protected: type its name" in hand.box
        await hand.press("f", "enter")
        await read_to_its_end(hand)
        assert "that is not demo" in hand.box
        assert isinstance(hand.screen, PlanScreen)
        assert written(still) == before
        await hand.press("backspace", *"demo", "enter")
        await hand.until(lambda: hand.board.repairs[PORT].outcome or hand.board.repairs[PORT].progress, "it is applied")
        await hand.until(lambda: written(still) > before, "it is written")


async def test_esc_and_an_empty_name_write_nothing(still: World, tmp_path: Path) -> None:
    async with console(guarded(still, tmp_path)) as hand:
        before = written(still)
        await open_plan(hand, PORT, "f")
        await read_to_its_end(hand)
        assert "type demo to go on" in hand.box
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        assert (written(still), hand.board.repairs) == (before, {})


async def test_what_was_mended_is_put_back_only_after_the_name(port: World, tmp_path: Path) -> None:
    async with console(guarded(port, tmp_path)) as hand:
        await open_plan(hand, PORT, "f")
        await read_to_its_end(hand)
        await hand.press(*"demo", "enter")
        await hand.mended(PORT)
        await hand.press("z")
        await hand.until(lambda: isinstance(hand.screen, Box), "what undo puts back")
        await hand.press("z", "enter")
        assert "that is not demo" in hand.box
        await hand.press("backspace", *"demo", "enter")
        await hand.undone(PORT)


@SIZES
async def test_a_probe_is_made_only_after_the_name(form: World, tmp_path: Path, size: tuple[int, int]) -> None:
    async with console(guarded(form, tmp_path), size) as hand:
        await hand.select(FORM)
        await hand.press("n")
        await hand.until(lambda: isinstance(hand.screen, ProbeScreen), "the manifest")
        await hand.press("n")
        await read_to_its_end(hand)
        assert isinstance(hand.screen, ProbeScreen)
        assert probes(form) == []
        await hand.press("backspace", *"demo", "enter")
        await hand.until(lambda: FORM in hand.board.probes and hand.board.probes[FORM].answer, "the node's answer")
        assert probes(form) == []


async def test_a_new_tenant_and_the_old_robot_ask_for_the_name_too(tmp_path: Path) -> None:
    with small_world(EXPIRED) as world:
        async with console(guarded(world, tmp_path)) as hand:
            await open_plan(hand, EXPIRED, "m")
            await read_to_its_end(hand)
            await hand.press(*"demo", "enter")
            await hand.mended(EXPIRED)
            await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the question about the old robot")
            await read_to_its_end(hand)
            assert not world.registries.harbor.robot("data+nightly").disabled
            await hand.press(*"demo", "enter")
            await hand.until(lambda: isinstance(hand.screen, Box), "how it ended")
            assert world.registries.harbor.robot("data+nightly").disabled
            await hand.press("escape")
            hand.app.ask_tenant()
            await hand.until(lambda: isinstance(hand.screen, TenantScreen), "the form")
            for value in ("monitoring", "fresh", ""):
                await hand.press(*hand.typed(value), "enter")
            await hand.until(lambda: isinstance(hand.screen, PlanScreen), "the plan")
            await read_to_its_end(hand)
            assert "fresh" not in world.registries.harbor.projects
            await hand.press(*"demo", "enter")
            await hand.until(lambda: "fresh" in world.registries.harbor.projects, "the project is made")
            await hand.until(lambda: isinstance(hand.screen, Box), "how it ended", 90)


@pytest.mark.parametrize("strict", [{"read_only": True}, {"protected": True}], ids=["read-only", "protected"])
async def test_no_key_writes_where_the_gate_is_shut(tmp_path: Path, strict: dict[str, bool]) -> None:
    with small_world(PORT, EXPIRED, ATTACH, moving=False) as world:
        settings = replace(settings_for(world, tmp_path), rules=(ContextRule("demo", **strict),))
        before, robots = written(world), {r.name: (r.disabled, r.duration) for r in _robots(world)}
        opened = set()
        async with console(settings) as hand:
            for problem, keys in ((PORT, "fsicuz"), (EXPIRED, "mo"), (ATTACH, "ar")):
                await hand.select(problem)
                for key in keys:
                    await hand.press(key)
                    await hand.until(lambda: not _working(hand), "it has answered")
                    opened.add(type(hand.screen).__name__)
                    if isinstance(hand.screen, PlanScreen):
                        await hand.press(*((key, "enter") * 5))
                    while not isinstance(hand.screen, MainScreen):
                        await hand.press("escape")
                    assert (written(world), hand.board.repairs) == (before, {}), (problem, key)
        assert {"MainScreen", "PlanScreen"} <= opened
        assert {r.name: (r.disabled, r.duration) for r in _robots(world)} == robots


def _working(hand: Hand) -> bool:
    return any(worker.is_running and worker.group in ("undo", "plan", "offers") for worker in hand.app.workers)


def _robots(world: World) -> list[Robot]:
    return list(world.registries.harbor.robots.values())


async def test_a_repair_that_forgot_to_ask_is_refused_by_the_gate(still: World, tmp_path: Path) -> None:
    async with console(guarded(still, tmp_path)) as hand:
        await hand.select(PORT)
        before, plan = written(still), hand.board.plan_for(PORT, "f")
        assert isinstance(plan, FixPlan)
        hand.app.apply_plan(plan)
        await hand.until(lambda: hand.board.repairs[PORT].error, "it is refused")
        assert hand.board.repairs[PORT].error == (
            "demo is protected: its name is asked before anything is written, and it was not given"
        )
        assert written(still) == before


async def test_read_only_is_in_the_header(still: World, tmp_path: Path) -> None:
    async with console(settings_for(still, tmp_path, read_only=True)) as hand:
        await hand.scanned()
        assert "demo read-only ▸ all namespaces" in hand.lines[0]


async def test_the_demo_protects_nothing(attach: World, tmp_path: Path) -> None:
    async with console(settings_for(attach, tmp_path)) as hand:
        await hand.scanned()
        assert "protected" not in hand.text
        await open_plan(hand, ATTACH, "f")
        assert "type its name" not in hand.box
