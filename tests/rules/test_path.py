"""The path of a pull as it is shown: every stage once, in order, and no stage said to pass that nobody looked at."""

from random import Random

import pytest

from checks.diagnose import diagnose
from checks.facts import Break, Unknown
from checks.model import Evidence, Passed, Stage
from checks.rules import by_code
from tests import builders as b
from tests.rules.worlds import FAULTS, World

OK, BROKEN, NOT_REACHED, UNKNOWN = Passed.OK, Passed.BROKEN, Passed.NOT_REACHED, Passed.UNKNOWN


def _path(found: Evidence) -> dict[Stage, Passed]:
    return {state.stage: state.passed for state in diagnose(found).path}


@pytest.mark.parametrize("code", FAULTS)
def test_every_stage_is_shown_once_in_order_and_the_stage_at_fault_is_broken(code: str) -> None:
    diagnosis = diagnose(FAULTS[code](World(Random(code))))
    assert [state.stage for state in diagnosis.path] == list(Stage)
    rule = by_code(diagnosis.cause.code)
    assert rule is not None
    broken = {state.stage: state.text for state in diagnosis.path if state.passed is BROKEN}
    assert broken[rule.stage] == rule.title


def test_a_good_pull_passes_all_stages_but_the_node_which_nobody_asked() -> None:
    path = _path(b.evidence(b.secret()))
    assert path.pop(Stage.NODE) is UNKNOWN
    assert set(path.values()) == {OK}


@pytest.mark.parametrize(
    ("broken", "network"), [(Break.TLS_UNKNOWN_CA, OK), (Break.PLAIN_HTTP, OK), (Break.REFUSED, UNKNOWN)]
)
def test_what_fails_at_tls_has_got_through_the_network(broken: Break, network: Passed) -> None:
    nobody = b.nobody(None, "no answer")
    path = _path(b.evidence(b.secret(), trials=(), anonymous=nobody, ping=b.ping(broken=broken)))
    assert (path[Stage.NETWORK], path[Stage.TLS]) == (network, UNKNOWN)


def test_after_a_refused_login_the_rest_is_not_reached() -> None:
    path = _path(
        b.evidence(
            b.secret(b.entry("alice", "old")), text=b.unauthorized(), trials=[b.refused(b.login("alice", "old"))]
        )
    )
    assert path == {
        Stage.REFERENCE: OK,
        Stage.WIRING: OK,
        Stage.NETWORK: OK,
        Stage.TLS: OK,
        Stage.LOGIN: BROKEN,
        Stage.PERMISSION: NOT_REACHED,
        Stage.ARTIFACT: NOT_REACHED,
        Stage.POLICY: NOT_REACHED,
        Stage.NODE: NOT_REACHED,
    }


def test_a_secret_that_may_not_be_read_leaves_the_wiring_not_known() -> None:
    path = _path(b.evidence(("harbor-pull", b.FORBIDDEN), trials=()))
    assert (path[Stage.WIRING], path[Stage.LOGIN], path[Stage.NETWORK]) == (UNKNOWN, UNKNOWN, OK)
    assert BROKEN not in path.values()


def test_a_registry_that_was_not_asked_is_not_said_to_answer() -> None:
    blind = {"ping": Unknown("not asked"), "anonymous": b.nobody(None, "not asked")}
    path = _path(b.evidence(b.secret(), trials=[b.not_asked(b.login(), "not asked")], **blind))
    assert {path[stage] for stage in (Stage.NETWORK, Stage.TLS, Stage.LOGIN, Stage.ARTIFACT)} == {UNKNOWN}


def test_a_stage_behind_the_cause_that_is_broken_too_is_shown_so() -> None:
    found = b.evidence(
        b.secret(b.entry("alice", "old")),
        text=b.unauthorized(),
        trials=[b.refused(b.login("alice", "old"), b.no_project())],
        anonymous=b.no_project(),
    )
    path = _path(found)
    assert (path[Stage.ARTIFACT], path[Stage.LOGIN]) == (BROKEN, BROKEN)


def test_a_missing_tag_shows_a_login_that_may_pull() -> None:
    found = b.evidence(b.secret(), text=b.not_found(), trials=[b.accepted(b.login(), b.no_tag(), "pull")])
    path = _path(found)
    assert (path[Stage.LOGIN], path[Stage.PERMISSION], path[Stage.ARTIFACT]) == (OK, OK, BROKEN)
    assert path[Stage.POLICY] is NOT_REACHED


def test_a_node_cut_off_from_a_registry_that_answers_here_keeps_what_was_measured() -> None:
    text = b.unreached(b.IMAGE, "tls: failed to verify certificate: x509: certificate signed by unknown authority")
    path = _path(b.evidence(b.secret(), text=text))
    assert (path[Stage.TLS], path[Stage.NETWORK], path[Stage.ARTIFACT]) == (BROKEN, OK, OK)
