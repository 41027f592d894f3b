"""Whole courses of pods on a real kubelet: what is read at each moment is true for that moment."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from checks.answers import Reading
from checks.complaint import read

CORPUS = Path(__file__).resolve().parents[1] / "corpus"
SAME_FAULT = {
    ("no_credentials", "never_pull"),  # Never, and a kubelet that checks credentials
    ("not_found_tag", "tls_unknown_ca"),  # a mirror's certificate, a missing tag behind it
}
PASSING = {"timeout", "connection_refused", "connection_reset", "dns", "registry_5xx", "rate_limited", "proxy"}


def pods() -> list[dict[str, Any]]:
    with (CORPUS / "kubelet_pods.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def said(pod: dict[str, Any]) -> Iterator[Reading]:
    """What is read at every moment of the pod, states first, then events."""
    for state in pod["states"]:
        yield read(state["message"] or "", state["reason"] or "")
    for event in pod["events"]:
        yield read(event["message"] or "", event["reason"] or "")


def acceptable() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    with (CORPUS / "kubelet_messages.jsonl").open(encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            found.setdefault(row["id"].split("-", 2)[2].rsplit("-", 2)[0], set()).update(row["acceptable"])
    return found


def test_at_no_moment_is_a_wrong_cause_named_as_proven() -> None:
    also = acceptable()
    for pod in pods():
        allowed = {pod["cause"], *also.get(pod["id"], ())}
        for reading in said(pod):
            if reading.confidence == "proven":
                named = (pod["cause"], reading.cause)
                assert reading.cause in allowed or named in SAME_FAULT, (pod["id"], reading)


def test_a_pod_that_came_to_run_was_never_given_a_lasting_verdict() -> None:
    for pod in pods():
        if pod["cause"] == "ok":
            proven = [r.cause for r in said(pod) if r.confidence == "proven"]
            assert set(proven) <= PASSING, (pod["id"], proven)


def test_a_pod_that_has_not_tried_yet_has_no_cause() -> None:
    for pod in pods():
        for state in pod["states"]:
            if state["reason"] in ("ContainerCreating", "PodInitializing", "CrashLoopBackOff"):
                reading = read(state["message"] or "", state["reason"])
                assert (reading.cause, reading.confidence) == ("unknown_ambiguous", "none")


def test_the_back_off_text_says_the_same_as_the_error_before_it() -> None:
    for pod in pods():
        by_reason = {s["reason"]: s["message"] for s in pod["states"] if s["message"]}
        if {"ErrImagePull", "ImagePullBackOff"} <= by_reason.keys():
            error = by_reason["ErrImagePull"]
            wrapped = f'Back-off pulling image "{pod["image"]}": ErrImagePull: {error}'
            assert (read(error).cause, read(error).confidence) == (read(wrapped).cause, read(wrapped).confidence)


def test_where_a_pod_says_anything_the_true_cause_is_among_what_is_read() -> None:
    spoken = 0
    for pod in pods():
        readings = [r for r in said(pod) if r.confidence != "none"]
        if readings and pod["cause"] not in ("ok", None, "unknown_ambiguous"):
            spoken += 1
            assert any(pod["cause"] in (r.cause, *r.alternatives) for r in readings), pod["id"]
    assert spoken > 100
