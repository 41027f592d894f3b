"""Keys that write: what is painted is applied, what is not opens first, and undo gives back every byte."""

import base64
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from checks.demo.world import World
from checks.model import Pull
from checks.repair.plan import FixPlan, Safety
from tests.app.console import (
    ATTACH,
    PAYLOAD,
    PORT,
    Hand,
    console,
    login_in,
    secret_data,
    settings_for,
    small_world,
)
from tui.screens.box import Box
from tui.screens.form import FormScreen
from tui.screens.main import MainScreen
from tui.screens.plan import PlanScreen

OTHER = "HD106:web/harbor-ui"


def plan_of(hand: Hand, problem: str, key: str = "f") -> FixPlan:
    plan = hand.board.plan_for(problem, key)
    assert isinstance(plan, FixPlan)
    return plan


def written(world: World) -> dict[str, Any]:
    """Everything that a repair could touch, without what the kubelet reports."""
    kinds = ("secrets", "serviceaccounts", "deployments", "pods")
    return {
        f"{kind} {obj['metadata']['uid']}": {k: v for k, v in obj.items() if k not in ("status", "metadata")}
        for kind in kinds
        for obj in world.objects.store.select(kind)
    }


def pods_that_wait(world: World, namespace: str) -> list[str]:
    pods = world.objects.store.select("pods", namespace)
    return [pod["metadata"]["name"] for pod in pods if "'waiting'" in str(pod["status"])]


