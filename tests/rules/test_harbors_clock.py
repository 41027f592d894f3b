"""What Harbor's records say has ended is judged by Harbor's clock: this machine's may be wrong, and is named then."""

from dataclasses import replace
from datetime import timedelta

import pytest

from checks.diagnose import sentence
from checks.facts import Exchange, Fact, ProjectView
from checks.model import Evidence
from checks.records import Policy
from tests import builders as b

YESTERDAY = "expired 1 day ago, on Monday 2026-11-23 12:00 UTC"


def answered(ahead: float | None, host: str = b.HOST) -> Exchange:
    """An answer of a server whose clock is so many days ahead; None: it tells none."""
    clock = None if ahead is None else b.NOW + timedelta(days=ahead)
    return replace(b.exchange(None, 401, 0.0, host), clock=clock)


def expiring(days: float, *ahead: float | None, cluster: float | None = None) -> Evidence:
    """A refused robot that ends in `days` by our clock; `ahead`: days of Harbor's clock, one for each answer."""
    trial = b.refused(b.login())
    known = {} if cluster is None else {"cluster_ahead": Fact(timedelta(days=cluster), "Date", b.NOW)}
    return b.evidence(
        b.secret(), text=b.unauthorized(), trials=[replace(trial, exchanges=(*trial.exchanges, *map(answered, ahead)))],
        harbor={b.ROBOT: b.view(b.robot(days=days))}, **known,
    )  # fmt: skip


@pytest.mark.parametrize(("days", "ahead"), [(-1, (-3,)), (-1, (0, -3)), (-1, (-3, None)), (1, (0,)), (2, (1.9,))])
def test_a_robot_that_lasts_by_harbors_clock_is_not_called_expired(named, days, ahead) -> None:
    named(expiring(days, *ahead), "HD301", "shop/harbor-pull")


@pytest.mark.parametrize(("days", "ahead", "said"), [
    (-1, (0,), YESTERDAY),
    (-1, (0.001, 0), YESTERDAY),
    (2, (3,), "expired 1 day ago, on Thursday 2026-11-26 12:00 UTC, by the registry's clock"),
    (-1, (2,), "expired 3 days ago, on Monday 2026-11-23 12:00 UTC"),
])  # fmt: skip
def test_a_robot_that_expired_by_harbors_clock_is_and_the_clock_is_named_where_ours_says_no(
    named, days, ahead, said
) -> None:
    assert named(expiring(days, *ahead), "HD302", "shop/harbor-pull").cause.params["detail"] == said


def test_the_clock_of_another_host_is_not_taken_for_harbors(named) -> None:
    found = expiring(-1, cluster=0)
    found = replace(found, trials=(replace(found.trials[0], exchanges=(answered(-30, "token.example.com"),)),))
    assert named(found, "HD302", "shop/harbor-pull").cause.params["detail"] == YESTERDAY


def test_without_harbors_clock_the_only_one_is_named_two_that_agree_are_not_and_two_that_differ_say_nothing(
    named,
) -> None:
    alone = named(expiring(-1), "HD302", "shop/harbor-pull").cause.params["detail"]
    assert alone == f"{YESTERDAY}, by this machine's clock"
    assert named(expiring(-1, cluster=0), "HD302", "shop/harbor-pull").cause.params["detail"] == YESTERDAY
    named(expiring(-1, cluster=-3), "HD301", "shop/harbor-pull")
    named(expiring(1, cluster=3), "HD301", "shop/harbor-pull")


@pytest.mark.parametrize(("ahead", "said"), [
    (0, "; the project's CVE allowlist ended 1 day ago, on Monday 2026-11-23 12:00 UTC."), (-3, "high or higher."),
])  # fmt: skip
def test_an_allowlist_has_ended_where_harbors_clock_says_so(named, ahead, said) -> None:
    ended = b.NOW - timedelta(days=1)
    policy = Policy(severity="high", own_allowlist=True, allowlist=("CVE-1",), allowlist_until=ended)
    ping, project = b.ping(), Fact(ProjectView(False, policy=policy), "API", b.NOW)
    found = b.evidence(
        b.secret(), text=b.answered(b.IMAGE, "412 Precondition Failed"), project=project,
        trials=(b.accepted(b.login(), b.VULNERABLE, "pull"),),
        ping=replace(ping, value=replace(ping.value, exchange=answered(ahead))),
    )  # fmt: skip
    assert sentence(named(found, "HD601", b.IMAGE)).endswith(said)
