"""What the tests of rules ask of a diagnosis."""

import re
from collections.abc import Callable

import pytest

from checks.diagnose import diagnose, sentence
from checks.model import Diagnosis, Evidence
from checks.rules import by_code

Named = Callable[..., Diagnosis]


@pytest.fixture(scope="session")
def named() -> Named:
    """Diagnoses evidence and demands this cause, this subject, and a sentence that a person can read."""

    def check(evidence: Evidence, code: str, subject: str) -> Diagnosis:
        diagnosis = diagnose(evidence)
        text = sentence(diagnosis)
        assert (diagnosis.cause.code, str(diagnosis.cause.subject)) == (code, subject), text
        assert diagnosis.crashed == ()
        assert diagnosis.cause.proofs
        readable(text)
        return diagnosis

    return check


@pytest.fixture(scope="session")
def silent() -> Callable[[Evidence, str], Diagnosis]:
    """Demands that a rule says nothing about this evidence, whatever the others say."""

    def check(evidence: Evidence, code: str) -> Diagnosis:
        rule = by_code(code)
        assert rule is not None
        assert rule.examine(evidence) is None
        diagnosis = diagnose(evidence)
        assert diagnosis.crashed == ()
        readable(sentence(diagnosis))
        return diagnosis

    return check


def readable(text: str) -> None:
    assert re.fullmatch(r"[^\n{}!]+\.", text), text
    assert not re.search(r"\bNone\b|  |\.\.$|,,|; ;|\bplease\b|Fact\(|Unknown\(|Password", text), text
