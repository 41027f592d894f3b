"""The pictures of the README, drawn from the running console and compared byte for byte.

`python -m pytest tests/app/test_pictures.py --draw` draws them anew. What differs from run to run (times, seconds) is
set to fixed values on the way from the doctor to the screen; everything else is what the console shows.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from textual.pilot import Pilot

import tui.app
from checks.demo.world import World
from checks.doctor import Doctor, Report
from checks.model import Diagnosis, Finding, Proof
from checks.repair.plan import FixPlan, Refusal
from checks.scan import Scan
from checks.settings import Settings
from tests.app.console import settings_for, small_world
from tui.app import HarborDoctor

PICTURES = Path(__file__).resolve().parents[2] / "screenshots"
NOW = datetime(2026, 3, 2, 14, 2, tzinfo=UTC)
SIZES = {"120x40": (120, 40), "80x24": (80, 24)}


class Still(Doctor):
    """A doctor whose findings bear fixed times, and who does not look twice at what does not move."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._scans: list[Scan] = []
        self._reports: list[Report] = []
        self._plans: dict[str, tuple[FixPlan | Refusal, ...]] = {}

    def find(self, stop) -> Iterator[Scan]:  # type: ignore[no-untyped-def]
        self._scans = self._scans or list(super().find(stop))[-1:]
        return iter(self._scans)

    def diagnose(self, scan, stop, on_diagnosis=None) -> Report:  # type: ignore[no-untyped-def]
        if not self._reports:
            report = super().diagnose(scan, stop, None)
            problems = tuple(replace(p, diagnoses=tuple(map(_still, p.diagnoses))) for p in report.problems)
            self._reports = [replace(report, problems=problems)]
        return self._reports[0]

    def offers(self, problem, login=None) -> tuple[FixPlan | Refusal, ...]:  # type: ignore[no-untyped-def]
        if problem.id not in self._plans:
            self._plans[problem.id] = super().offers(problem, login)
        return self._plans[problem.id]

    def follow(self, report, stop) -> Iterator[tuple[Report, str]]:  # type: ignore[no-untyped-def]
        return iter(())


def _still(diagnosis: Diagnosis) -> Diagnosis:
    return replace(diagnosis, cause=_finding(diagnosis.cause), behind=tuple(map(_finding, diagnosis.behind)))


def _finding(finding: Finding) -> Finding:
    params = {name: _text(value) for name, value in finding.params.items()}
    return replace(finding, params=params, proofs=tuple(map(_proof, finding.proofs)))


def _proof(proof: Proof) -> Proof:
    return replace(proof, at=NOW if proof.at else None, text=_text(proof.text))


def _text(text: str) -> str:
    text = re.sub(r"on \w+day \d{4}-\d\d-\d\d \d\d:\d\d UTC", "on Monday 2026-03-02 10:26 UTC", text)
    return re.sub(r"after \d+\.\d s", "after 1.5 s", text)


class StillConsole(HarborDoctor):
    """The console at a fixed time of day."""

    CSS_PATH = Path(tui.app.__file__).with_name("app.tcss")

    def now(self) -> datetime:
        return NOW


