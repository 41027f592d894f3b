"""Whole courses of pods and single texts of real nodes, with their wiring, where no registry answers from here.

Only the kubelet's words and the wiring remain. At no moment is a wrong cause named: the true one, or that it is not
known, and then what could not be looked at.
"""

import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import pytest

from checks.model import Diagnosis
from tests.verdicts.courses import ALSO_TRUE, CODES, Course, Said, courses, moved, said
from tests.verdicts.lab import Lab, examine

NOT_ASKED, CLOSED = "169.254.169.254", "127.0.0.1:1"
"""Where all registries lead to: an address that is never asked, and one that refuses connections."""
UNKNOWN = "unknown_ambiguous"
DOCKER_HUB = "registry-1.docker.io"
NOT_ON_AN_IMAGE = ("ContainerCreating", "PodInitializing", "CrashLoopBackOff")


@dataclass(frozen=True)
class Moment:
    """What was said of one pod at one step of its course."""

    course: Course
    step: int
    diagnosis: Diagnosis
    word: str
    """The cause word of the problem that it is in."""


def nowhere(all_of_them: Iterable[Course], address: str) -> dict[str, str]:
    return dict.fromkeys({course.registry for course in all_of_them} | {DOCKER_HUB}, address)


def verdicts(
    lab: Lab, resolve: dict[str, str], steps: int, show: Callable[[int], object]
) -> Iterator[dict[str, tuple[Diagnosis, str]]]:
    """Diagnosis and cause word by namespace, at each step that `show` brings about."""
    with lab.doctor(resolve=resolve) as doctor:
        for step in range(steps):
            show(step)
            report, found = examine(doctor)
            words = {d.pull.namespace: p.cause for p in report.problems for d in p.diagnoses}
            yield {d.pull.namespace: (d, words[d.pull.namespace]) for d in found.values()}


@pytest.fixture(scope="module", params=[NOT_ASKED, CLOSED])
def moments(request: pytest.FixtureRequest) -> Iterator[list[Moment]]:
    lab, known = Lab(), {course.id: course for course in courses()}
    for course in known.values():
        course.lay_out(lab)
    steps = max(len(course.states) for course in known.values()) + 1
    seen = verdicts(
        lab, nowhere(known.values(), request.param), steps, lambda step: [c.show(lab, step) for c in known.values()]
    )
    yield [
        Moment(known[name], step, diagnosis, word)
        for step, found in enumerate(seen)
        for name, (diagnosis, word) in found.items()
    ]
    lab.stop()


@pytest.fixture(scope="module")
def texts() -> Iterator[list[tuple[Said, Diagnosis, str]]]:
    lab, known = Lab(), {one.id: one for one in (*said(), *moved())}
    for one in known.values():
        one.lay_out(lab)
    (found,) = verdicts(lab, nowhere((one.course for one in known.values()), NOT_ASKED), 1, lambda _: None)
    yield [(known[name], diagnosis, word) for name, (diagnosis, word) in found.items()]
    lab.stop()


def true_of(course: Course) -> set[str]:
    return {course.truth, UNKNOWN, ALSO_TRUE.get(course.id, UNKNOWN)}


# Whole courses.


def test_at_no_moment_is_a_wrong_cause_named(moments: list[Moment]) -> None:
    wrong = [(m.course.id, m.step, m.diagnosis.cause.code, m.word) for m in moments if m.word not in true_of(m.course)]
    assert wrong == []
    assert len({m.course.id for m in moments}) > 125


def test_a_pod_is_found_exactly_while_it_waits_on_an_image(moments: list[Moment]) -> None:
    for step in {m.step for m in moments}:
        awaited = {course.id for course in courses() if waits(course, step)}
        assert {m.course.id for m in moments if m.step == step} == awaited


