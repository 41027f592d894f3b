"""`e` in the console: a folder is asked for, the files are written and told; nothing is overwritten."""

from pathlib import Path

import pytest
import yaml

from checks.demo.world import World
from tests.app.console import ATTACH, NARROW, PORT, WIDE, Hand, console, settings_for
from tui.screens.box import Box
from tui.screens.export import ExportScreen
from tui.screens.main import MainScreen
from tui.screens.problem import ProblemScreen

SIZES = pytest.mark.parametrize("size", [WIDE, NARROW], ids=["120x40", "80x24"])


async def asked(hand: Hand, problem: str) -> None:
    await hand.select(problem)
    await hand.press("e")
    await hand.until(lambda: isinstance(hand.screen, ExportScreen), "where to")


@SIZES
async def test_e_asks_for_a_folder_and_says_what_it_wrote(
    attach: World, tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = attach.objects.store.select("serviceaccounts", "pay")
    async with console(settings_for(attach, tmp_path / "state"), size) as hand:
        await asked(hand, ATTACH)
        assert "Attach harbor-pull to ServiceAccount pay/default" in hand.box
        assert "./harbor-doctor-export/pay-HD101" in hand.box
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, Box), "what was written")
        folder = tmp_path / "harbor-doctor-export" / "pay-HD101"
        for name in ("NOTES.md", "serviceaccount-patch-pay-default.yaml", "argocd-pay-ignoredifferences.yaml"):
            assert name in hand.box
            assert (folder / name).is_file()
        patch = yaml.safe_load((folder / "serviceaccount-patch-pay-default.yaml").read_text())
        assert patch["imagePullSecrets"] == [{"name": "harbor-pull"}]
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        await hand.press("e")
        assert "./harbor-doctor-export/pay-HD101-2" in hand.box
    assert attach.objects.store.select("serviceaccounts", "pay") == before


async def test_a_folder_that_has_the_files_is_refused_in_the_box_and_another_may_be_typed(
    port: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "NOTES.md").write_text("mine")
    async with console(settings_for(port, tmp_path / "state")) as hand:
        await hand.select(PORT)
        await hand.press("enter", "e")
        await hand.until(lambda: isinstance(hand.screen, ExportScreen), "where to")
        await hand.press("ctrl+u", "x", "enter")
        await hand.until(lambda: "is there already and is not overwritten" in hand.box, "why not")
        await hand.press("y", "enter")
        await hand.until(lambda: isinstance(hand.screen, Box), "what was written")
        await hand.press("escape")
        assert isinstance(hand.screen, ProblemScreen)
    assert (tmp_path / "x" / "NOTES.md").read_text() == "mine"
    assert [path.name for path in (tmp_path / "x").iterdir()] == ["NOTES.md"]
    assert (tmp_path / "xy" / "secret-crm-harbor-8443.yaml").is_file()


async def test_esc_writes_nothing_and_the_palette_knows_it_too(
    port: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with console(settings_for(port, tmp_path / "state")) as hand:
        await hand.planned(PORT)
        await hand.press("colon", *hand.typed("Export for Git"))
        await hand.until(lambda: "Export for Git…" in hand.text, "the command")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, ExportScreen), "where to")
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
    assert not (tmp_path / "harbor-doctor-export").exists()
