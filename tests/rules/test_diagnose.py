"""Evidence to diagnosis to problem: causal order, what stands behind, what is not known, and one problem a pull."""

from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest

from checks.diagnose import diagnose, group, sentence
from checks.facts import Unknown
from checks.model import Evidence, Finding, Owner, Problem
from checks.rules import RULES, UNKNOWN, by_code
from checks.rules.base import Rule
from tests import builders as b
from tests.rules.worlds import FAULTS, World, innocent

ALICE = b.login("alice", "old")


def _refused(**known) -> Evidence:
    return b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized(), trials=[b.refused(ALICE)], **known)


def _raise(evidence: Evidence) -> Finding | None:
    raise KeyError(evidence.pull.pod)


BROKEN = replace(RULES[0], code="HD998", examine=_raise)


def test_the_cause_is_what_would_still_block_if_the_rest_were_mended() -> None:
    """A missing project and a refused login: no login opens a project that is not there."""
    found = b.evidence(
        b.secret(b.entry("alice", "old")),
        text=b.unauthorized(),
        trials=[b.refused(ALICE, b.no_project())],
        anonymous=b.no_project(),
    )
    diagnosis = diagnose(found)
    assert [diagnosis.cause.code, *(f.code for f in diagnosis.behind)] == ["HD501", "HD301"]
    text = sentence(diagnosis)
    assert text.startswith("harbor.example.com has no project shop. And then: harbor.example.com refuses")


def test_the_order_does_not_depend_on_the_order_of_the_rules() -> None:
    found = b.evidence(("gone", b.MISSING), b.secret(name="opaque", type_="Opaque"), text=b.nothing_sent(), trials=())
    expected = [f.code for f in (diagnose(found).cause, *diagnose(found).behind)]
    for seed in range(5):
        mixed = Random(seed).sample(RULES, len(RULES))
        diagnosis = diagnose(found, mixed)
        assert [f.code for f in (diagnosis.cause, *diagnosis.behind)] == expected
    assert expected == ["HD103", "HD104"]


def test_what_a_more_exact_rule_says_is_not_said_twice() -> None:
    robot = b.login("robot$shop+old", "old")
    found = b.evidence(
        b.secret(b.entry("robot$shop+old", "old")),
        text=b.unauthorized(),
        trials=[b.refused(robot)],
        harbor={"robot$shop+old": b.view(None)},
    )
    diagnosis = diagnose(found)
    assert (diagnosis.cause.code, diagnosis.behind) == ("HD304", ())


def test_every_code_that_a_rule_explains_exists_and_stands_behind_it() -> None:
    for rule in RULES:
        for code in rule.explains:
            other = by_code(code)
            assert other is not None
            assert other.order > rule.order


def test_a_rule_that_crashes_becomes_an_entry_and_the_others_still_speak() -> None:
    diagnosis = diagnose(_refused(), (BROKEN, *RULES))
    assert diagnosis.crashed == ("HD998: KeyError",)
    assert diagnosis.cause.code == "HD301"


def test_an_entry_about_a_crash_shows_nothing_of_the_evidence() -> None:
    assert "web" not in diagnose(_refused(), (BROKEN,)).crashed[0]


def test_where_every_rule_crashes_the_cause_is_not_known() -> None:
    assert diagnose(_refused(), (BROKEN,)).cause.code == "HD000"


def test_what_could_not_be_known_is_named_once_with_its_reason() -> None:
    found = b.evidence(
        ("one", b.FORBIDDEN),
        ("two", b.FORBIDDEN),
        trials=[b.not_asked(ALICE, "its token service is elsewhere")] * 2,
        ping=Unknown("no way to it"),
        harbor={"robot$x": b.view(Unknown("may not list robots")), "alice": b.view()},
    )
    assert diagnose(found).unknowns == (
        "Secret shop/one: no right to read Secrets in shop",
        "Secret shop/two: no right to read Secrets in shop",
        "registry: no way to it",
        "login alice: its token service is elsewhere",
        "robot robot$x: may not list robots",
    )


def test_a_service_account_matters_only_to_a_pod_without_a_list_of_its_own() -> None:
    unread = Unknown("may not")
    assert diagnose(b.evidence(service_account=unread)).unknowns == ("ServiceAccount default: may not",)
    assert diagnose(b.evidence(b.secret(), service_account=unread)).unknowns == ()


# Problems


def _problems(*found: Evidence) -> tuple[Problem, ...]:
    return group("lab", [diagnose(each) for each in found])


def _pod(found: Evidence, uid: str, minutes: int = 7, **fields) -> Evidence:
    created = b.NOW - timedelta(minutes=minutes)
    return replace(found, pull=replace(found.pull, pod=f"web-{uid}", pod_uid=uid, created=created, **fields))


def test_pods_with_the_same_cause_at_the_same_place_are_one_problem() -> None:
    (problem,) = _problems(_pod(_refused(), "b"), _pod(_refused(), "a"))
    assert problem.id == "HD301:shop/harbor-pull"
    assert [pull.pod for pull in problem.pulls] == ["web-a", "web-b"]


