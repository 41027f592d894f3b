"""The bars of `score.py`, held."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

from checks.complaint import read


def _score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("complaint_score", Path(__file__).with_name("score.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


score = _score()


@pytest.fixture(scope="module", params=score.CORPORA)
def marks(request: pytest.FixtureRequest) -> object:
    return score.score(request.param)


def test_no_reading_is_confidently_wrong(marks: object) -> None:
    assert marks.wrong.total() == 0  # type: ignore[attr-defined]


def test_nearly_every_cause_is_among_those_the_text_allows(marks: object) -> None:
    assert marks.share_right >= 0.98, marks.misses  # type: ignore[attr-defined]


def test_a_text_that_proves_its_cause_is_seldom_hedged(marks: object) -> None:
    assert marks.share_hedged <= 0.05  # type: ignore[attr-defined]


@pytest.mark.parametrize("corpus", score.CORPORA)
def test_an_answer_with_alternatives_is_never_called_proven(corpus: str) -> None:
    for row in score.rows(corpus):
        reading = read(row["message"], row.get("reason") or "")
        assert (reading.confidence == "proven") == (reading.cause != "unknown_ambiguous" and not reading.alternatives)
        assert len(reading.alternatives) <= 4
        assert reading.cause not in reading.alternatives


def test_the_lab_images_are_found_in_their_texts() -> None:
    for row in score.rows("kubelet_messages"):
        image = read(row["message"]).image
        if image and "imgvol" not in row["id"]:
            name = row["image"].partition("@")[0].rsplit("/", 1)[-1]
            assert name.partition(":")[0].strip() in image


def test_the_host_that_was_asked_is_found_where_the_text_names_one() -> None:
    reading = read(
        'failed to pull and unpack image "docker.io/library/x:1": failed to resolve reference "docker.io/library/x:1":'
        ' failed to do request: Head "https://mirror.example:5000/v2/library/x/manifests/1?ns=docker.io": EOF'
    )
    assert (reading.host, reading.image) == ("mirror.example:5000", "docker.io/library/x:1")