@pytest.fixture(autouse=True)
def _same_everywhere(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("NO_COLOR", "COLORTERM", "TEXTUAL_THEME", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TZ", "UTC")
    monkeypatch.setenv("TERM", "xterm-256color")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Doctor]:
    """The whole demo at a fixed time; nothing in it moves."""
    with (
        World(clock=lambda: NOW, moving=False) as world,
        still(settings_for(world, tmp_path_factory.mktemp("w"))) as doctor,
    ):
        yield doctor


@contextmanager
def still(settings: Settings) -> Iterator[Doctor]:
    doctor = Still(settings)
    try:
        yield doctor
    finally:
        doctor.close()


async def settle(pilot: Pilot[int], done: Callable[[HarborDoctor], bool]) -> None:
    app = pilot.app
    assert isinstance(app, HarborDoctor)
    for _ in range(900):
        await pilot.pause(0.1)
        if done(app):
            break
    assert done(app)
    await pilot.pause(0.3)
    app.clear_notifications()
    await pilot.pause(0.2)


def typed(text: str) -> tuple[str, ...]:
    return tuple("space" if char == " " else char for char in text)


def planned(app: HarborDoctor) -> bool:
    return not app.board.scanning and set(app.board.offers) >= {p.id for p in app.board.report.problems}  # type: ignore[union-attr]


async def shoot(
    request: pytest.FixtureRequest, doctor: Doctor, name: str, size: str, *keys: str,
    done: Callable[[HarborDoctor], bool] = planned,
) -> None:  # fmt: skip
    app = StillConsole(lambda: doctor)
    async with app.run_test(size=SIZES[size]) as pilot:
        await settle(pilot, done)
        await pilot.press(*keys)
        await pilot.pause(0.5)
        drawn = app.export_screenshot(title="harbor-doctor")
    _compare(request, f"{name}-{size}.svg", drawn)


def _compare(request: pytest.FixtureRequest, name: str, drawn: str) -> None:
    picture = PICTURES / name
    if request.config.getoption("--draw"):
        picture.write_text(drawn, encoding="utf-8")
        return
    if picture.is_file() and picture.read_text(encoding="utf-8") == drawn:
        return
    made = request.getfixturevalue("tmp_path") / name
    made.write_text(drawn, encoding="utf-8")
    pytest.fail(f"screenshots/{name} is not what the console shows now: {made}; --draw draws it anew")


@pytest.mark.parametrize("size", SIZES)
async def test_the_problems_worst_first_with_the_verdict(request, standing, size) -> None:
    await shoot(request, standing, "main", size)


@pytest.mark.parametrize("size", SIZES)
async def test_a_problem_opened_with_the_difference_of_its_plan(request, standing, size) -> None:
    await shoot(request, standing, "problem", size, "enter")


@pytest.mark.parametrize("size", SIZES)
async def test_a_plan_that_asks(request, standing, size) -> None:
    await shoot(request, standing, "confirm", size, "slash", *typed("hd101"), "enter", "a")


@pytest.mark.parametrize("size", SIZES)
async def test_the_form_for_a_new_login(request, standing, size) -> None:
    await shoot(request, standing, "form", size, "slash", *typed("robot of other project"), "enter", "s")


@pytest.mark.parametrize("size", SIZES)
async def test_the_help(request, standing, size) -> None:
    await shoot(request, standing, "help", size, "question_mark")


@pytest.mark.parametrize("size", SIZES)
async def test_an_error_is_a_sentence(request, tmp_path, size) -> None:
    with still(Settings(kubeconfig="prod.kubeconfig", state_dir=tmp_path)) as doctor:
        await shoot(request, doctor, "error", size, done=lambda app: bool(app.board.error))


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_waits_for_an_image(request, tmp_path, size) -> None:
    with World(scenarios=(), clock=lambda: NOW, moving=False) as world, still(settings_for(world, tmp_path)) as doctor:
        await shoot(request, doctor, "empty", size)


async def test_mended_with_what_undo_would_put_back(request, tmp_path) -> None:
    with small_world("HD109") as world, still(settings_for(world, tmp_path)) as doctor:
        app = StillConsole(lambda: doctor)
        async with app.run_test(size=SIZES["120x40"]) as pilot:
            await settle(pilot, planned)
            await pilot.press("enter", "f")
            await settle(pilot, lambda app: any(repair.mended for repair in app.board.repairs.values()))
            drawn = {}
            for size, (width, height) in SIZES.items():
                await pilot.resize_terminal(width, height)
                await pilot.pause(0.3)
                drawn[size] = app.export_screenshot(title="harbor-doctor")
    for size, picture in drawn.items():
        _compare(request, f"mended-{size}.svg", picture)
