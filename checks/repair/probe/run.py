"""Runs a probe: dry run, pod, answer, and the pod is deleted whatever happens in between."""

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from checks.errors import Conflict, DoctorError, Forbidden, Interrupted, NotFound, Refused, Unauthenticated
from checks.repair.audit import Audit
from checks.repair.kinds import pull_list
from checks.repair.plan import Progress
from checks.repair.probe.answer import ProbeAnswer, Said, Seen, answered, look
from checks.repair.probe.hands import Hands, PodHands
from checks.repair.probe.leftovers import Notes
from checks.repair.probe.plan import ALWAYS, CONTAINER, ProbePlan, image_of, is_probe_pod, policy_of
from checks.repair.probe.second import Second
from checks.repair.steps import NOT_WRITTEN, Body
from checks.repair.verify import Clock

PERIOD = 0.5
"""Seconds between two looks."""
PAUSES = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds before each try to delete the pod."""
_KEPT = ("nodeName", "restartPolicy")
"""With another node the answer is another's; restarted, the pod would never end."""


def rehearse(plan: ProbePlan, hands: PodHands) -> tuple[str, ...]:
    """Let the API server say whether it would take the pod, and return what its admission would change.

    Raises Refused where that makes another question of it, and ClusterError where it is refused.
    """
    return changed(plan, hands.create(plan.ref, plan.manifest, dry_run=True))


def changed(plan: ProbePlan, stored: Body) -> tuple[str, ...]:
    """Say what admission made of the pod: another image or other Secrets, containers that were put in."""
    wanted, got = plan.manifest["spec"], stored.get("spec") or {}
    mine: Body = next((c for c in got.get("containers") or () if c.get("name") == CONTAINER), {})
    lost = [key for key in _KEPT if got.get(key) != wanted[key]]
    lost += ["the pull policy"] if policy_of(stored) != ALWAYS else []
    if lost or mine.get("command") != wanted["containers"][0]["command"]:
        what = ", ".join(lost) or "the command"
        raise Refused(f"admission changes {what} of the probe pod, so it would not be the pod that was shown")
    said = []
    if image_of(stored) != plan.image:
        said.append(f"Admission changes the image to {image_of(stored)}.")
    if pull_list(got) != pull_list(wanted):
        said.append(f"Admission changes the pull Secrets to {', '.join(filter(None, pull_list(got))) or 'none'}.")
    names = [str(c.get("name")) for key in ("initContainers", "containers") for c in got.get(key) or ()]
    if more := [name for name in names if name != CONTAINER]:
        said.append(f"Admission adds {', '.join(more)}, which may run until the pod is deleted.")
    return tuple(said)


