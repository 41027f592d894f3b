"""The sentences over a reading."""

import json
from pathlib import Path

import pytest

from checks.answers import Reading
from checks.complaint import next_step, read, sentence

CORPUS = Path(__file__).resolve().parents[1] / "corpus"


def causes() -> list[str]:
    found = {"quota"}
    for name in ("pull_errors", "kubelet_messages"):
        with (CORPUS / f"{name}.jsonl").open(encoding="utf-8") as lines:
            for row in map(json.loads, lines):
                found |= {row["cause"], *row["acceptable"]}
    return sorted(found - {"unknown_ambiguous"})


@pytest.mark.parametrize("cause", causes())
def test_every_cause_has_one_sentence_and_a_next_step(cause: str) -> None:
    said = sentence(Reading(cause, image="h.example/p/a:1", host="h.example"))
    assert said.endswith(".")
    assert said.count(". ") == 0
    assert "{" not in said
    assert said != sentence(Reading("unknown_ambiguous", confidence="none"))
    assert next_step(Reading(cause)).endswith(".")


@pytest.mark.parametrize("cause", causes())
def test_every_cause_can_be_named_as_what_else_is_possible(cause: str) -> None:
    alone = sentence(Reading("timeout", confidence="likely"))
    assert len(sentence(Reading("timeout", (cause,), "likely"))) > len(alone)


def test_an_open_text_says_what_it_leaves_open_and_asks_the_registry() -> None:
    reading = read(
        'failed to pull and unpack image "h.example/p/a:1": failed to resolve image: unexpected status from HEAD'
        " request to https://h.example/v2/p/a/manifests/1: 401 Unauthorized"
    )
    assert sentence(reading).startswith("Most likely h.example refuses the login that was sent; the text also allows ")
    assert "a missing project" in sentence(reading)
    assert next_step(reading).startswith("Ask the registry itself")


def test_a_proven_cause_is_said_without_hedging() -> None:
    reading = read('Get "https://h.example/v2/": dial tcp: lookup h.example on 10.0.0.10:53: no such host')
    assert sentence(reading) == "The node cannot resolve the name of h.example."
    assert "Ask the registry" not in next_step(reading)


def test_a_text_without_a_cause_sends_to_the_events() -> None:
    reading = read('Back-off pulling image "h.example/p/a:1"')
    assert sentence(reading) == "The text names no cause."
    assert "events" in next_step(reading)
