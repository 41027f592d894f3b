"""Whether one failed attempt of a probe is an answer, or the kubelet has to try once more.

A kubelet may pull for a new pod before it has fetched the pod's Secrets (seen once in 274 pods), and then reports that
no login was sent: one such text is a hint, two are none of chance. Its own limit on pulls (`pull QPS exceeded`) says
nothing about the registry at all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from checks.complaint import read
from checks.repair.probe.answer import Said, Seen, tried
from checks.repair.probe.plan import ProbePlan

PATIENCE = 60.0
"""Seconds to wait for the second attempt: the kubelet's first back-off is 10 s, and it looks about once a minute."""
_QPS = "pull QPS exceeded"

Events = Callable[[], tuple[tuple[str, str, int], ...]]


@dataclass(slots=True)
class Second:
    """Takes each look at the pod, and tells when it is an answer."""

    plan: ProbePlan
    events: Events
    why: str = ""
    """What is waited for, where a first attempt does not count yet."""
    _first: Seen | None = None
    _since: float = 0.0
    _backed_off: bool = False

    def take(self, seen: Seen, now: float) -> Seen | None:
        """Return the answer, or None while there is none."""
        if seen.said is not Said.FAILS:
            return seen if seen.said is not None else None
        seen = self._with_cause(seen)
        if not self._doubtful(seen):
            return seen
        if self._first is None:
            self._first, self._since = seen, now
            self.why = f"{self.plan.node} failed once in a way that may be chance; waiting for its second attempt"
        if self._again(seen) or now - self._since >= PATIENCE:
            return seen
        return None

    def late(self, otherwise: Seen) -> Seen:
        """Time is up: a first attempt is then better than nothing."""
        return self._first or otherwise

    def _with_cause(self, seen: Seen) -> Seen:
        """Kubelets before 1.32 keep the cause in events only."""
        reading = read(seen.text, seen.reason)
        if seen.reason != "ImagePullBackOff" or reading.confidence != "none" or reading.alternatives:
            return seen
        text = tried(self.events())[1]
        return replace(seen, text=text) if text else seen

    def _doubtful(self, seen: Seen) -> bool:
        unsent = bool(self.plan.secrets) and read(seen.text, seen.reason).cause == "no_credentials"
        return unsent or _QPS in seen.text

    def _again(self, seen: Seen) -> bool:
        """Has it tried once more? Its back-off came and went, or the events count two attempts."""
        if seen.reason == "ImagePullBackOff":
            self._backed_off = True
        elif self._backed_off:
            return True
        return tried(self.events())[0] > 1