@dataclass(slots=True)
class ProbeRun:
    """One probe, from the dry run to its end."""

    plan: ProbePlan
    hands: Hands
    notes: Notes
    clock: Clock
    stop: threading.Event
    on_progress: Callable[[Progress], None] = lambda _: None
    audit: Audit | None = None
    wall: Callable[[], datetime] = lambda: datetime.now(UTC)
    _stored: Body = field(default_factory=dict)
    _uid: str = ""
    _said: str = ""

    def run(self) -> ProbeAnswer:
        """Ask the node. Raises ClusterError or Refused where the pod was not made, Interrupted before that."""
        if self.plan.why_not:
            raise Refused(f"{self.plan.title}: {self.plan.why_not}")
        self._tell("checking", "Asking the API server whether it would take the pod")
        noted = rehearse(self.plan, self.hands)
        if self.stop.is_set():
            raise Interrupted("stopped on request: no pod was made")
        held = self.notes.hold(self.plan.ref)
        left = "not known"
        try:
            began = self._create()
            seen = self._await(began)
            at, spent = self.wall(), self.clock.now() - began
        except DoctorError as error:
            left = self._remove() if self._uid or not isinstance(error, NOT_WRITTEN) else ""
            if not left:
                raise
            raise type(error)(f"{error}; {left}") from None
        finally:
            # Whatever else ends this (a bug, the interpreter going down) must not leave a pod either.
            left = self._remove() if left == "not known" else left
            (held.release if left else held.drop)()
        notes = (*noted, *([left] if left else []))
        return answered(self.plan, self._stored or self.plan.manifest, seen, at, spent, notes, bool(left))

    def _create(self) -> float:
        self._tell("creating", f"Creating {self.plan.ref}")
        began = self.clock.now()
        try:
            self._stored = self.hands.create(self.plan.ref, self.plan.manifest)
        except NOT_WRITTEN as error:
            self._note("create", None, None, type(error).__name__)
            raise
        except DoctorError as error:
            self._stored = self._after_all(error)
        self._uid = str(self._stored["metadata"]["uid"])
        self._note("create", None, self._stored, "written")
        return began

    def _after_all(self, error: DoctorError) -> Body:
        """The answer to the creation was lost: was the request? Else raises `error`."""
        try:
            there = self.hands.read(self.plan.ref)
        except DoctorError:
            there = None
        if there is None:
            raise error from None
        return there

    def _await(self, began: float) -> Seen:
        """Look until there is an answer, time is up or `stop` is set."""
        deadline, second = began + self.plan.seconds, Second(self.plan, self._events)
        while True:
            seen = self._look()
            done = second.take(seen, self.clock.now())
            if done is not None:
                return done
            if self.stop.is_set():
                return second.late(Seen(Said.UNKNOWN, why="stopped on request"))
            if self.clock.now() >= deadline:
                return second.late(self._late(seen))
            self._tell("waiting", second.why or seen.why)
            self.clock.sleep(min(PERIOD, max(0.0, deadline - self.clock.now())))

    def _look(self) -> Seen:
        try:
            body = self.hands.read(self.plan.ref)
        except (Forbidden, Unauthenticated) as error:
            return Seen(Said.UNKNOWN, why=str(error).rstrip("."))
        except DoctorError as error:
            return Seen(None, why=str(error).rstrip("."))
        if body is None or str(body["metadata"]["uid"]) != self._uid:
            return Seen(Said.UNKNOWN, why="the probe pod was deleted by somebody else before the node had answered")
        return look(body, self.plan.node)

    def _late(self, seen: Seen) -> Seen:
        """Time is up: what was in the way, by the pod's last warning where there is one."""
        warned = [text for reason, text, _ in self._events() if reason.startswith("Failed")]
        last = f" ({warned[-1].rstrip('.')})" if warned else ""
        return Seen(Said.UNKNOWN, seen.reason, seen.text, f"after {self.plan.seconds:g} s {seen.why}{last}")

    def _events(self) -> tuple[tuple[str, str, int], ...]:
        """Reason, message and count of each event of the pod; none where they may not be read."""
        try:
            found = self.hands.events(self._uid, self.plan.ref.namespace)
            return tuple((e.reason, e.message, e.count or 1) for e in found)
        except DoctorError:
            return ()

    def _remove(self) -> str:
        """Delete the pod; returns why it may still be there, or nothing. Tried again while the server fails."""
        # A screen that is gone already must not keep the pod alive.
        with contextlib.suppress(Exception):
            self._tell("deleting", f"Deleting {self.plan.ref}")
        why = ""
        for pause in PAUSES:
            if pause:
                # Not cut short by `stop`: leaving waits for this.
                threading.Event().wait(pause)
            try:
                if self._deleted():
                    return ""
            except (Forbidden, Refused) as error:
                why = str(error)
                break
            except DoctorError as error:
                why = str(error)
        return f"{self.plan.ref} could not be deleted and ends by itself: {why.rstrip('.')}"

    def _deleted(self) -> bool:
        there = self.hands.read(self.plan.ref)
        if there is None or not is_probe_pod(there):
            return True
        try:
            self.hands.delete(self.plan.ref, uid=str(there["metadata"]["uid"]))
        except (NotFound, Conflict):
            return self.hands.read(self.plan.ref) is None
        self._note("delete", there, None, "written")
        return True

    def _note(self, verb: str, before: Body | None, after: Body | None, result: str) -> None:
        if self.audit is not None:
            self.audit.note("probe", self.plan.problem, verb, self.plan.ref, before, after, result)

    def _tell(self, phase: str, text: str) -> None:
        if text != self._said:
            self._said = text
            self.on_progress(Progress(phase, text))
