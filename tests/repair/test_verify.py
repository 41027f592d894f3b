"""Mended means that the pods have pulled."""

from collections.abc import Callable

from checks.repair.plan import Outcome, Progress
from checks.repair.verify import Clock, PodLook, sentence, wait

APPLIED = Outcome(True, None, "r1", "written")


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: self.now, self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds


def looks(*rounds: tuple[PodLook, ...]) -> Callable[[], tuple[PodLook, ...]]:
    left = list(rounds)
    return lambda: left.pop(0) if len(left) > 1 else left[0]


GOOD = PodLook("shop/a", True)
WAITS = PodLook("shop/b", None)
FAILED = PodLook("shop/b", False, "ImagePullBackOff: 401")


def test_it_waits_until_every_pod_has_pulled() -> None:
    time = Time()
    told: list[Progress] = []
    outcome = wait(APPLIED, looks((GOOD, WAITS), (GOOD, FAILED), (GOOD, GOOD)), 60, time.clock(), told.append)
    assert outcome.mended is True
    assert outcome.receipt == "r1"
    assert outcome.sentence == "2 of 2 pods have pulled"
    assert outcome.waiting == ()
    assert [p.done for p in told] == [1, 1, 2]


def test_pods_that_failed_again_until_the_end_are_not_mended_and_say_why() -> None:
    outcome = wait(APPLIED, looks((GOOD, FAILED)), 5, Time().clock())
    assert outcome.mended is False
    assert outcome.sentence == "1 of 2 pods have pulled, 1 failed again"
    assert outcome.waiting == ("shop/b: ImagePullBackOff: 401",)


def test_pods_that_were_not_tried_again_are_not_known() -> None:
    time = Time()
    outcome = wait(APPLIED, looks((GOOD, WAITS)), 5, time.clock())
    assert outcome.mended is None
    assert outcome.waiting == ("shop/b: not tried again yet",)
    assert time.now == 5


def test_no_pods_at_all_are_no_success() -> None:
    outcome = wait(APPLIED, looks(()), 3, Time().clock())
    assert outcome.mended is None
    assert "gone" in outcome.sentence


def test_it_stops_at_once_when_told_to() -> None:
    time = Time()
    wait(APPLIED, looks((WAITS,)), 60, time.clock(), stopped=lambda: True)
    assert time.now == 0


def test_what_it_says_adds_up() -> None:
    assert sentence((GOOD, FAILED, WAITS, WAITS)) == "1 of 4 pods have pulled, 1 failed again, 2 wait"
