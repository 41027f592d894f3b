"""Text from a cluster or registry cannot break the screen, colour it, or write where it should not."""

import asyncio
import copy
from pathlib import Path

import pytest

from checks.demo.scenarios.model import HARBOR, Scenario, Workload
from checks.demo.scenarios.says import literal
from checks.demo.world import World
from tests.app.console import Hand, console, settings_for
from tui.widgets.rows import RowList

ESCAPES = "\x1b[2J\x1b[31mRED\x1b]0;title\x07"
TEXTS = {
    "markup": "denied: [/foo] [red]x[/red] [link=http://evil] [@click=app.quit]press[/] \\[",
    "escape sequences": f"denied {ESCAPES}\x08\x7f\x9b1m\r\nnext\tline",
    "wide": "拒绝访问 한국어 🚢🏴‍☠️ e\u0301\u200d" * 3,
    "bidi": "denied \u202egnp.exe\u202c \u2066hidden\u2069 \u200f",
    "long": "x" * 10_000,
    "long words": "denied by policy " * 700,
    "lone surrogate": "denied \ud83d end",
    "empty": "",
}
CONTROLS = {chr(code) for code in (*range(32), 127, *range(128, 160), 0x202E, 0x2066, 0x2069, 0x200F, 0xD83D)}


def world_of(text: str) -> World:
    """A world with one pod whose kubelet says this."""
    image = f"{HARBOR}/shop/web:1.4.2"
    says = literal(lambda ref: f'failed to pull and unpack image "{ref}": {text}')
    return World(
        (Scenario("HD000", "x", (Workload("shop", "odd", image, 2.0, says, secrets=("cluster-pull",)),)),),
        (),
        moving=False,
    )


def harmless(hand: Hand, width: int) -> None:
    """Every line has its width, and no control character is left."""
    for strip in hand.screen._compositor.render_strips():
        assert strip.cell_length == width
        assert not CONTROLS & set(strip.text), repr(strip.text)
        assert not any(segment.control for segment in strip)


async def walk(hand: Hand) -> None:
    """See all that shows foreign text: list, opened problem, filter, advice, palette."""
    for keys in ((), ("enter",), ("escape", "f"), ("escape", "i"), ("escape", "slash", "x"), ("escape", "t")):
        await hand.press(*keys)
        harmless(hand, hand.app.size.width)
    await hand.pilot.resize_terminal(61, 20)
    await asyncio.sleep(0)
    await hand.press("escape")
    harmless(hand, 61)


@pytest.mark.parametrize("kind", TEXTS)
async def test_what_a_kubelet_says_is_shown_harmless(kind: str, tmp_path: Path) -> None:
    with world_of(TEXTS[kind].encode("utf-8", "replace").decode()) as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.scanned()
            assert hand.board.rows
            await hand.planned(hand.board.rows[0])
            if kind == "markup":
                await hand.press("enter")
                assert "[red]x[/red]" in hand.words
                await hand.press("escape")
            if kind == "escape sequences":
                await hand.press("enter")
                assert "\\x1b[2J" in hand.words
                await hand.press("escape")
            await walk(hand)


@pytest.mark.parametrize("kind", ["markup", "escape sequences", "wide", "bidi"])
async def test_names_of_pods_secrets_and_nodes_are_shown_harmless(kind: str, tmp_path: Path) -> None:
    """No API server takes such names; a proxy in between, or a later version, might."""
    with world_of("no basic auth credentials") as world:
        pod = copy.deepcopy(world.objects.store.select("pods", "shop")[0])
        name = TEXTS[kind]
        pod["metadata"] |= {"name": name, "uid": "odd", "ownerReferences": []}
        pod["spec"] |= {"nodeName": name, "imagePullSecrets": [{"name": name}], "serviceAccountName": name}
        pod["spec"]["containers"][0]["name"] = name
        pod["status"]["containerStatuses"][0]["name"] = name
        world.objects.store.put("pods", pod)
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.scanned()
            for row in hand.board.rows:
                await hand.select(row)
                await walk(hand)
                await hand.pilot.resize_terminal(120, 40)


async def test_a_toast_and_a_title_show_markup_as_text(tmp_path: Path) -> None:
    with world_of("x") as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.scanned()
            hand.app.say(TEXTS["markup"] + ESCAPES, error=True)
            await hand.pilot.pause()
            assert "[red]x[/red]" in hand.said
            harmless(hand, 120)
            assert isinstance(hand.problems, RowList)
