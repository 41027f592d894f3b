"""What a probe pod's status says: the node pulled the image, or why not, or nothing yet. Pure, from the object alone.

Once a container fails *after* the image step (kuberuntime_container.go, startContainer), the image was pulled. With a
command that does not exist that is `StartError` (containerd) or `CreateContainerError` (CRI-O).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from checks.answers import Reading
from checks.complaint import read, sentence
from checks.imagestep import OTHER_REASONS, OVER, held_up
from checks.model import ObjectRef
from checks.repair.kinds import pull_list
from checks.repair.probe.plan import ALWAYS, CONTAINER, ProbePlan, image_of, policy_of
from checks.repair.steps import Body

_BEFORE = frozenset({"ContainerCreating", "PodInitializing"})
_LOST = "ContainerStatusUnknown"
"""What the kubelet writes for a container that it cannot account for, such as after activeDeadlineSeconds."""


class Said(StrEnum):
    """What the node said."""

    PULLS = "pulls"
    FAILS = "fails"
    UNKNOWN = "unknown"
    """It gave no answer; why is told."""


@dataclass(frozen=True, slots=True)
class Seen:
    """One look at the pod. `said` is None while there is no answer."""

    said: Said | None
    reason: str = ""
    text: str = ""
    """The node's own words."""
    why: str = ""
    """Where there is no answer: how far it is, or what is in the way."""


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    """The node's own answer."""

    said: Said
    sentence: str
    pod: ObjectRef
    node: str
    image: str
    secrets: tuple[str, ...]
    reason: str
    text: str
    """The node's own words; empty where it said nothing."""
    reading: Reading | None
    """The words of a failed pull, read."""
    at: datetime
    seconds: float
    """From the pod's creation to the answer."""
    notes: tuple[str, ...] = ()
    """What admission changed, and what could not be cleared away."""
    left: bool = False
    """The pod could not be deleted."""


def look(body: Body, node: str) -> Seen:
    """Return what the pod says now."""
    status = body.get("status") or {}
    mine: Body = next((s for s in status.get("containerStatuses") or () if s.get("name") == CONTAINER), {})
    state = mine.get("state") or {}
    waiting, ended = state.get("waiting") or {}, state.get("terminated") or {}
    reason, text = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if _after(reason) or _started(ended) or "running" in state or mine.get("imageID"):
        return Seen(Said.PULLS, reason or str(ended.get("reason") or ""), text or str(ended.get("message") or ""))
    if held_up(reason, text):
        return Seen(Said.FAILS, reason, text)
    if status.get("phase") in OVER:
        return _turned_away(status, node)
    if reason:
        return Seen(None, reason, text, f"{node} has taken the pod up and has not answered yet")
    taken = status.get("startTime") or mine
    return Seen(None, why=f"{node} is at it" if taken else f"the kubelet of {node} has not taken the pod up yet")


def _after(reason: str) -> bool:
    return reason in OTHER_REASONS and reason not in _BEFORE


def _started(ended: Body) -> bool:
    return bool(ended) and ended.get("reason") != _LOST


def _turned_away(status: Body, node: str) -> Seen:
    """Over without a container: the kubelet did not admit it, or its time was up (kubelet.go, canAdmitPod)."""
    reason, text = str(status.get("reason") or ""), str(status.get("message") or "")
    if reason == "DeadlineExceeded":
        return Seen(Said.UNKNOWN, reason, text, f"the pod's time was up before {node} had an answer")
    said = ": ".join(filter(None, (reason, text))) or "it says no more"
    return Seen(Said.UNKNOWN, reason, text, f"the kubelet of {node} turned the pod away: {said.rstrip('.')}")


def tried(messages: Iterable[tuple[str, str, int]]) -> tuple[int, str]:
    """Return how many failed attempts the events (reason, message, count) tell of, and the last one's words."""
    failed = [(text, count) for reason, text, count in messages if reason == "Failed" and "ailed to pull image" in text]
    return sum(count for _, count in failed), failed[-1][0] if failed else ""


def naming(names: tuple[str, ...]) -> str:
    """`for a pod that names Secret a`: whether the Secret is there, and serves the image, is the kubelet's to find."""
    if not names:
        return "for a pod without a pull Secret"
    return f"for a pod that names Secret{'s' * (len(names) > 1)} {', '.join(names)}"


def answered(
    plan: ProbePlan, stored: Body, seen: Seen, at: datetime, seconds: float, notes: tuple[str, ...], left: bool
) -> ProbeAnswer:
    """Put the answer into words. `stored`: the pod as admission made it, which is what the node was asked."""

    image, names = image_of(stored) or plan.image, tuple(filter(None, pull_list(stored.get("spec") or {})))
    reading = read(seen.text, seen.reason) if seen.said is Said.FAILS else None
    how = naming(names)
    if seen.said is Said.PULLS:
        words = f"{plan.node} pulls {image} now {how}."
    elif reading is not None:
        words = f"{plan.node} does not pull {image} now {how}. {sentence(reading)}"
    else:
        words = f"Not known: {seen.why}."
    said = seen.said or Said.UNKNOWN
    if said is Said.PULLS and policy_of(stored) != ALWAYS:
        said, words = Said.UNKNOWN, f"Not known: admission changed the pull policy, so {plan.node} may not have pulled."
    return ProbeAnswer(
        said, words, plan.ref, plan.node, image, names, seen.reason, seen.text, reading, at, seconds, notes, left
    )
