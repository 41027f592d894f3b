"""The crash matrix on a real kube-apiserver: every plan, killed at every write, and undone. `pytest -rP` shows it."""

from functools import partial

import pytest

from tests.headless.courses import BY_NAME
from tests.headless.killing import MOMENTS, Found, empty_or_failed, matrix
from tests.live.kube import Cluster
from tests.live.transplant import LiveStage

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def found(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Found]:
    return matrix("Killed over a real kube-apiserver", partial(LiveStage, cluster=cluster), tmp_path_factory)


@pytest.mark.parametrize("course", BY_NAME)
def test_a_repair_killed_at_any_write_and_moment_is_undone_to_the_last_field(
    course: str, found: dict[str, Found]
) -> None:
    failed = [f"{row.write}, {why}" for row in found[course].rows for why in empty_or_failed(row.cells, MOMENTS)]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("course", BY_NAME)
def test_every_step_of_the_plan_has_rows(course: str, found: dict[str, Found]) -> None:
    rows, steps = found[course].rows, found[course].steps
    written = sum(2 if step["verb"] == "remake-pod" else 1 for step in steps)
    assert sum("receipt" not in row.write for row in rows) == written
    assert sum("receipt" in row.write for row in rows) >= len(steps) + 2
