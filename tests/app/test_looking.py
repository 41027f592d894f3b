"""The list: there before the scan ends, still under the cursor, filtered and opened by keys."""

import copy
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from checks.demo.harbor.server import Server
from checks.demo.harbor.web import Request, Response
from checks.demo.world import World
from checks.settings import Settings
from tests.app.console import ATTACH, FORM, PORT, Hand, console, first_workload, settings_for, small_world
from tui.screens.box import Box
from tui.screens.main import MainScreen
from tui.screens.problem import ProblemScreen

OTHER = "HD106:web/harbor-ui"
ELSEWHERE = ("HD202", "HD205", "HD211", "HD212", "HD213", "HD214")
"""Troubles that are explained without Harbor's own host."""
AT_HARBOR = ("HD101", "HD102", "HD103", "HD104", "HD105", "HD106", "HD107", "HD402", "HD501", "HD502", "HD504")
SIZES = (
    *((40, 10), (41, 60), (60, 12), (79, 24), (80, 24), (99, 30), (100, 29), (120, 40)),
    *((160, 10), (200, 60), (220, 60), (220, 10)),
)


def sentence(hand: Hand) -> str:
    return " ".join(hand.board.problems[hand.problems.key or ""].sentence.split())


@contextmanager
def harbor_silent(world: World) -> Iterator[threading.Event]:
    """Harbor answers nothing before this is set."""
    server = world.registries._ports["harbor.demo.test"]
    assert isinstance(server, Server)
    app, may = server.app, threading.Event()

    def late(request: Request) -> Response:
        may.wait(60)
        return app(request)

    server.app = late
    try:
        yield may
    finally:
        may.set()


async def test_the_list_and_its_verdicts_are_there_before_the_scan_ends(full: World, tmp_path: Path) -> None:
    async with console(settings_for(full, tmp_path)) as hand:
        assert "looking" in hand.text
        await hand.until(lambda: len(hand.board.rows) > 3, "rows")
        assert hand.board.scanning
        assert "looking…" in hand.lines[0]
        rows = [hand.board.problems[key].title for key in hand.board.rows]
        assert rows[0] in hand.text
        assert sentence(hand) in hand.pane
        await hand.press("down")
        assert hand.board.scanning
        assert sentence(hand) in hand.pane


async def test_the_cursor_stays_on_its_row_while_others_arrive(tmp_path: Path) -> None:
    with small_world(*ELSEWHERE, *AT_HARBOR) as world, harbor_silent(world) as answers:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.until(lambda: len(hand.board.rows) > 2, "rows of those that need no Harbor")
            await hand.press("down", "down")
            held, before = hand.problems.key, len(hand.board.rows)
            assert held is not None
            assert hand.board.scanning
            answers.set()
            await hand.until(lambda: len(hand.board.rows) > before + 5, "more rows")
            assert hand.problems.key == held
            await hand.scanned()
            assert hand.problems.key == held
            assert sentence(hand) in hand.pane
            assert hand.board.problems[held].code in str(hand.detail.border_title)


async def test_an_untouched_cursor_stays_on_the_worst_problem(settings: Settings) -> None:
    async with console(settings) as hand:
        await hand.scanned()
        assert hand.problems.cursor == 0
        assert hand.problems.key == hand.board.report.problems[0].id
        assert "7 containers of this problem" in hand.text


async def test_every_row_says_how_it_can_be_mended(settings: Settings) -> None:
    async with console(settings, (120, 60)) as hand:
        await hand.scanned()
        await hand.until(lambda: all(key in hand.board.offers for key in hand.board.rows), "all plans")
        marks = {}
        for key in hand.board.rows[:20]:
            line = hand.lines[3 + hand.board.rows.index(key)]
            marks[key] = line[1:59].rstrip()[-1]
        assert marks[PORT] == "!"
        assert marks[ATTACH] == "+"
        assert marks["HD501:harbor.demo.test/taem"] == "+", "the pods' own robot names the right project"
        assert marks["HD502:harbor.demo.test/shop/wishlist"] == "i"
        assert set(marks.values()) == {"!", "+", "i"}


async def test_a_problem_that_appears_later_is_added_and_the_cursor_stays(port: World, tmp_path: Path) -> None:
    with small_world("HD106") as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(OTHER)
            pod = copy.deepcopy(world.objects.store.select("pods", "crm")[0])
            pod["metadata"] |= {"name": "late", "uid": "late", "ownerReferences": []}
            pod["spec"]["imagePullSecrets"] = [{"name": "nowhere"}]
            world.objects.store.put("pods", pod)
            await hand.until(lambda: "HD103:crm/nowhere" in hand.board.rows, "the new row")
            assert hand.problems.key == OTHER
            world.objects.store.remove("pods", "crm", "late")
            await hand.until(lambda: "HD103:crm/nowhere" not in hand.board.rows, "the row has gone")
            assert hand.problems.key == OTHER


