"""The watch is broken in every way, again and again, while the cluster moves on: is the list right afterwards?"""

import threading
import time
from collections.abc import Iterator

from checks.doctor import Doctor
from checks.model import PullKey
from tests.bench.asking import settings_from
from tests.bench.figures import Figure
from tests.bench.ground import Ground

BREAKS = 20
_TURNED = 30
"""Pods that change with each break."""
_PATIENCE = 90.0
_WAYS = ("cut", "cut", "expire", "restart")


def play(ground: Ground, _runs: int) -> Iterator[Figure]:
    """Yield how often the followed list came to equal a fresh one."""
    stop, doctor = threading.Event(), Doctor(settings_from(ground.environment))
    try:
        followed = _Followed(doctor, stop)
        took = [_break(ground, doctor, followed, number) for number in range(BREAKS)]
    finally:
        stop.set()
        doctor.close()
    good = [seconds for seconds in took if seconds is not None]
    never = "".join(f"; not after {_WAYS[n % len(_WAYS)]} {n + 1}" for n, seconds in enumerate(took) if seconds is None)
    text = f"{len(good)} of {BREAKS} (slowest after {max(good, default=0.0):.1f} s{never})"
    name = f"watch cut, expired (410), server started again, {BREAKS} times in a row: the list equals a fresh one"
    yield Figure(name, text, f"{BREAKS} of {BREAKS}", len(good) == BREAKS)


class _Followed:
    """What the doctor says is failing, as it follows the cluster."""

    def __init__(self, doctor: Doctor, stop: threading.Event) -> None:
        self._doctor, self._stop = doctor, stop
        self.report = doctor.look(stop, None)
        threading.Thread(target=self._follow, daemon=True).start()

    @property
    def failing(self) -> frozenset[PullKey]:
        """What is listed now."""
        return frozenset(pull.key for problem in self.report.problems for pull in problem.pulls)

    def _follow(self) -> None:
        for report, _ in self._doctor.follow(self.report, self._stop):
            self.report = report


def _break(ground: Ground, doctor: Doctor, followed: _Followed, number: int) -> float | None:
    """Break the watch and change pods meanwhile; returns the seconds until the lists are equal, None for never."""
    way, began = _WAYS[number % len(_WAYS)], time.monotonic()
    if way == "cut":
        ground.control.proxy.cut()
    _turn(ground, number)
    if way == "expire":
        ground.cluster.server.compact()
    if way != "cut":
        ground.control.restart()
    fresh = _fresh(doctor)
    assert len(fresh) == _expected(ground, number), (len(fresh), way)
    while followed.failing != fresh:
        if time.monotonic() - began > _PATIENCE:
            return None
        time.sleep(0.1)
    return time.monotonic() - began


def _turn(ground: Ground, number: int) -> None:
    """Some pods recover and as many begin to fail, so that a list that has missed one of both is wrong."""
    recovering = range(0, 2 * _TURNED, 2)
    others = range(ground.crowd.failing, ground.crowd.failing + 4 * _TURNED, 2)
    turned = [*((pod, number % 2 == 1) for pod in recovering), *((pod, number % 2 == 0) for pod in others)]
    # One by one: no two objects of a real cluster have one resourceVersion.
    ground.store.put_in_order((ground.patterns.pod(pod, failing=failing) for pod, failing in turned), len(turned))


def _expected(ground: Ground, number: int) -> int:
    return ground.crowd.failing + (_TURNED if number % 2 == 0 else 0)


def _fresh(doctor: Doctor) -> frozenset[PullKey]:
    *_, scan = doctor.find(threading.Event())
    assert scan.complete, scan.not_looked
    return frozenset(pull.key for pull in scan.pulls)
