"""The crash matrix on a real kube-apiserver: every plan, killed at every write, and undone. `pytest -rP` shows it."""

from pathlib import Path

import pytest

from tests.headless.courses import BY_NAME, COURSES, Course
from tests.headless.killing import MOMENTS, Found, print_rows, rows_of
from tests.headless.stage import in_parallel
from tests.headless.warm import Warm
from tests.live.kube import Cluster
from tests.live.transplant import LiveStage

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def found(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    made: dict[str, Found] = {}

    def one(course: Course, folder: Path) -> None:
        with LiveStage(folder, course, cluster) as stage, Warm() as warm:
            made[course.name] = rows_of(stage, warm, folder / "runs")

    folders = [tmp_path_factory.mktemp("course") for _ in COURSES]
    in_parallel([lambda c=c, f=f: one(c, f) for c, f in zip(COURSES, folders, strict=True)])  # type: ignore[misc]
    print_rows("Killed over a real kube-apiserver", [row for name in BY_NAME for row in made[name].rows])
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
def test_every_step_of_the_plan_has_rows(course: str, found: dict[str, Found]) -> None:
    rows, steps = found[course].rows, found[course].steps
    written = sum(2 if step["verb"] == "remake-pod" else 1 for step in steps)
    assert sum("receipt" not in row.write for row in rows) == written
    assert sum("receipt" in row.write for row in rows) >= len(steps) + 2