async def test_a_word_filters_the_rows_and_esc_shows_all_again(settings: Settings) -> None:
    async with console(settings) as hand:
        await hand.scanned()
        every = hand.board.rows
        await hand.press("slash", *"secret")
        assert 1 < len(hand.board.rows) < len(every)
        await hand.press("space", *"missing", "enter")
        assert hand.board.rows == ("HD103:data/harbor-pul",)
        assert "pull secret missing" in hand.text
        assert hand.problems.has_focus
        await hand.press("slash", *"xyzzy")
        assert hand.board.rows == ()
        assert "Nothing matches “xyzzy”" in hand.text
        await hand.press("escape")
        assert hand.board.rows == every
        assert hand.problems.has_focus


async def test_enter_opens_a_problem_full_width_and_esc_returns_to_its_row(settings: Settings) -> None:
    async with console(settings, (80, 24)) as hand:
        await hand.scanned()
        await hand.press("down", "down")
        held = hand.problems.key
        assert sentence(hand) in hand.words
        await hand.press("enter")
        assert isinstance(hand.screen, ProblemScreen)
        assert str(held) in hand.lines[1]
        await hand.press("pagedown", "up", "escape")
        assert isinstance(hand.screen, MainScreen)
        assert hand.problems.key == held


async def test_question_mark_tells_every_key_and_sign(settings: Settings) -> None:
    async with console(settings) as hand:
        await hand.press("question_mark")
        assert isinstance(hand.screen, Box)
        for word in ("mend as shown", "undo the last repair", "advice only", "quit", "Passwords are never shown"):
            assert word in hand.box
        await hand.press("question_mark")
        assert isinstance(hand.screen, MainScreen)


async def test_the_palette_opens_the_manual_of_a_rule(settings: Settings) -> None:
    async with console(settings) as hand:
        await hand.press("colon", *"HD109")
        await hand.until(lambda: "white space" in hand.text, "the rule is found")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, Box), "its manual")
        assert "HD109" in hand.text
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)


async def test_t_tests_one_problem_again_and_says_what_came_of_it(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        await hand.press("t")
        await hand.until(lambda: f"{PORT}: still so" in hand.said, "still so")
        await hand.until(lambda: PORT in hand.board.offers, "its plans are made again")
        assert PORT in hand.board.rows


async def test_t_tells_that_a_problem_is_gone(tmp_path: Path) -> None:
    with first_workload(ATTACH) as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(ATTACH)
            assert "4 pods waiting" in hand.lines[0]
            for pod in world.objects.store.select("pods", "pay"):
                world.objects.store.remove("pods", "pay", pod["metadata"]["name"])
            world.objects.store.remove("deployments", "pay", "pay-api")
            await hand.press("t")
            await hand.until(lambda: "not so any more" in hand.said or not hand.board.rows, "gone")


async def test_ctrl_r_looks_again_and_finds_the_same(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        await hand.press("ctrl+r")
        assert hand.app._number == 2
        await hand.select(PORT)
        assert hand.board.rows == (PORT,)


async def test_where_no_pod_waits_that_is_said_with_what_was_looked_at(tmp_path: Path) -> None:
    with small_world() as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.scanned()
            assert "No pod waits for an image." in hand.text
            assert "0 problems · 0 pods waiting" in hand.lines[0]
            await hand.press("f", "s", "a", "r", "t", "enter")
            assert isinstance(hand.screen, MainScreen)


@pytest.mark.parametrize(
    ("row", "keys"),
    [
        (0, ((), ("enter",), ("escape", "question_mark"), ("escape", "slash", "h"), ("escape", "colon"))),
        (ATTACH, (("a",), ("escape", "i"), ("escape", "z"))),
        (FORM, (("s",), ("tab", *"name"))),
    ],
)
async def test_no_size_breaks_a_screen(settings: Settings, row: int | str, keys: tuple[tuple[str, ...], ...]) -> None:
    async with console(settings) as hand:
        await hand.scanned()
        if isinstance(row, str):
            await hand.select(row)
        for some in keys:
            await hand.press(*some)
            for width, height in SIZES:
                await hand.pilot.resize_terminal(width, height)
                await hand.pilot.pause()
                strips = hand.screen._compositor.render_strips()
                assert {strip.cell_length for strip in strips} == {width}, (width, height, some)
                assert len(strips) == height
                assert hand.text.strip()
                if isinstance(hand.screen, MainScreen | ProblemScreen):
                    assert "help" in hand.lines[-1], (width, height, some)
