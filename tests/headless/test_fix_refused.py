"""The fault matrix: every plan that writes, each of its requests failing in each way; what is told is what is so.

The same doctor goes on afterwards: it lists the receipts and undoes. `pytest -rP` shows the matrix.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.clients import admission, gate
from checks.repair import pods
from tests.headless.courses import BY_NAME, COURSES, Course
from tests.headless.killing import empty_or_failed
from tests.headless.refusing import FAULTS, Line, lines_of, print_lines
from tests.headless.stage import Stage, in_parallel
from tests.headless.warm import PACE


@pytest.fixture(scope="module", autouse=True)
def _quick_refusals() -> Iterator[None]:
    """Pauses between refused logins, and for a pod's name, take a tenth of their time."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("FINAL", "PAUSE_AFTER_LOCK", "PAUSE_BETWEEN_PASSWORDS"):
            patch.setattr(gate, name, getattr(gate, name) * PACE)
        patch.setattr(admission, "PAUSE_AFTER_LOCK", gate.PAUSE_AFTER_LOCK)
        patch.setattr(pods, "STEADY", 0.2)
        yield


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Line]]:
    made: dict[str, list[Line]] = {}

    def one(course: Course, folder: Path) -> None:
        with Stage(folder, course) as stage:
            made[course.name] = lines_of(stage, folder)

    folders = [tmp_path_factory.mktemp("course") for _ in COURSES]
    in_parallel([lambda c=c, f=f: one(c, f) for c, f in zip(COURSES, folders, strict=True)])  # type: ignore[misc]
    print_lines("Requests that fail", [line for name in BY_NAME for line in made[name]])
    return made


@pytest.mark.parametrize("course", BY_NAME)
def test_whatever_request_fails_one_sentence_tells_what_is_so_and_undo_works(
    course: str, found: dict[str, list[Line]]
) -> None:
    names = [fault.name for fault in FAULTS]
    failed = [f"{line.request}, {why}" for line in found[course] for why in empty_or_failed(line.cells, names)]
    assert not failed, "\n".join(failed)


@pytest.mark.parametrize("course", BY_NAME)
def test_dry_runs_receipt_steps_mark_and_closing_are_all_among_the_requests(
    course: str, found: dict[str, list[Line]]
) -> None:
    asked = [line.request for line in found[course]]
    steps = [one for one in asked if not one.receipt and "dry run" not in one.name]
    tried = {one.name.removesuffix(" (dry run)") for one in asked if "dry run" in one.name}
    assert steps
    assert {one.name for one in steps if not one.harbor} <= tried | {"POST pods"}, "Harbor has no dry run"
    assert sum(one.receipt for one in asked) >= 3, "the receipt, its first mark, and the closing"
