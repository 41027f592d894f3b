"""Every cause word that a kubelet's text may have ends in a rule of that word, or in HD000 with that word."""

import json
from pathlib import Path
from typing import Any

import pytest

from checks.diagnose import diagnose, group
from checks.facts import Unknown
from checks.rules import RULES
from tests import builders as b

CORPUS = Path(__file__).parents[1] / "corpus"
FILES = ("kubelet_messages.jsonl", "pull_errors.jsonl")
NEVER_ON_A_PULL = frozenset({"quota"})
"""Said at a push only: no rule for it."""


def texts(name: str) -> list[dict[str, Any]]:
    with (CORPUS / name).open() as lines:
        return [json.loads(line) for line in lines]


def _image(text: dict[str, Any]) -> str:
    """The text's image; another where there is none, or its host was blotted out by whoever published it."""
    blotted = not text["image"] or ("<" in text["image"] and text["cause"] != "invalid_image_name")
    return b.IMAGE if blotted else str(text["image"])


def test_every_word_of_the_corpora_is_some_rules_but_those_of_a_push() -> None:
    words = {text["cause"] for name in FILES for text in texts(name)}
    words |= {pod["cause"] for pod in texts("kubelet_pods.jsonl") if pod["cause"] not in (None, "ok")}
    assert words - {rule.cause for rule in RULES} == NEVER_ON_A_PULL


@pytest.mark.parametrize("name", FILES)
def test_a_text_that_proves_its_cause_is_a_problem_of_that_cause_with_nothing_else_known(name: str) -> None:
    proven = 0
    for text in texts(name):
        found = b.evidence(
            image=_image(text),
            text=text["message"],
            reason=text.get("reason") or "ErrImagePull",
            anonymous=b.nobody(None, "no answer"),
            ping=Unknown("not asked"),
            service_account=Unknown("unread"),
        )
        (problem,) = group("lab", [diagnose(found)])
        if found.reading.confidence == "proven":
            proven += 1
            assert problem.cause == found.reading.cause, (text["id"], problem.id)
    assert proven > 30
