"""Thousands of rows cost no more than the screenful one sees."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from rich.text import Text

from checks.diagnose import diagnose, group
from checks.doctor import ClusterInfo, Doctor, Report
from checks.model import Diagnosis, Problem
from checks.repair.plan import FixPlan, Refusal
from checks.scan import Scan
from checks.settings import Settings
from tests import builders as b
from tests.app.console import Hand, console
from tui.widgets.rows import RowList

MANY = 5_000


def problems_of(count: int, *, one: bool) -> tuple[Problem, ...]:
    """So many pods without a pull secret: all of one ServiceAccount, or each of its own."""

    def pod(n: int) -> Diagnosis:
        fields = {
            "pod": f"web-{n:05}", "pod_uid": f"uid-{n}", "service_account": "default" if one else f"account-{n:05}",
            "created": b.NOW - timedelta(minutes=n),
        }  # fmt: skip
        return diagnose(b.evidence(text=b.nothing_sent(), fields=fields))

    return group("lab", [pod(n) for n in range(count)])


class Full(Doctor):
    """A doctor who has found all this already."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__(Settings())
        self.found = problems
        pulls = tuple(pull for problem in problems for pull in problem.pulls)
        self.scan = Scan(pulls, True, len(pulls), 1, (), b.NOW)

    def connect(self, interactive: bool = False) -> ClusterInfo:
        return ClusterInfo("lab", "https://lab", "admin", "default")

    def unfinished(self) -> tuple[Any, ...]:
        return ()

    def clear_probes(self, *, everywhere: bool = False, also: str = "") -> tuple[str, ...]:
        return ()

    def find(self, stop: threading.Event) -> Iterator[Scan]:
        return iter((self.scan,))

    def diagnose(self, scan: Scan, stop: threading.Event, on_diagnosis: Any = None) -> Report:
        return Report("lab", self.found, scan, ())

    def watchable(self, report: Report) -> bool:
        return False

    def follow(self, report: Report, stop: threading.Event) -> Iterator[tuple[Report, str]]:
        return iter(())

    def offers(self, problem: Problem, login: object = None) -> tuple[FixPlan | Refusal, ...]:
        return ()


class Counted:
    """Counts the lines that a list draws."""

    def __init__(self, rows: RowList) -> None:
        self.lines: list[str] = []
        self._draw = rows._draw
        rows._draw = self.draw

    def draw(self, key: str, width: int) -> Text:
        self.lines.append(key)
        return self._draw(key, width)


async def press_and_count(hand: Hand, rows: RowList, *keys: str) -> set[str]:
    counted = Counted(rows)
    await hand.press(*keys)
    return set(counted.lines)


@pytest.mark.parametrize("one", [True, False], ids=["5000 pods of one problem", "5000 problems"])
async def test_only_the_rows_on_screen_are_drawn(one: bool) -> None:
    problems = problems_of(MANY, one=one)
    assert len(problems) == (1 if one else MANY)
    async with console(doctor=Full(problems)) as hand:
        await hand.scanned()
        assert "5,000 pods waiting" in hand.lines[0]
        rows = hand.main.pods if one else hand.problems
        rows.focus()
        assert rows.virtual_size.height == MANY
        for keys in (("down",), ("pagedown",), ("end",), ("home",), ("G",), ("k", "k")):
            drawn = await press_and_count(hand, rows, *keys)
            assert 0 < len(drawn) <= 3 * rows.size.height
        last = "web-04999" if one else "account-"
        await hand.press("end")
        assert last in hand.text
        assert rows.cursor == MANY - 1


async def test_a_filter_finds_one_of_thousands() -> None:
    async with console(doctor=Full(problems_of(MANY, one=False))) as hand:
        await hand.scanned()
        await hand.press("slash", *"account-04321", "enter")
        assert len(hand.board.rows) == 1
        assert "account-04321" in hand.text