def test_every_pull_is_in_exactly_one_problem() -> None:
    worlds = [make(World(Random(f"{code} {n}"))) for code, make in FAULTS.items() for n in range(4)]
    worlds += [innocent(World(Random(n))) for n in range(20)]
    pods = [_pod(found, str(n)) for n, found in enumerate(worlds)]
    grouped = [pull.pod_uid for problem in _problems(*pods) for pull in problem.pulls]
    assert sorted(grouped, key=int) == [str(n) for n in range(len(worlds))]


def test_the_worst_problem_comes_first_then_the_oldest() -> None:
    no_secret = b.evidence(text=b.nothing_sent())
    missing = b.evidence(("gone", b.MISSING), text=b.nothing_sent())
    problems = _problems(
        _pod(_refused(), "1", minutes=5),
        _pod(no_secret, "2", minutes=90),
        _pod(missing, "3"),
        _pod(missing, "4"),
        _pod(missing, "4", container="second"),
    )
    assert [problem.code for problem in problems] == ["HD103", "HD101", "HD301"]


def test_several_containers_of_one_pod_do_not_make_it_worse_than_two_pods() -> None:
    one = [_pod(_refused(), "1", container=str(n)) for n in range(5)]
    two = [_pod(b.evidence(("gone", b.MISSING), text=b.nothing_sent()), uid) for uid in ("2", "3")]
    assert [problem.code for problem in _problems(*one, *two)] == ["HD103", "HD301"]


def test_a_problem_carries_its_rules_cause_word_stage_and_title() -> None:
    (problem,) = _problems(_refused())
    rule = by_code("HD301")
    assert rule is not None
    assert (problem.cause, problem.stage, problem.title) == ("bad_credentials", rule.stage, rule.title)


@pytest.mark.parametrize(("text", "word"), [
    ("", "unknown_ambiguous"),
    (b.unreached(b.IMAGE, "dial tcp 192.0.2.7:443: connect: no route to host"), "unknown_ambiguous"),
    ("unknown: adding 5 MiB of storage resource, which when updated to current usage of 9 GiB will exceed", "quota"),
])  # fmt: skip
def test_an_unknown_cause_takes_the_kubelets_word_only_where_that_is_proven(text: str, word: str) -> None:
    (problem,) = _problems(b.evidence(b.secret(), text=text))
    assert (problem.code, problem.cause) == ("HD000", word)


def test_a_bare_pod_is_its_own_problem_where_the_cause_is_not_known() -> None:
    found = b.evidence(b.secret(), fields={"owner": None})
    assert _problems(found)[0].id == "HD000:shop/web-7d9c"
    found = b.evidence(b.secret(), fields={"owner": Owner("StatefulSet", "db")})
    assert _problems(found)[0].id == "HD000:shop/db"


def test_a_login_that_was_not_asked_is_not_said_to_pass_because_nobody_is_served() -> None:
    """With a login in hand the kubelet never asks without one."""
    trials = [b.not_asked(ALICE, "its token service is elsewhere")]
    found = b.evidence(b.secret(b.entry("alice", "x")), trials=trials, anonymous=b.served(b.AMD64))
    assert "everything passes" not in sentence(diagnose(found))


def test_what_nobody_could_be_asked_is_named_though_a_login_was_answered() -> None:
    """Elsewhere than at Harbor a refused login ends the question: whether the image is public is not known then."""
    said = b.nobody(None, "the token service answered 503")
    asked = {"trials": [b.refused(b.login())], "anonymous": said, "ping": b.ping(harbor=False)}
    assert "registry: the token service answered 503" in diagnose(b.evidence(b.secret(), **asked)).unknowns


def test_what_needs_no_answer_is_not_named_as_missing() -> None:
    found = b.evidence(b.secret(), trials=[b.accepted(b.login(), b.served(), "pull")])
    assert found.anonymous.manifest is None
    assert diagnose(found).unknowns == ()


def test_the_sentence_of_an_unknown_cause_says_what_was_not_looked_at() -> None:
    text = sentence(diagnose(b.evidence(("harbor-pull", b.FORBIDDEN), trials=())))
    assert text == (
        f"Why {b.IMAGE} cannot be pulled is not known; the kubelet says nothing more; "
        "not looked at: Secret shop/harbor-pull: no right to read Secrets in shop."
    )


def test_braces_in_foreign_text_do_not_break_a_sentence() -> None:
    found = b.evidence(image="{{ .Values.image }}", reason="InvalidImageName", text="InvalidImageName")
    assert "{{ .Values.image }}" in sentence(diagnose(found))


def test_every_rule_is_found_by_its_code_in_any_letters() -> None:
    for rule in (*RULES, UNKNOWN):
        assert by_code(rule.code.lower()) is rule
    assert by_code("HD999") is None


def test_rules_are_pure(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same evidence gives the same finding, and no rule opens anything."""

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("a rule opened something")

    monkeypatch.setattr("builtins.open", forbidden)
    monkeypatch.setattr("socket.socket.connect", forbidden)
    for code, make in FAULTS.items():
        found = make(World(Random(code)))
        rule: Rule | None = by_code(code)
        assert rule is not None
        assert rule.examine(found) == rule.examine(found) is not None