async def test_f_applies_the_plan_that_is_painted_in_full_and_the_row_says_mended(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        plan = plan_of(hand, PORT)
        assert plan.safety is Safety.ONE_KEY
        assert hand.detail.painted(plan)
        for _, line in plan.lines:
            assert " ".join(line.split()) in hand.pane
        await hand.press("f")
        assert hand.board.repairs[PORT].running
        await hand.mended(PORT)
        assert "mended" in hand.lines[3]
        assert "z undo" in hand.lines[3]
        assert login_in(port, "crm", "harbor-8443")[0] == "robot$crm+pull"
        assert pods_that_wait(port, "crm") == []


async def test_the_repair_is_told_while_it_runs(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        await hand.press("f")
        await hand.until(lambda: "have pulled" in hand.pane, "how many pods have pulled")
        assert hand.lines[3].strip("│ ").startswith("…")
        await hand.mended(PORT)


async def test_z_with_the_difference_on_screen_puts_the_secret_back_byte_for_byte(
    payload: World, tmp_path: Path
) -> None:
    before = secret_data(payload, "crm", "mailer-pull")
    names = [secret["metadata"]["name"] for secret in payload.objects.store.select("secrets", "crm")]
    async with console(settings_for(payload, tmp_path)) as hand:
        await hand.select(PAYLOAD)
        await hand.press("f")
        await hand.mended(PAYLOAD)
        assert secret_data(payload, "crm", "mailer-pull") != before
        assert "z Undo: put back what was there" in hand.pane
        for _, line in hand.board.repairs[PAYLOAD].undo:
            assert " ".join(line.split()) in hand.pane
        await hand.press("z")
        await hand.undone(PAYLOAD)
    assert secret_data(payload, "crm", "mailer-pull") == before
    assert [secret["metadata"]["name"] for secret in payload.objects.store.select("secrets", "crm")] == names


async def test_z_in_a_new_console_shows_the_last_repair_and_asks(port: World, tmp_path: Path) -> None:
    before = secret_data(port, "crm", "harbor-8443")
    settings = settings_for(port, tmp_path)
    async with console(settings) as hand:
        await hand.select(PORT)
        await hand.press("f")
        await hand.mended(PORT)
    after = secret_data(port, "crm", "harbor-8443")
    async with console(settings) as hand:
        await hand.scanned()
        await hand.press("z")
        await hand.until(lambda: isinstance(hand.screen, Box), "the difference")
        assert "Undo: " in hand.text
        assert "Secret crm/harbor-8443" in hand.words
        await hand.press("escape")
        assert secret_data(port, "crm", "harbor-8443") == after
        await hand.press("z")
        await hand.until(lambda: isinstance(hand.screen, Box), "the difference, again")
        await hand.press("enter")
        await hand.until(lambda: "Undone: Secret crm/harbor-8443" in hand.said, "told")
        assert secret_data(port, "crm", "harbor-8443") == before


@pytest.mark.parametrize("size", [(80, 24), (120, 16), (60, 12)])
async def test_a_plan_that_is_not_painted_in_full_opens_and_the_same_key_applies_it(
    port: World, tmp_path: Path, size: tuple[int, int]
) -> None:
    before = secret_data(port, "crm", "harbor-8443")
    async with console(settings_for(port, tmp_path), size) as hand:
        await hand.planned(PORT)
        await hand.press("f")
        assert isinstance(hand.screen, PlanScreen)
        assert secret_data(port, "crm", "harbor-8443") == before
        seen = ""
        for _ in range(30):
            seen += hand.words
            await hand.press("f")
            if not isinstance(hand.screen, PlanScreen):
                break
        for _, line in hand.app.board.repairs[PORT].undo or ():
            assert line
        assert "Secret crm/harbor-8443" in seen
        assert "harbor.demo.test" in seen
        await hand.mended(PORT)


async def test_a_plan_that_changed_since_it_was_painted_opens_instead_of_being_applied(
    port: World, tmp_path: Path
) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        before = written(port)
        other = replace(plan_of(hand, PORT), warnings=("Argo CD may take this out again",))
        hand.app.board = hand.board.with_offers(PORT, (other,))
        await hand.press("f")
        assert isinstance(hand.screen, PlanScreen)
        assert "Argo CD may take this out again" in hand.box
        await hand.press("escape")
        assert written(port) == before


async def test_a_plan_that_asks_is_applied_only_once_agreed_to(attach: World, tmp_path: Path) -> None:
    async with console(settings_for(attach, tmp_path)) as hand:
        await hand.select(ATTACH)
        plan, before = plan_of(hand, ATTACH, "a"), written(attach)
        assert plan.safety is Safety.CONFIRM
        await hand.press("a")
        assert isinstance(hand.screen, PlanScreen)
        for question in plan.asks:
            assert " ".join(question.split()) in hand.box
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        assert written(attach) == before
        assert hand.board.repairs == {}
        await hand.press("a", "enter")
        assert isinstance(hand.screen, MainScreen)
        await hand.mended(ATTACH)
        account = attach.objects.store.get("serviceaccounts", "pay", "default")
        assert account is not None
        assert account["imagePullSecrets"] == [{"name": "harbor-pull"}]
        assert pods_that_wait(attach, "pay") == []


async def test_r_replaces_the_stuck_pods_and_no_other(tmp_path: Path) -> None:
    with small_world("HD102", "HD106:crm/harbor-8443") as world:
        names = {pod["metadata"]["name"] for pod in world.objects.store.select("pods", "crm")}
        stuck = {name for name in names if name.startswith("crm-backend")}
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select("HD102:crm/default")
            await hand.press("r")
            await hand.mended("HD102:crm/default")
        left = {pod["metadata"]["name"] for pod in world.objects.store.select("pods", "crm")}
    assert len(stuck) == 3
    assert stuck.isdisjoint(left)
    assert names - stuck <= left


async def test_a_key_without_a_plan_says_so_and_writes_nothing(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        before = written(port)
        for key in "ar":
            await hand.press(key)
            assert f"{key} has no plan for this problem" in hand.said
        assert written(port) == before


async def test_nothing_else_is_written_while_a_repair_is_being_written(tmp_path: Path) -> None:
    with small_world("HD106") as world:
        before = secret_data(world, "web", "harbor-ui")
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(OTHER)
            await hand.select(PORT)
            with world.objects.store.lock:
                await hand.press("f", "down", "f")
                assert hand.problems.key == OTHER
                assert "one repair at a time" in hand.said
                await hand.press("z")
                assert "it can be undone when it has ended" in hand.said
            await hand.mended(PORT)
            assert secret_data(world, "web", "harbor-ui") == before


async def test_another_problem_can_be_mended_while_the_pods_of_the_first_are_watched(tmp_path: Path) -> None:
    with small_world("HD106", moving=False) as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(OTHER)
            await hand.select(PORT)
            await hand.press("f")
            await hand.until(lambda: "0 of 2 pods pulled" in hand.text, "the pods are watched")
            await hand.press("f")
            assert "its repair is under way" in hand.said
            await hand.press("down")
            await hand.until(lambda: hand.detail.painted(plan_of(hand, OTHER)), "the other's plan is painted")
            await hand.press("f")
            await hand.until(lambda: "0 of 1 pods pulled" in hand.text, "the other's pods are watched")
            assert login_in(world, "web", "harbor-ui")[0] == "robot$web+pull"


async def test_no_row_moves_while_a_repair_runs_and_the_mended_row_stays(tmp_path: Path) -> None:
    with small_world("HD106") as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(PORT)
            rows = hand.board.rows
            await hand.press("f")
            while hand.board.repairs[PORT].running:
                assert hand.board.rows == rows
                await hand.pilot.pause(0.1)
            assert hand.board.rows == rows
            assert hand.problems.key == PORT


async def test_q_during_a_repair_finishes_the_write_first(port: World, tmp_path: Path) -> None:
    before = secret_data(port, "crm", "harbor-8443")
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        with port.objects.store.lock:
            await hand.press("f")
            await hand.press("q")
            await hand.pilot.pause(0.5)
            assert hand.app.is_running
            assert "finishing the write in hand" in hand.said
            assert secret_data(port, "crm", "harbor-8443") == before
        await hand.until(lambda: not hand.app.is_running, "the console has gone", 5)
        assert hand.app.return_code == 0
    assert secret_data(port, "crm", "harbor-8443") != before
    receipts = [s for s in port.objects.store.select("secrets", "crm") if "undo" in s["metadata"]["name"]]
    assert len(receipts) == 1


@pytest.mark.parametrize("key", ["q", "ctrl+q", "ctrl+c"])
async def test_the_console_is_left_at_once_where_nothing_is_under_way(port: World, tmp_path: Path, key: str) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.scanned()
        await hand.press(key)
        await hand.until(lambda: not hand.app.is_running, "the console has gone", 2)


async def test_a_secret_that_changed_meanwhile_is_left_alone_and_the_row_says_so(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        other = {".dockerconfigjson": base64.b64encode(b'{"auths":{}}').decode()}
        port.objects.edit("secrets", "crm", "harbor-8443", lambda s: s.update(data=other), manager="someone")
        before = secret_data(port, "crm", "harbor-8443")
        await hand.press("f")
        await hand.until(lambda: not hand.board.repairs[PORT].running, "it ended")
        assert "somebody changed .dockerconfigjson meanwhile; it was not changed again" in hand.pane
        assert "✖" in hand.lines[3]
        assert "mended" not in hand.text
    assert secret_data(port, "crm", "harbor-8443") == before


async def test_read_only_has_no_key_that_writes(port: World, tmp_path: Path) -> None:
    async with console(settings_for(port, tmp_path, read_only=True)) as hand:
        await hand.select(PORT)
        before = written(port)
        for key in "fsari":
            await hand.press(key)
            if isinstance(hand.screen, PlanScreen):
                assert hand.screen.plan.safety is Safety.ADVICE
                await hand.press("enter")
            if isinstance(hand.screen, FormScreen):
                await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        assert hand.board.repairs == {}
        assert written(port) == before


async def test_a_mended_problem_that_comes_back_is_a_problem_again(port: World, tmp_path: Path) -> None:
    broken = secret_data(port, "crm", "harbor-8443")
    async with console(settings_for(port, tmp_path)) as hand:
        await hand.select(PORT)
        await hand.press("f")
        await hand.mended(PORT)
        await hand.press("f")
        assert "this is mended" in hand.said
        port.objects.edit("secrets", "crm", "harbor-8443", lambda s: s.update(data=broken), manager="someone")
        await hand.pilot.pause(1.1)
        for pod in port.objects.store.select("pods", "crm"):
            port.objects.delete("pods", "crm", pod["metadata"]["name"])
        await hand.until(lambda: "no entry for registry" in hand.lines[3], "a problem again")
        await hand.planned(PORT)
        assert "1 problem" in hand.lines[0]


async def test_what_a_repair_leaves_is_explained_anew_and_stays_so_while_the_list_moves(tmp_path: Path) -> None:
    with small_world(ATTACH) as world:
        async with console(settings_for(world, tmp_path)) as hand:
            await hand.select(ATTACH)
            await hand.press("f", "f")
            await hand.mended(ATTACH)
            left = "HD102:pay/default"
            await hand.until(lambda: left in hand.board.found, "the Job's pod is older than the Secret now")
            assert [pull.owner.kind for pull in hand.board.found[left].pulls if pull.owner] == ["Job"]
            world.objects.create("pods", "pay", LOST)
            await hand.until(lambda: any("no-such" in p.image for p in pulls(hand)), "the list has moved")
            assert left in hand.board.found


LOST: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "lost", "namespace": "pay"},
    "spec": {"containers": [{"name": "app", "image": "harbor.demo.test/pay/no-such:1"}]},
}


def pulls(hand: Hand) -> list[Pull]:
    return [pull for problem in hand.board.found.values() for pull in problem.pulls]
