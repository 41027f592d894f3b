"""Evidence → Diagnosis → Problem: every failing pull ends in exactly one problem."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from checks.answers import Reading
from checks.facts import Knows, Trial, Unknown
from checks.model import (
    Diagnosis,
    Evidence,
    Finding,
    Problem,
    Pull,
    Stage,
    Subject,
)
from checks.path import walk
from checks.rules import RULES, UNKNOWN, by_code
from checks.rules.base import Rule
from checks.rules.unknown import not_looked
from checks.samelogin import Rows, joined


def diagnose(evidence: Evidence, rules: Sequence[Rule] = RULES) -> Diagnosis:
    """Return the diagnosis of one pull: all findings in causal order, or HD000 with what could not be known.

    A rule that fails on this evidence becomes an entry of `crashed`, never a dead run.
    """
    found: list[tuple[int, Finding]] = []
    crashed: list[str] = []
    for rule in rules:
        try:
            finding = rule.examine(evidence)
        except Exception as error:
            crashed.append(f"{rule.code}: {type(error).__name__}")
            continue
        if finding is not None:
            found.append((rule.order, finding))
    found.sort(key=lambda pair: pair[0])
    findings = _without_explained([finding for _, finding in found])
    cause = findings[0] if findings else _not_known(evidence)
    behind = tuple(findings[1:])
    return Diagnosis(evidence, cause, behind, not_looked(evidence), tuple(crashed), walk(evidence, cause, behind))


def broken(pull: Pull, why: str) -> Diagnosis:
    """Return HD000 for a pull that could not be looked at at all, with what failed."""
    nothing = Unknown(why)
    evidence = Evidence(
        pull=pull,
        gathered=datetime.now(UTC),
        image=None,
        image_error="",
        reading=Reading("unknown_ambiguous", confidence="none"),
        secrets=(),
        keyring=nothing,
        service_account=nothing,
        ping=nothing,
        trials=(),
        anonymous=Trial(None, Knows.UNKNOWN, why),
        node=nothing,
        secret_names=nothing,
    )
    cause = _not_known(evidence)
    return Diagnosis(evidence, cause, (), (why,), (why,), walk(evidence, cause, ()))


def _without_explained(findings: list[Finding]) -> list[Finding]:
    """Drop what a more exact finding says already."""
    rules = [rule for finding in findings if (rule := by_code(finding.code)) is not None]
    explained = {code for rule in rules for code in rule.explains}
    return [finding for finding in findings if finding.code not in explained]


def _not_known(evidence: Evidence) -> Finding:
    finding = UNKNOWN.examine(evidence)
    assert finding is not None
    return finding


def group(cluster: str, diagnoses: Iterable[Diagnosis]) -> tuple[Problem, ...]:
    """Return the problems, worst first: most pods, then the oldest, then by id.

    A wiring fault at one Secret or ServiceAccount that breaks pulls from two registries is two problems: each has a
    cure of its own. Their ids differ by what stands behind `@`. One dead login in several Secrets is one problem.
    """
    rows: Rows = {}
    for diagnosis in diagnoses:
        cause = diagnosis.cause
        rows.setdefault((cause.code, cause.subject, _registry(diagnosis)), []).append(diagnosis)
    rows = joined(rows)
    same = Counter((code, str(subject)) for code, subject, _ in rows)
    problems = [
        _problem(cluster, subject, members, (registry or subject.kind) if same[code, str(subject)] > 1 else "")
        for (code, subject, registry), members in rows.items()
    ]
    return worst_first(problems)


def worst_first(problems: Iterable[Problem]) -> tuple[Problem, ...]:
    """Return problems in the order of the list: most pods, then the oldest, then by id."""
    return tuple(sorted(problems, key=_badness))


def _registry(diagnosis: Diagnosis) -> str:
    rule, image = by_code(diagnosis.cause.code), diagnosis.evidence.image
    return image.registry if rule is not None and rule.stage is Stage.WIRING and image is not None else ""


def _problem(cluster: str, subject: Subject, found: list[Diagnosis], apart: str) -> Problem:
    members = sorted(found, key=_place)
    cause = members[0].cause
    rule = by_code(cause.code)
    assert rule is not None
    return Problem(
        cluster=cluster,
        code=cause.code,
        subject=subject,
        stage=rule.stage,
        title=rule.title,
        cause=_cause_word(rule, members[0]),
        sentence=sentence(_naming_all(members)),
        diagnoses=tuple(members),
        apart=apart,
    )


def _naming_all(members: list[Diagnosis]) -> Diagnosis:
    """The first diagnosis, with how many Secrets more there are where its cause names one and others name others."""
    first = members[0]
    secrets = {member.cause.params.get("secret", "") for member in members}
    if len(secrets) == 1 or "" in secrets:
        return first
    named = f"{first.cause.params['secret']} and {len(secrets) - 1} more"
    return replace(first, cause=replace(first.cause, params={**first.cause.params, "secret": named}))


def _place(diagnosis: Diagnosis) -> tuple[str, str, str]:
    """Pulls stand in this order, and the first speaks for all: not the one whose thread was done first."""
    return diagnosis.pull.namespace, diagnosis.pull.pod, diagnosis.pull.container


def _cause_word(rule: Rule, diagnosis: Diagnosis) -> str:
    """The rule's word; for HD000 the kubelet's, where its text proves one that no rule covers."""
    reading = diagnosis.evidence.reading
    if rule is UNKNOWN and reading.confidence == "proven":
        return reading.cause
    return rule.cause


def sentence(diagnosis: Diagnosis) -> str:
    """Return the verdict, with what stands behind it."""
    rule = by_code(diagnosis.cause.code)
    assert rule is not None
    text = rule.render(diagnosis.cause)
    for finding in diagnosis.behind[:1]:
        other = by_code(finding.code)
        assert other is not None
        text += f" And then: {_lower_first(other.render(finding))}"
    return text


def _lower_first(text: str) -> str:
    first, _, rest = text.partition(" ")
    return f"{first.lower()} {rest}" if first in {"The", "In", "No", "A", "Why"} else text


def _badness(problem: Problem) -> tuple[int, float, str]:
    created = [pull.created.timestamp() for pull in problem.pulls if pull.created]
    return (-len({pull.pod_uid for pull in problem.pulls}), min(created, default=0.0), problem.id)
