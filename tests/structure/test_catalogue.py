"""The catalogue of rules: whoever adds one and forgets a part of it is told here."""

import string
from pathlib import Path

import pytest

from checks.model import Stage
from checks.rules import RULES, UNKNOWN, by_code
from checks.rules.base import Rule
from tests.rules.worlds import FAULTS
from tests.structure import source

FAMILIES = {
    Stage.REFERENCE: "HD0",
    Stage.WIRING: "HD1",
    Stage.NETWORK: "HD2",
    Stage.TLS: "HD2",
    Stage.LOGIN: "HD3",
    Stage.PERMISSION: "HD4",
    Stage.ARTIFACT: "HD5",
    Stage.POLICY: "HD6",
    Stage.NODE: "HD7",
}
CAUSES = frozenset(
    {
        "bad_credentials",
        "connection_refused",
        "connection_reset",
        "corrupt_layer",
        "disk_full",
        "dns",
        "http_vs_https",
        "invalid_image_name",
        "never_pull",
        "no_credentials",
        "no_permission",
        "not_found_project",
        "not_found_repository",
        "not_found_tag",
        "platform_mismatch",
        "policy_other",
        "policy_signature",
        "policy_vulnerability",
        "proxy",
        "rate_limited",
        "registry_5xx",
        "secret_malformed",
        "secret_missing",
        "short_name",
        "timeout",
        "tls_expired",
        "tls_hostname",
        "tls_unknown_ca",
        "token_service_failure",
        "unknown_ambiguous",
        "unsupported_format",
    }
)
"""The published cause words that a rule may carry."""

TESTED = source.ROOT / "tests" / "rules"
every_rule = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.code)


def _file(rule: Rule) -> Path:
    return Path(rule.examine.__code__.co_filename)


def test_codes_are_unique_well_formed_and_in_order() -> None:
    codes = [rule.code for rule in RULES]
    assert len(set(codes)) == len(codes)
    assert all(len(code) == 5 and code[:2] == "HD" and code[2:].isdigit() for code in codes)
    assert codes == sorted(codes)
    assert (UNKNOWN.code, UNKNOWN.cause) == ("HD000", "unknown_ambiguous")


def test_every_file_in_a_stages_folder_is_in_the_tuple() -> None:
    there = {p for stage in Stage for p in (source.ROOT / "checks" / "rules" / stage).glob("[a-z]*.py")}
    assert {_file(rule) for rule in RULES} == there


@every_rule
def test_a_rule_has_the_family_and_folder_of_its_stage(rule: Rule) -> None:
    assert rule.code.startswith(FAMILIES[rule.stage])
    assert _file(rule).parent.name == rule.stage


@every_rule
def test_a_rule_has_a_manual_with_its_three_parts(rule: Rule) -> None:
    lines = rule.manual.strip().splitlines()
    assert lines[0].endswith(".")
    parts = [line.partition(":")[0] for line in lines if line.startswith(("What:", "Why it matters:", "What to do:"))]
    assert parts == ["What", "Why it matters", "What to do"]


@every_rule
def test_a_rules_words_are_short_and_fit_their_places(rule: Rule) -> None:
    assert 0 < len(rule.title) <= 24
    assert rule.title == rule.title.strip().rstrip(".")
    assert rule.sentence.endswith(".")
    assert all(name for _, name, _, _ in string.Formatter().parse(rule.sentence) if name is not None)
    assert rule.cause in CAUSES


@every_rule
def test_a_rules_plans_exist_and_end_in_advice(rule: Rule) -> None:
    from checks.repair.plans import PLANS

    assert set(rule.plans) <= set(PLANS)
    assert rule.plans[-1] == "advice"


@every_rule
def test_a_rule_has_a_scenario_in_the_demo(rule: Rule) -> None:
    from checks.demo.scenarios import SCENARIOS

    assert rule.code in {scenario.code for scenario in SCENARIOS}


def test_the_demo_promises_no_code_that_does_not_exist() -> None:
    from checks.demo.scenarios import SCENARIOS

    assert [s.code for s in SCENARIOS if by_code(s.code) is None] == []


@every_rule
def test_a_rule_has_tests_of_its_own_and_a_random_fault(rule: Rule) -> None:
    texts = [path.read_text() for path in TESTED.glob("test_*_rules.py")]
    assert any(f'"{rule.code}"' in text for text in texts)
    assert rule.code in FAULTS
