"""What goes wrong around the console is one sentence on it, and it lives on."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from checks.demo.api.access import Rule, User
from checks.demo.world import World
from checks.doctor import Doctor
from checks.errors import Unreachable
from checks.model import Problem
from checks.repair.plan import FixPlan, Refusal
from checks.scan import Scan
from checks.settings import Settings
from tests.app.console import NARROW, NEWLINE, PORT, console, settings_for, small_world
from tests.app.gate import Gate
from tui.screens.main import MainScreen

OTHER = "HD106:web/harbor-ui"


class Stumbling(Doctor):
    """A doctor with a bug in making plans."""

    bug: Exception = KeyError("hunter2")

    def offers(self, problem: Problem, login: object = None) -> tuple[FixPlan | Refusal, ...]:
        if problem.id == PORT:
            raise self.bug
        return super().offers(problem)


class Falling(Doctor):
    """A doctor with a bug in looking."""

    def find(self, stop: threading.Event) -> Iterator[Scan]:
        raise ZeroDivisionError("hunter2")


async def test_an_api_server_that_is_down_is_one_sentence_and_ctrl_r_tries_again(port: World, tmp_path: Path) -> None:
    settings = settings_for(port, tmp_path)
    with Gate(port) as gate:
        assert settings.kubeconfig is not None
        settings = replace(settings, kubeconfig=gate.kubeconfig(settings.kubeconfig))
        async with console(settings, NARROW) as hand:
            await hand.until(lambda: hand.board.error, "the error")
            assert "✖" in hand.text
            assert " ".join(hand.board.error.split()) in hand.words
            assert "refuses the connection" in hand.board.error
            assert "\n" not in hand.board.error
            assert "Traceback" not in hand.text
            assert "ctrl+r looks again, q quits" in hand.words
            await hand.press("f", "z", "enter", "escape")
            gate.open()
            await hand.press("ctrl+r")
            await hand.planned(PORT)
            assert hand.board.error == ""
            assert "no entry for registry" in hand.text


async def test_a_kubeconfig_that_is_not_there_is_named(tmp_path: Path) -> None:
    async with console(Settings(kubeconfig=str(tmp_path / "gone"), state_dir=tmp_path)) as hand:
        await hand.until(lambda: hand.board.error, "the error")
        assert str(tmp_path / "gone") in hand.board.error
        assert "✖" in hand.text


async def test_a_bug_while_plans_are_made_is_told_in_their_place_and_all_else_goes_on(tmp_path: Path) -> None:
    with small_world("HD106") as world:
        async with console(doctor=Stumbling(settings_for(world, tmp_path))) as hand:
            await hand.select(PORT)
            assert "No plan could be made: a bug in harbor-doctor broke this off: KeyError at" in hand.pane
            assert "hunter2" not in hand.text
            await hand.select(OTHER)
            assert isinstance(hand.board.plan_for(OTHER, "f"), FixPlan)
            assert isinstance(hand.screen, MainScreen)


async def test_a_plan_that_cannot_be_made_says_why_in_its_place_and_opens_no_box(tmp_path: Path) -> None:
    with small_world("HD106") as world:
        doctor = Stumbling(settings_for(world, tmp_path))
        doctor.bug = Unreachable("demo gives no answer")
        async with console(doctor=doctor) as hand:
            await hand.select(PORT)
            assert "No plan could be made: demo gives no answer" in hand.pane
            assert isinstance(hand.screen, MainScreen)


async def test_a_bug_while_looking_ends_the_look_with_a_sentence_and_the_console_lives(
    port: World, tmp_path: Path
) -> None:
    async with console(doctor=Falling(settings_for(port, tmp_path))) as hand:
        await hand.until(lambda: hand.board.error, "the error")
        assert not hand.board.scanning
        assert "a bug in harbor-doctor broke this off: ZeroDivisionError at" in hand.words
        assert "hunter2" not in hand.text
        await hand.press("question_mark", "escape")
        assert isinstance(hand.screen, MainScreen)


async def test_what_may_not_be_read_is_told_as_not_known(tmp_path: Path) -> None:
    with small_world(NEWLINE) as world:
        async with console(settings_for(world, tmp_path, user="reader")) as hand:
            await hand.scanned()
            await hand.until(lambda: hand.board.rows, "a row")
            assert hand.lines[3].startswith("│?")
            assert "not known" in hand.pane
            assert "no right to read Secrets in shop" in hand.pane
            key = hand.board.rows[0]
            await hand.planned(key)
            before = world.objects.store.version
            for letter in "fsar":
                await hand.press(letter, "escape")
            assert hand.board.repairs == {}
            assert before <= world.objects.store.version


def guest(world: World, *namespaces: str) -> None:
    """Somebody who knows all namespaces and may look into these only."""
    known = Rule(("get", "list"), ("namespaces",))
    world.api.users["guest"] = User("guest", "guest", (known, Rule(("*",), ("*",), namespaces)))


async def test_that_nothing_waits_is_not_said_where_not_all_could_be_looked_at(tmp_path: Path) -> None:
    with small_world(PORT) as world:
        guest(world, "shop")
        async with console(settings_for(world, tmp_path, user="guest")) as hand:
            await hand.scanned()
            assert "not everything could be looked at" in hand.lines[0]
            assert "No waiting pod was seen." in hand.words
            assert "No pod waits" not in hand.text
            assert "? not looked at: " in hand.text
            assert "crm" in hand.text


async def test_where_nobody_could_look_is_told_above_the_rows_too(tmp_path: Path) -> None:
    with small_world(PORT) as world:
        guest(world, "crm")
        async with console(settings_for(world, tmp_path, user="guest")) as hand:
            await hand.select(PORT)
            assert hand.lines[2].startswith("│? not looked at: ")
            assert "no right to list pods" in hand.words
            assert hand.board.live
            await hand.press("f")
            await hand.mended(PORT)


async def test_a_look_that_fails_later_leaves_the_rows_and_says_why_they_may_be_old(
    port: World, tmp_path: Path
) -> None:
    class Tired(Doctor):
        def find(self, stop: threading.Event) -> Iterator[Scan]:
            if tired:
                raise Unreachable("demo gives no [answer]")
            return super().find(stop)

    tired: list[bool] = []
    async with console(doctor=Tired(settings_for(port, tmp_path))) as hand:
        await hand.select(PORT)
        tired.append(True)
        await hand.press("ctrl+r")
        await hand.until(lambda: hand.board.error, "the error")
        assert "✖ demo gives no [answer]" in hand.text
        assert "no entry for registry" in hand.text
        assert "live" not in hand.lines[0]
