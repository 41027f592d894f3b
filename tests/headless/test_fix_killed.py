"""The crash matrix: every plan that writes, killed by SIGKILL before, during and after every write, and then undone.

Each cell is a process of its own, and a proxy that kills it at one request: before it is passed on, while its answer is
out, or when the answer was read. `pytest -rP` shows the matrix.
"""

from pathlib import Path

import pytest

from tests.headless.courses import BY_NAME, COURSES, Course, plans_that_write
from tests.headless.killing import MOMENTS, Found, print_rows, rows_of
from tests.headless.stage import Stage, in_parallel
from tests.headless.warm import Warm


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    made: dict[str, Found] = {}

    def one(course: Course, folder: Path) -> None:
        with Stage(folder, course) as stage, Warm() as warm:
            made[course.name] = rows_of(stage, warm, folder / "runs")

    folders = [tmp_path_factory.mktemp("course") for _ in COURSES]
    in_parallel([lambda c=c, f=f: one(c, f) for c, f in zip(COURSES, folders, strict=True)])  # type: ignore[misc]
    print_rows("Killed over the pretend API server", [row for name in BY_NAME for row in made[name].rows])
    return made


@pytest.mark.parametrize("course", BY_NAME)
def test_a_repair_killed_at_any_write_and_moment_is_undone_to_the_last_field(
    course: str, found: dict[str, Found]
) -> None:
    failed = [
        f"{row.write}, {moment}: {cell or 'an empty cell'}"
        for row in found[course].rows
        for moment in MOMENTS
        if not (cell := row.cells.get(moment, "")) or cell.startswith("FAILED")
    ]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("course", BY_NAME)
def test_every_step_of_the_plan_and_its_receipts_have_rows(course: str, found: dict[str, Found]) -> None:
    rows, steps = found[course].rows, found[course].steps
    assert {step["result"] for step in steps} == {"written"}
    assert {step["plan"] for step in steps} >= {BY_NAME[course].plan}
    # A pod that nobody owns is deleted and made.
    written = sum(2 if step["verb"] == "remake-pod" else 1 for step in steps)
    assert sum("receipt" not in row.write for row in rows) == written
    receipts = [row.write for row in rows if "receipt" in row.write]
    assert receipts.count("POST receipt") >= 1
    assert len(receipts) >= len(steps) + 2, "opened, marked after each step, and closed"


def test_every_plan_that_writes_has_a_course() -> None:
    assert {course.plan for course in COURSES} == plans_that_write()
