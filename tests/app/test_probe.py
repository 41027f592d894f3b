"""`n` asks the node: the whole manifest in a box, the same key runs exactly that, the answer stands by the evidence."""

from pathlib import Path
from typing import Any

from checks.demo.api.access import READ, Rule, User
from checks.demo.world import World
from checks.repair.probe.plan import LABEL
from tests.app.console import FORM, NARROW, WIDE, Hand, console, settings_for
from tests.headless.between import wait_for
from tui.probe_rows import manifest_lines
from tui.screens.main import MainScreen
from tui.screens.probe import ProbeScreen
from tui.screens.problem import ProblemScreen

TALL = (120, 60)


def probes(world: World) -> list[dict[str, Any]]:
    pods = world.objects.store.select("pods")
    return [pod for pod in pods if LABEL in (pod["metadata"].get("labels") or {})]


def silence_nodes(world: World) -> None:
    status = {"conditions": [{"type": "Ready", "status": "Unknown"}]}
    for node in world.objects.store.select("nodes"):
        world.objects.edit(
            "nodes", "", node["metadata"]["name"], lambda body: body["status"].update(status),
            manager="x", subresource="status",
        )  # fmt: skip


async def opened(hand: Hand) -> ProbeScreen:
    await hand.select(FORM)
    await hand.press("n")
    await hand.until(lambda: isinstance(hand.screen, ProbeScreen), "the probe's manifest")
    assert isinstance(hand.screen, ProbeScreen)
    return hand.screen


async def test_the_whole_manifest_is_shown_and_enter_makes_that_very_pod(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        screen = await opened(hand)
        for line in manifest_lines(screen.plan):
            assert " ".join(line.split()) in hand.box
        for words in ("✔ pods create, pods get, pods delete in shop", "the pod is deleted whatever comes"):
            assert words in hand.box
        assert probes(form) == []
        await hand.press("enter")
        await hand.until(lambda: hand.board.probes[FORM].answer, "the node's answer")
        answer = hand.board.probes[FORM].answer
        assert answer is not None
        assert answer.pod == screen.plan.ref
        assert probes(form) == []


async def test_the_answer_stands_by_the_evidence_as_a_third_vantage_point(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        await opened(hand)
        await hand.press("enter")
        await hand.until(lambda: hand.board.probes[FORM].answer, "the node's answer")
        answer = hand.board.probes[FORM].answer
        assert answer is not None
        when = f"{answer.at.astimezone():%H:%M:%S}"
        assert f"✖ from the node (probe), at {when} {answer.node} does not pull" in hand.pane
        assert f"{answer.node} says: ErrImagePull: " in hand.pane
        assert "Agrees with what the kubelet reported." in hand.pane
        assert "Agrees with what was measured from here." in hand.pane
        assert len(hand.board.found) == 1
        assert len(hand.board.problems[FORM].pulls) == 2


async def test_how_far_it_is_is_told_while_the_node_is_asked_and_only_one_at_a_time(
    form: World, tmp_path: Path
) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        await opened(hand)
        silence_nodes(form)
        await hand.press("enter")
        await hand.until(lambda: "has not taken the pod up" in hand.pane, "what is waited for")
        await hand.press("n")
        await hand.until(lambda: "one probe at a time" in hand.said, "why not")
        await hand.press("q")
        await hand.until(lambda: hand.app.return_value == 0, "gone")
    assert probes(form) == []


async def test_leaving_in_the_middle_deletes_the_pod_first(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path)) as hand:
        await opened(hand)
        silence_nodes(form)
        while isinstance(hand.screen, ProbeScreen):
            await hand.press("enter")
        await hand.until(lambda: probes(form), "the pod")
    wait_for(lambda: not probes(form))


async def test_where_it_does_not_fit_the_key_scrolls_before_it_agrees(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), NARROW) as hand:
        await opened(hand)
        assert "enter read on" in hand.words
        await hand.press("enter")
        assert isinstance(hand.screen, ProbeScreen)
        assert FORM not in hand.board.probes
        for _ in range(20):
            if not isinstance(hand.screen, ProbeScreen):
                break
            await hand.press("enter")
        await hand.until(lambda: hand.board.probes[FORM].answer, "the node's answer")


async def test_esc_makes_nothing(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        version = form.objects.store.version
        await opened(hand)
        await hand.press("escape")
        assert isinstance(hand.screen, MainScreen)
        assert hand.board.probes == {}
        assert not [c for c in form.objects.store.wait(version, 0, ("pods",)) if c.type == "ADDED"]


async def test_the_key_works_on_an_opened_problem_too(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        await hand.select(FORM)
        await hand.press("enter")
        assert isinstance(hand.screen, ProblemScreen)
        assert "n ask node" in hand.lines[-1]
        await hand.press("n")
        await hand.until(lambda: isinstance(hand.screen, ProbeScreen), "the manifest")
        await hand.press("enter")
        await hand.until(lambda: hand.board.probes[FORM].answer, "the node's answer")
        assert "from the node (probe), at " in hand.pane


async def test_without_the_right_the_manifest_is_shown_with_what_is_missing_and_nothing_is_made(
    form: World, tmp_path: Path
) -> None:
    watcher = User("watcher", "demo-watcher", (Rule(READ, ("*",)),))
    form.api.users[watcher.token] = watcher
    async with console(settings_for(form, tmp_path, user="watcher"), TALL) as hand:
        await opened(hand)
        assert "it cannot be made from here: no right: pods create in shop, pods delete in shop" in hand.box
        assert "make the pod" not in hand.box
        await hand.press("n")
        assert isinstance(hand.screen, MainScreen)
        assert hand.board.probes == {}


async def test_a_read_only_console_shows_the_manifest_and_makes_no_pod(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path, read_only=True), TALL) as hand:
        await opened(hand)
        assert "it cannot be made from here: this run is read-only" in hand.box
        await hand.press("enter")
        assert (hand.board.probes, probes(form)) == ({}, [])


async def test_a_pod_that_an_earlier_run_left_is_cleared_away_at_the_start_and_told(
    form: World, tmp_path: Path
) -> None:
    settings = settings_for(form, tmp_path)
    async with console(settings, WIDE) as hand:
        plan = (await opened(hand)).plan
        await hand.press("escape")
    form.objects.create("pods", "shop", plan.manifest)
    notes = settings.state_dir / "probes"
    notes.mkdir(parents=True)
    (notes / f"{plan.ref.name}.json").write_text('{"context": "demo", "namespace": "shop"}')
    async with console(settings, WIDE) as hand:
        await hand.until(lambda: plan.ref.name in hand.said, "what was cleared away")
        assert "of a run that broke off was deleted" in hand.said
    assert probes(form) == []


async def test_an_impatient_second_n_makes_no_pod(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        await opened(hand)
        await hand.press("n")
        assert isinstance(hand.screen, MainScreen)
        assert hand.board.probes == {}
    assert probes(form) == []


async def test_the_palette_knows_it_by_name(form: World, tmp_path: Path) -> None:
    async with console(settings_for(form, tmp_path), TALL) as hand:
        await hand.select(FORM)
        await hand.press("colon")
        await hand.press(*"ask", "space", *"the", "space", *"node")
        await hand.until(lambda: "Ask the node: a probe pod pulls the image there" in hand.words, "the command")
        await hand.press("enter")
        await hand.until(lambda: isinstance(hand.screen, ProbeScreen), "the manifest")