def waits(course: Course, step: int) -> bool:
    latest = {state["name"]: state for state in course.states[: step + 1]}
    last = course.states[min(step, len(course.states) - 1)]
    over = last.get("phase", course.phase) == "Failed"
    held = [s for s in latest.values() if s["state"] == "waiting" and s["reason"] not in NOT_ON_AN_IMAGE]
    return bool(held) and not over


def test_a_pod_that_came_to_run_was_never_given_a_verdict(moments: list[Moment]) -> None:
    assert [m.course.id for m in moments if m.course.truth == "ok"] == []


def test_the_verdict_stays_when_the_attempt_is_over(moments: list[Moment]) -> None:
    """The pause after an attempt tells as much as the attempt."""
    by_pod: dict[str, set[str]] = {}
    for moment in moments:
        by_pod.setdefault(moment.course.id, set()).add(moment.diagnosis.cause.code)
    assert {name: codes for name, codes in by_pod.items() if len(codes) > 1} == {}


def test_what_is_not_known_says_what_could_not_be_looked_at(moments: list[Moment]) -> None:
    for moment in moments:
        if moment.diagnosis.cause.code == "HD000":
            assert any(line.startswith("registry: ") for line in moment.diagnosis.unknowns), moment.course.id
            assert "not looked at" in moment.diagnosis.cause.params["missing"]


def test_a_secret_that_cannot_be_decoded_is_named_without_any_registry(moments: list[Moment]) -> None:
    broken = [m for m in moments if m.course.truth == "secret_malformed"]
    assert len({m.course.id for m in broken}) == 6
    for moment in broken:
        culprit = "other" if moment.course.id == "w-badb64-otherhost" else "pull"
        assert (moment.diagnosis.cause.code, moment.diagnosis.cause.subject.name) == ("HD105", culprit)


def test_more_than_half_of_the_causes_are_known_from_the_words_and_the_wiring_alone(moments: list[Moment]) -> None:
    last = [m for m in moments if m.step == max(each.step for each in moments)]
    known = Counter(m.word != UNKNOWN for m in last)
    sys.stdout.write(f"{known[True]} of {len(last)} courses are known\n")
    assert known[True] > known[False]


# Single texts, of five runtimes.


def test_no_text_of_a_real_node_leads_to_a_wrong_cause(texts: list[tuple[Said, Diagnosis, str]]) -> None:
    wrong = [(one.id, one.text, d.cause.code, word) for one, d, word in texts if word not in true_of(one.course)]
    assert wrong == []
    marks = Counter(("event" if one.event else "status", word == one.course.truth) for one, _, word in texts)
    sys.stdout.write(f"known or not, by where the text stands: {dict(marks)}\n")
    assert len(texts) > 650


def test_the_exact_fault_of_the_wiring_is_named_where_the_runtime_says_that_no_login_was_sent(
    texts: list[tuple[Said, Diagnosis, str]],
) -> None:
    mute = [(one, d) for one, d, _ in texts if "no basic auth credentials" in one.text and one.course.id in CODES]
    assert {one.course.id for one, _ in mute} == set(CODES)
    assert {one.runtime for one, _ in mute} == {"1.7", "2.1", "containerd 1.7.35", "containerd 2.1"}
    wrong = [(one.id, d.cause.code) for one, d in mute if d.cause.code != CODES[one.course.id]]
    assert wrong == []


def test_a_text_in_an_event_leads_to_the_same_verdict_as_in_the_status(
    texts: list[tuple[Said, Diagnosis, str]],
) -> None:
    """Up to kubelet 1.31 the status says nothing of the cause."""
    by_text: dict[tuple[str, str, str], dict[bool, str]] = {}
    for one, diagnosis, _ in texts:
        key = (one.course.id, one.runtime, one.text.removeprefix(f'Failed to pull image "{one.image}": '))
        by_text.setdefault(key, {})[one.event] = diagnosis.cause.code
    both = {key: codes for key, codes in by_text.items() if len(codes) == 2}
    assert len(both) > 100
    assert {key: codes for key, codes in both.items() if codes[True] != codes[False]} == {}
