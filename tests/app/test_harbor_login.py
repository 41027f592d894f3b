"""The form for a login at Harbor's API: opened from the palette, tested on a key only, used for a new look."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from textual.widgets import Input

from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.harbor_content import PASSWORD
from checks.demo.world import World
from checks.settings import Settings
from tests.app.console import Hand, console, settings_for, small_world
from tui.board import Repair
from tui.screens.form import HarborScreen
from tui.screens.main import MainScreen

GONE = "HD304:pay/legacy-robot"
REFUSED = "HD301:pay/legacy-robot"
HOST = "harbor.demo.test"


@pytest.fixture
def gone() -> Iterator[World]:
    """A world whose one trouble is a robot that somebody deleted."""
    with small_world(GONE) as made:
        made.registries.harbor.refusal_seconds = 1.1
        yield made


@pytest.fixture
def nobody(gone: World, tmp_path: Path) -> Settings:
    """The console without a login for Harbor."""
    return replace(settings_for(gone, tmp_path), harbor_login=None)


def field(hand: Hand, name: str) -> Input:
    return hand.screen.query_one(f"#form-{name}", Input)


async def open_form(hand: Hand) -> None:
    await hand.press("colon")
    await hand.press(*hand.typed("harbor login"))
    await hand.until(lambda: "Harbor login…" in hand.text, "the command is found")
    await hand.press("enter")
    await hand.until(lambda: isinstance(hand.screen, HarborScreen), "the form")


async def fill(hand: Hand, user: str, password: str) -> None:
    field(hand, "username").value = user
    field(hand, "password").value = ""
    field(hand, "password").focus()
    await hand.press(*hand.typed(password))


def asked(world: World, path: str = "/api/v2.0/users/current") -> int:
    return world.registries.log.count(path=path)


async def test_a_login_typed_here_tells_why_and_since_when(gone: World, nobody: Settings) -> None:
    async with console(nobody) as hand:
        await hand.select(REFUSED)
        assert "a Harbor login would tell" in hand.words
        await open_form(hand)
        assert field(hand, "server").value == HOST
        assert field(hand, "username").has_focus
        assert "forgotten when harbor-doctor ends" in hand.box
        await fill(hand, "admin", ADMIN_PASSWORD)
        assert ADMIN_PASSWORD not in hand.text
        assert asked(gone) == 0
        await hand.press("ctrl+t")
        await hand.until(lambda: "✔" in hand.box, "accepted")
        assert f"✔ Harbor at {HOST} knows admin as a system administrator" in hand.box
        assert REFUSED in hand.board.problems
        await hand.press("ctrl+s")
        await hand.until(lambda: GONE in hand.board.problems, "the cause is known")
        assert isinstance(hand.screen, MainScreen)
        await hand.select(GONE)
        assert "it was deleted 2 days ago" in hand.words
        assert "by dmitri" in hand.words
        assert REFUSED not in hand.board.problems
    assert ADMIN_PASSWORD not in "".join(map(repr, gone.registries.log.entries))


async def test_a_refused_login_is_not_used_and_not_sent_again(gone: World, nobody: Settings) -> None:
    async with console(nobody) as hand:
        await hand.select(REFUSED)
        await open_form(hand)
        await fill(hand, "olivia", "wrong")
        for key in ("ctrl+t", "ctrl+s", "enter"):
            hand.screen.query_one("#form-answer").update("")
            await hand.press(key)
            await hand.until(lambda: "✖" in hand.box, "refused")
            assert f"✖ Harbor at {HOST} refused the login olivia given for it" in hand.box
            assert isinstance(hand.screen, HarborScreen)
        assert gone.registries.log.refusals("olivia") == 1
        await hand.press("escape")
        assert REFUSED in hand.board.problems
        assert hand.app.doctor._open().harbor is None


async def test_it_goes_to_the_host_that_was_typed_and_to_no_other(gone: World, nobody: Settings) -> None:
    async with console(nobody) as hand:
        await hand.select(REFUSED)
        await open_form(hand)
        before = len(gone.registries.log.entries)
        for server, why in (
            (f"http://{HOST}", "HTTPS only"), ("*.demo.test", "one host"), (f"{HOST}/shop", "one host"),
            ("htpasswd.demo.test", "cannot be used"),
        ):  # fmt: skip
            field(hand, "server").value = server
            await fill(hand, "olivia", PASSWORD)
            hand.screen.query_one("#form-answer").update("")
            await hand.press("ctrl+t")
            await hand.until(lambda: "✖" in hand.box, "an answer")
            assert why in hand.box
        sent = gone.registries.log.entries[before:]
        assert {entry.server for entry in sent if entry.user == "olivia"} <= {"htpasswd.demo.test"}


async def test_an_empty_field_is_named_and_nothing_is_asked(gone: World, nobody: Settings) -> None:
    async with console(nobody) as hand:
        await hand.select(REFUSED)
        await open_form(hand)
        for key in ("ctrl+t", "ctrl+s"):
            await hand.press(key)
            assert "needed" in hand.box
        assert asked(gone) == 0


async def test_it_is_not_exchanged_while_a_repair_is_under_way(gone: World, nobody: Settings) -> None:
    async with console(nobody) as hand:
        await hand.select(REFUSED)
        await open_form(hand)
        hand.app.show(hand.board.with_repair(REFUSED, Repair(running=True)))
        await fill(hand, "admin", ADMIN_PASSWORD)
        await hand.press("ctrl+s")
        await hand.until(lambda: "a repair is under way" in hand.said, "told")
        assert asked(gone) == 0
        hand.app.show(hand.board.with_repair(REFUSED, Repair(running=False)))


async def test_a_login_typed_later_replaces_the_first_one(gone: World, tmp_path: Path) -> None:
    async with console(settings_for(gone, tmp_path)) as hand:
        await hand.select(GONE)
        assert "by dmitri" in hand.words
        await open_form(hand)
        await fill(hand, "sam", PASSWORD)
        await hand.press("ctrl+s")
        await hand.until(lambda: REFUSED in hand.board.problems, "sam may not see it")
        await hand.select(REFUSED)
        assert "sam may not see the project pay" in hand.words
