"""When one failed attempt is an answer, and when the kubelet has to try once more; pure."""

from dataclasses import replace

import pytest

from checks.model import ContainerKind, Pull
from checks.repair.probe.answer import Said, Seen
from checks.repair.probe.plan import ProbePlan, manifest
from checks.repair.probe.second import PATIENCE, Second
from checks.repair.sealed import Sealed
from tests import builders as b

Event = tuple[str, str, int]
PULL = Pull(
    cluster="prod", namespace="shop", pod="web-0", pod_uid="1", container="app", kind=ContainerKind.REGULAR,
    image=b.IMAGE, pull_secrets=("a",), service_account="web", node="node-1", phase="Pending",
)  # fmt: skip
UNSENT = Seen(Said.FAILS, "ErrImagePull", b.nothing_sent())
REFUSED = Seen(Said.FAILS, "ErrImagePull", b.unauthorized())
PENDING = Seen(None, why="node-1 is at it")


def backing_off(seen: Seen) -> Seen:
    return replace(
        seen, reason="ImagePullBackOff", text=f'Back-off pulling image "{b.IMAGE}": ErrImagePull: {seen.text}'
    )


def second(*events: Event, secrets: tuple[str, ...] = ("a",)) -> Second:
    spec = {"nodeName": "node-1", "imagePullSecrets": [{"name": name} for name in secrets]}
    return Second(ProbePlan("HD301:shop/a", PULL, Sealed(manifest(PULL, {"spec": spec}, 60)), 60), lambda: events)


def test_a_refused_login_is_an_answer_at_once() -> None:
    assert second().take(REFUSED, 0) is REFUSED


def test_no_login_sent_is_an_answer_at_once_where_the_pod_has_no_secret() -> None:
    assert second(secrets=()).take(UNSENT, 0) is UNSENT


def test_no_login_sent_for_a_pod_with_secrets_waits_for_the_second_attempt() -> None:
    waits = second()
    assert waits.take(UNSENT, 0) is None
    assert waits.take(backing_off(UNSENT), 5) is None
    assert waits.why == "node-1 failed once in a way that may be chance; waiting for its second attempt"
    assert waits.take(UNSENT, 11) is UNSENT


def test_a_second_attempt_that_goes_another_way_is_the_answer() -> None:
    for other in (REFUSED, Seen(Said.PULLS, "StartError")):
        waits = second()
        assert waits.take(UNSENT, 0) is None
        assert waits.take(other, 11) is other


def test_two_attempts_are_known_by_the_events_where_the_back_off_was_not_seen_to_end() -> None:
    failed = ("Failed", f'Failed to pull image "{b.IMAGE}": {UNSENT.text}')
    assert second((*failed, 1)).take(UNSENT, 0) is None
    assert second((*failed, 2)).take(UNSENT, 0) is UNSENT
    assert second((*failed, 1), (*failed, 1)).take(UNSENT, 0) is UNSENT


def test_patience_ends_and_a_first_attempt_is_better_than_nothing() -> None:
    waits = second()
    assert waits.take(backing_off(UNSENT), 0) is None
    assert waits.take(backing_off(UNSENT), PATIENCE) is not None
    late = second()
    assert late.take(UNSENT, 0) is None
    assert late.late(Seen(Said.UNKNOWN, why="time is up")) is UNSENT
    assert second().late(PENDING) is PENDING


def test_a_kubelet_that_keeps_the_cause_in_events_is_read_there() -> None:
    old = Seen(Said.FAILS, "ImagePullBackOff", f'Back-off pulling image "{b.IMAGE}"')
    told = f'Failed to pull image "{b.IMAGE}": {REFUSED.text}'
    taken = second(("Pulling", "Pulling image", 1), ("Failed", told, 1)).take(old, 0)
    assert taken is not None
    assert taken.text == told


@pytest.mark.parametrize("said", [Said.PULLS, Said.UNKNOWN])
def test_everything_else_that_is_final_is_taken_as_it_is(said: Said) -> None:
    seen = Seen(said)
    assert second().take(seen, 0) is seen
    assert second().take(PENDING, 0) is None
