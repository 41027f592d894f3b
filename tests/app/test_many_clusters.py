"""The console in front of two clusters that are alike to the last UID: one list, and each failure on its own."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from checks import parts
from checks.fleet import Fleet, doctor_for
from checks.repair.plan import FixPlan, Safety
from checks.settings import Settings
from tests.app.console import NARROW, WIDE, Hand, console
from tests.app.gate import Gate
from tests.headless.between import Fault
from tests.headless.twins import EU, NOWHERE, US, Twins, changed, joined
from tui.screens.box import Box
from tui.screens.plan import PlanScreen
from tui.screens.tenant import TenantScreen
from tui.start import PATIENCE

PORT, PAGE = "HD106:crm/harbor-8443", "HD106:web/harbor-ui"
ATTACH = "HD101:pay/default"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Twins]:
    """Two worlds that nobody changes."""
    with Twins(tmp_path_factory.mktemp("shared"), "HD106") as made:
        yield made


@pytest.fixture
def twins(tmp_path: Path) -> Iterator[Twins]:
    with Twins(tmp_path, "HD106") as made:
        yield made


@asynccontextmanager
async def both(path: Path, size: tuple[int, int] = WIDE) -> AsyncIterator[Hand]:
    """The console on both contexts, as `--context prod-eu,prod-us` starts it."""
    settings = Settings(kubeconfig=str(path), contexts=(f"{EU},{US}",), state_dir=path.parent / "state")
    doctor = doctor_for(settings, PATIENCE)
    assert isinstance(doctor, Fleet)
    async with console(size=size, doctor=doctor) as hand:
        yield hand


def rows(hand: Hand) -> dict[str, str]:
    """Each row's line as the list shows it, by the problem's id."""
    first = next(number for number, line in enumerate(hand.lines) if "at fault" in line) + 1
    return {key: hand.lines[first + number] for number, key in enumerate(hand.board.rows)}


# ── what is seen ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("size", [NARROW, (100, 30), WIDE, (200, 50)])
async def test_the_list_has_a_column_for_the_cluster_at_every_width(shared: Twins, size: tuple[int, int]) -> None:
    async with both(shared.kubeconfig(name=f"config-{size[0]}"), size) as hand:
        await hand.planned(f"{PORT}@{US}")
        assert set(hand.board.rows) == {f"{problem}@{name}" for problem in (PORT, PAGE) for name in (EU, US)}
        heading = next(line for line in hand.lines if "at fault" in line)
        for key, line in rows(hand).items():
            name = key.rpartition("@")[2]
            assert line.find(name) == heading.find("cluster"), line
            assert line.find("no entry") == heading.find("cause"), line
            assert (EU in line) is (name == EU)
        await hand.until(lambda: "2 live" in hand.lines[0], "live")
        assert "2 clusters ▸ all namespaces" in hand.lines[0]
        assert "4 problems" in hand.lines[0]


async def test_long_names_of_clusters_are_cut_in_the_middle_and_leave_room(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106") as twins:
        long = "arn:aws:eks:eu-west-1:123456789012:cluster/"
        grounds = {f"{long}prod-a": twins.eu, f"{long}b": twins.us}
        made = {name: Path(ground.tool().environment["KUBECONFIG"]) for name, ground in grounds.items()}
        path = joined(tmp_path / "long", made)
        settings = Settings(kubeconfig=str(path), all_contexts=True, state_dir=tmp_path / "state")
        async with console(size=NARROW, doctor=doctor_for(settings, PATIENCE)) as hand:
            await hand.scanned()
            await hand.until(lambda: len(hand.board.rows) == 4, "rows")
            shown = list(rows(hand).values())
            assert all("no entry for registry" in line and "harbor" in line and "arn" in line for line in shown)
            assert any("/prod-a" in line for line in shown)
            assert any("ster/b" in line for line in shown)


async def test_one_context_has_neither_column_nor_count(shared: Twins, tmp_path: Path) -> None:
    settings = Settings(kubeconfig=str(shared.kubeconfig(name="one")), contexts=(f"{EU},",), state_dir=tmp_path)
    async with console(doctor=doctor_for(settings, PATIENCE)) as hand:
        await hand.planned(PORT)
        assert f" {EU} ▸ all namespaces" in hand.lines[0]
        assert "cluster" not in next(line for line in hand.lines if "at fault" in line)
        await hand.until(lambda: "● live" in hand.lines[0], "live")


async def test_the_detail_and_the_copied_evidence_name_the_cluster(shared: Twins) -> None:
    async with both(shared.kubeconfig(name="detail")) as hand:
        await hand.select(f"{PORT}@{US}")
        assert f" {US} ▸ HD106 no entry for registry " in str(hand.detail.border_title)
        assert f"one key in {US}" in hand.pane
        await hand.press("enter")
        assert f"{PORT}@{US}" in str(hand.detail.border_title)
        await hand.press("y")
        assert f"cluster  {US}" in hand.app.clipboard


async def test_the_filter_knows_clusters_and_the_palette_sets_it(shared: Twins) -> None:
    async with both(shared.kubeconfig(name="filter")) as hand:
        await hand.planned(f"{PORT}@{US}")
        await hand.press("slash", *hand.typed(US), "enter")
        assert set(hand.board.rows) == {f"{PORT}@{US}", f"{PAGE}@{US}"}
        await hand.press("escape", "colon", *hand.typed(f"cluster {EU}"))
        await hand.until(lambda: f"Cluster {EU}" in hand.text, "the command")
        await hand.press("enter")
        await hand.until(lambda: set(hand.board.rows) == {f"{PORT}@{EU}", f"{PAGE}@{EU}"}, "the rows of one")
        await hand.press("escape")
        await hand.until(lambda: len(hand.board.rows) == 4, "all rows")


# ── failures stay where they are ─────────────────────────────────────────────────────────────────────────────────


async def test_a_cluster_that_says_nothing_delays_neither_rows_nor_plans_nor_repairs(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106", between=True, still=False) as twins:
        twins.us.between.trap(lambda _: True, Fault("silence", seconds=120), times=1000)
        async with both(twins.kubeconfig()) as hand:
            await hand.until(lambda: len(hand.board.rows) == 2, "the other's rows", 5)
            await hand.until(lambda: "1 of 2 live" in hand.lines[0], "the other is live", PATIENCE + 4)
            assert f"2 clusters without {US} ▸ all namespaces" in hand.lines[0]
            await hand.pilot.resize_terminal(*NARROW)
            assert f"2 clusters without {US}" in hand.lines[0]
            assert f"? not looked at: {US} ▸ all namespaces (it has shown nothing yet)" in hand.words
            await hand.pilot.resize_terminal(*WIDE)
            await hand.select(f"{PORT}@{EU}")
            await hand.press("f")
            await hand.mended(f"{PORT}@{EU}")
            twins.us.between.clear()
            twins.us.between.closed.set()


async def test_a_cluster_that_is_down_is_named_and_comes_in_when_it_is_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "RETRY", 0.5)
    with Twins(tmp_path, "HD106") as twins, Gate(twins.us.world) as gate:
        made = twins.us.tool().environment["KUBECONFIG"]
        path = twins.kubeconfig()
        path = joined(path, {EU: Path(twins.eu.tool().environment["KUBECONFIG"]), US: Path(gate.kubeconfig(made))})
        async with both(path) as hand:
            await hand.planned(f"{PORT}@{EU}")
            assert f"2 clusters without {US}" in hand.lines[0]
            assert f"? not looked at: {US} ▸ all namespaces (the API server " in hand.words
            assert "refuses the connection" in hand.words
            gate.open()
            await hand.until(lambda: f"{PORT}@{US}" in hand.board.offers, "the other cluster comes in")
            await hand.until(lambda: "2 live" in hand.lines[0], "both are live")
            assert hand.board.report.scan.not_looked == ()
            await hand.until(lambda: "not looked at" not in hand.text, "the line above the rows goes")
            assert len(hand.board.rows) == 4


async def test_where_no_cluster_answers_it_is_told_as_for_one(tmp_path: Path) -> None:
    with Twins(tmp_path) as twins:
        path = twins.kubeconfig()
        for name in (EU, US):
            changed(path, name, server=NOWHERE)
        async with both(path) as hand:
            await hand.until(lambda: hand.board.error, "the error")
            assert "no cluster could be looked at" in hand.words
            assert "ctrl+r looks again, q quits" in hand.words


async def test_both_clusters_are_watched(twins: Twins) -> None:
    async with both(twins.kubeconfig()) as hand:
        await hand.until(lambda: "2 live" in hand.lines[0], "live")
        for name, ground in ((EU, twins.eu), (US, twins.us)):
            (pod,) = (p for p in ground.pods("web") if "'waiting'" in str(p["status"]))
            ground.world.objects.delete("pods", "web", pod["metadata"]["name"])
            await hand.until(lambda n=name: f"{PAGE}@{n}" not in hand.board.found, f"the row of {name} goes")
            left = {EU: {f"{PAGE}@{US}"}, US: set()}[name]
            assert set(hand.board.found) == {f"{PORT}@{EU}", f"{PORT}@{US}"} | left


# ── writing ──────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_repair_and_its_undo_touch_their_own_cluster_only(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD106", between=True, still=False) as twins:
        before = twins.us.secret("crm", "harbor-8443")["data"]
        async with both(twins.kubeconfig()) as hand:
            await hand.select(f"{PORT}@{US}")
            await hand.press("f")
            await hand.mended(f"{PORT}@{US}")
            assert not hand.board.is_mended(f"{PORT}@{EU}")
            assert f"{PORT}@{EU}" in hand.board.found
            assert twins.us.secret("crm", "harbor-8443")["data"] != before
            await hand.press("z")
            await hand.until(lambda: isinstance(hand.screen, Box) or hand.board.repairs[f"{PORT}@{US}"].undone, "z")
            if isinstance(hand.screen, Box):
                assert f"Undo in {US}: " in str(hand.screen.query_one(".dialog").border_title)
                await hand.press("enter")
            await hand.undone(f"{PORT}@{US}")
            assert twins.us.secret("crm", "harbor-8443")["data"] == before
        assert twins.eu.between.writes() == []
        assert twins.us.between.writes() != []


async def test_the_box_of_a_plan_names_the_cluster_that_it_writes_to(tmp_path: Path) -> None:
    with Twins(tmp_path, "HD101", between=True) as twins:
        async with both(twins.kubeconfig()) as hand:
            await hand.select(f"{ATTACH}@{US}")
            await hand.press("f")
            assert isinstance(hand.screen, PlanScreen)
            assert str(hand.screen.query_one(".dialog").border_title) == f" Plan for {US}: asks first "
            await hand.press("escape")
            await hand.select(f"{ATTACH}@{EU}")
            await hand.press("f")
            assert str(hand.screen.query_one(".dialog").border_title) == f" Plan for {EU}: asks first "
            await hand.press("escape")
        assert twins.eu.between.writes() == twins.us.between.writes() == []


async def test_the_same_plan_for_another_cluster_is_not_the_one_that_was_shown(shared: Twins) -> None:
    async with both(shared.kubeconfig(name="painted")) as hand:
        await hand.planned(f"{PORT}@{EU}")
        await hand.select(f"{PORT}@{US}")
        mine, other = (hand.board.plan_for(f"{PORT}@{name}", "f") for name in (US, EU))
        assert isinstance(mine, FixPlan)
        assert isinstance(other, FixPlan)
        assert mine.lines == other.lines
        assert hand.detail.painted(mine)
        assert not hand.detail.painted(other)


async def test_a_read_only_context_offers_advice_beside_one_that_may_be_written(twins: Twins) -> None:
    path = twins.kubeconfig()
    changed(path, US, read_only=True)
    before = twins.us.declared(receipts=True)
    async with both(path) as hand:
        await hand.select(f"{PORT}@{US}")
        assert {plan.safety for plan in hand.board.plans(f"{PORT}@{US}")} == {Safety.ADVICE}
        await hand.press("f", "enter", "escape")
        await hand.planned(f"{PORT}@{EU}")
        assert Safety.ONE_KEY in {plan.safety for plan in hand.board.plans(f"{PORT}@{EU}")}
    assert twins.us.declared(receipts=True) == before


async def test_testing_again_stays_true_when_the_other_cluster_moves(twins: Twins) -> None:
    async with both(twins.kubeconfig()) as hand:
        await hand.select(f"{PORT}@{US}")
        await hand.until(lambda: "2 live" in hand.lines[0], "live")
        seen = hand.board.found[f"{PORT}@{US}"].diagnoses[0].evidence.gathered
        await hand.press("t")
        await hand.until(lambda: "still so" in hand.said, "the answer")
        again = hand.board.found[f"{PORT}@{US}"].diagnoses[0].evidence.gathered
        assert again > seen
        (pod,) = (p for p in twins.eu.pods("web") if "'waiting'" in str(p["status"]))
        twins.eu.world.objects.delete("pods", "web", pod["metadata"]["name"])
        await hand.until(lambda: f"{PAGE}@{EU}" not in hand.board.found, "the other cluster moves")
        assert hand.board.found[f"{PORT}@{US}"].diagnoses[0].evidence.gathered == again


async def test_a_tenant_is_made_in_the_cluster_that_the_form_names(shared: Twins) -> None:
    async with both(shared.kubeconfig(name="tenant")) as hand:
        await hand.planned(f"{PORT}@{EU}")
        hand.app.ask_tenant()
        await hand.until(lambda: isinstance(hand.screen, TenantScreen), "the form")
        await hand.press(*hand.typed("prod"), "enter", *"crm", "enter", *"crm", "ctrl+s")
        assert f"which cluster: {EU}, {US}" in hand.box
