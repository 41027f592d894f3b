"""The crash matrix: every plan that writes, killed by SIGKILL before, during and after every write, and then undone.

Each cell is a process of its own, and a proxy that kills it at one request: before it is passed on, while its answer is
out, or when the answer was read. `pytest -rP` shows the matrix.
"""

import pytest

from tests.headless.courses import BY_NAME, COURSES, plans_that_write
from tests.headless.killing import MOMENTS, Found, empty_or_failed, matrix
from tests.headless.stage import Stage


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    return matrix("Killed over the pretend API server", Stage, tmp_path_factory)


@pytest.mark.parametrize("course", BY_NAME)
def test_a_repair_killed_at_any_write_and_moment_is_undone_to_the_last_field(
    course: str, found: dict[str, Found]
) -> None:
    failed = [f"{row.write}, {why}" for row in found[course].rows for why in empty_or_failed(row.cells, MOMENTS)]
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
