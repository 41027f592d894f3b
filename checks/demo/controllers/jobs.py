"""Jobs: a pod that is deleted before it succeeded counts as a failure (kubernetes job_controller, isPodFailed)."""

from collections import defaultdict

from checks.demo.api.problems import Obj
from checks.demo.controllers.common import Hands, is_active, is_ready

_DEFAULT_BACKOFF_LIMIT = 6


class Jobs:
    """Remembers which pods each Job had, so that a vanished one is noticed."""

    def __init__(self) -> None:
        self._seen: dict[str, set[str]] = defaultdict(set)

    def sync(self, hands: Hands, job: Obj) -> None:
        """Count vanished pods as failures; then make the next pod, or declare the Job failed."""
        status = dict(job.get("status") or {})
        if any(c["type"] in ("Failed", "Complete") for c in status.get("conditions") or ()):
            return
        pods = hands.children(job)
        uid = job["metadata"]["uid"]
        now = {pod["metadata"]["uid"] for pod in pods}
        status["failed"] = status.get("failed", 0) + len(self._seen[uid] - now)
        self._seen[uid] = now
        active = [pod for pod in pods if is_active(pod)]
        if status["failed"] > job["spec"].get("backoffLimit", _DEFAULT_BACKOFF_LIMIT):
            status["conditions"] = [_failed(hands.store.now())]
            for pod in active:
                hands.delete_pod(pod)
        elif not pods:
            self._create(hands, job)
        status |= {"active": len(active), "ready": sum(map(is_ready, active))}
        hands.report("jobs", job, status)

    def _create(self, hands: Hands, job: Obj) -> None:
        meta = job["metadata"]
        labels = {"batch.kubernetes.io/job-name": meta["name"], "job-name": meta["name"]}
        name = f"{meta['name']}-{hands.serial(job)}"
        hands.create_pod(job, name, job["spec"]["template"], labels)


def _failed(now: str) -> Obj:
    message = "Job has reached the specified backoff limit"
    condition = {"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": message}
    return condition | {"lastTransitionTime": now}
