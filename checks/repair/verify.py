"""Waits until the pods have pulled: nothing less counts as mended. Looks only through what it is handed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from checks.repair.plan import Outcome, Progress

PERIOD = 1.0
"""Seconds between two looks."""


@dataclass(frozen=True, slots=True)
class PodLook:
    """What became of one pod, or of the pods that took its place."""

    name: str
    """`namespace/pod`."""
    pulled: bool | None
    """True: every image is there. False: the kubelet tried again after the repair and failed. None: not tried yet."""
    says: str = ""
    """What the kubelet says now."""
    moot: bool = False
    """It is gone, and its owner wants none in its place any more: nothing is to be waited for."""


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and sleep, handed in so that a test need not wait."""

    now: Callable[[], float]
    """Seconds, monotonic."""
    sleep: Callable[[float], None]


def wait(
    outcome: Outcome,
    look: Callable[[], Sequence[PodLook]],
    timeout: float,
    clock: Clock,
    on_progress: Callable[[Progress], None] = lambda _: None,
    stopped: Callable[[], bool] = lambda: False,
) -> Outcome:
    """Look until every pod has pulled, `timeout` seconds have passed or `stopped` says so; return the outcome with it.

    `mended` is True when all have pulled that are still wanted; False when at the end every pod that waits has failed
    again since the repair; None while some were not tried again. No pods at all are not a success: then it stays None.
    """
    deadline = clock.now() + timeout
    while True:
        pods = tuple(look())
        on_progress(Progress("verifying", sentence(pods), sum(p.pulled is True for p in pods), len(pods)))
        over = bool(pods) and all(pod.pulled or pod.moot for pod in pods)
        if over or clock.now() >= deadline or stopped():
            return _judged(outcome, pods)
        clock.sleep(min(PERIOD, max(0.0, deadline - clock.now())))


def _judged(outcome: Outcome, pods: tuple[PodLook, ...]) -> Outcome:
    waiting = tuple(pod for pod in pods if not pod.pulled and not pod.moot)
    mended: bool | None = None
    if any(pod.pulled for pod in pods) and not waiting:
        mended = True
    elif waiting and all(pod.pulled is False for pod in waiting):
        mended = False
    lines = tuple(f"{pod.name}: {pod.says or 'not tried again yet'}" for pod in waiting)
    return replace(outcome, mended=mended, sentence=sentence(pods), waiting=lines)


def sentence(pods: Sequence[PodLook]) -> str:
    """Say how far it is: `28 of 31 pods have pulled, 3 wait`."""
    if not pods:
        return "The pods are gone, and no new ones have come yet"
    moot = sum(pod.moot for pod in pods)
    of = len(pods) - moot
    if not of:
        return f"The pods are gone: {next(pod.says for pod in pods if pod.moot)}"
    good = sum(pod.pulled is True for pod in pods)
    failed = sum(pod.pulled is False for pod in pods)
    waiting = of - good - failed
    parts = [f"{failed} failed again"] * bool(failed) + [f"{waiting} wait"] * bool(waiting)
    parts += [f"{moot} not wanted any more"] * bool(moot)
    return ", ".join([f"{good} of {of} pods have pulled", *parts])
