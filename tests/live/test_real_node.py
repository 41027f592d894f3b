"""A real kubelet fails to pull, for a dozen reasons; the installed program mends each, and the kubelet has pulled.

All of them are laid out, found and mended at the same time: a kubelet waits ever longer between two attempts.
"""

import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime

import pytest

from checks.complaint import read
from checks.repair.draft import AT_ONCE, NEXT_ATTEMPT
from tests.live.kube import Body, declared
from tests.live.realnode.ground import Ground, Spot, prepared
from tests.live.realnode.troubles import TROUBLES, Trouble
from tests.live.tool import Run, Tool

pytestmark = pytest.mark.live

_DECLARED = ("Secret", "ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "Job")
_COUNTED = "deployment.kubernetes.io/revision"
"""A controller's own count of roll-outs: it goes on, whatever the template says."""


@dataclass(frozen=True, slots=True)
class Repair:
    """One run of `fix`, and what stood in the namespace when it was over."""

    run: Run
    waiting: list[str]
    """What containers still waited for at that moment, in the kubelet's words."""
    pods: Mapping[str, Body]
    """The pods as soon as all of them ran."""
    written: datetime
    """When its receipt was made, just before the first write."""


@dataclass(frozen=True, slots=True)
class Course:
    """Everything that was seen: of each namespace the objects before the repair, the repair, and one scan of all."""

    tool: Tool
    spots: Mapping[str, Spot]
    failing: Mapping[str, Mapping[str, Body]]
    before: Mapping[str, list[Body]]
    scan: Run
    repairs: Mapping[str, Future[Repair]]

    def repair(self, trouble: Trouble) -> Repair:
        """Return a finished repair; raises what went wrong in it."""
        return self.repairs[trouble.namespace].result()


@pytest.fixture(scope="module")
def course(ground: Ground, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Course]:
    spots = {trouble.namespace: prepared(ground, trouble.namespace) for trouble in TROUBLES}
    for trouble in TROUBLES:
        trouble.lay_out(spots[trouble.namespace])
    for trouble in TROUBLES:
        await_failure(spots[trouble.namespace], trouble)
    home = tmp_path_factory.mktemp("home")
    tool = Tool(ground.cluster.kubeconfig(), home, [ground.harbor, ground.registry])
    failing = {name: pods_of(spot) for name, spot in spots.items()}
    before = {name: objects_of(spot) for name, spot in spots.items()}
    scan = tool("scan", "-o", "json")
    with ThreadPoolExecutor(len(TROUBLES)) as pool:
        repairs = {t.namespace: pool.submit(mend, tool, spots[t.namespace], t) for t in TROUBLES}
        yield Course(tool, spots, failing, before, scan, repairs)


def mend(tool: Tool, spot: Spot, trouble: Trouble) -> Repair:
    words = ("fix", trouble.problem, "--yes", "--wait", "6m", "-n", spot.namespace, "-o", "json", *trouble.words)
    run = tool(*words, given=trouble.given, seconds=400)
    receipt = spot.cluster.get("Secret", spot.namespace, f"harbor-doctor-undo-{run.json['receipt']}")
    assert receipt is not None
    waiting = [message for _, message in map(waiting_of, pods_of(spot).values()) if message]
    return Repair(run, waiting, running_pods_of(spot), moment(receipt["metadata"]["creationTimestamp"]))


def running_pods_of(spot: Spot) -> Mapping[str, Body]:
    """The pods, once their containers run: with the image there it is a matter of a moment."""
    end = time.monotonic() + 20
    while True:
        pods = pods_of(spot)
        states = [status_of(pod).get("state", {}) for pod in pods.values()]
        if all("running" in state for state in states):
            return pods
        assert time.monotonic() < end, f"{spot.namespace}: {states}"
        time.sleep(0.2)


def await_failure(spot: Spot, trouble: Trouble) -> None:
    """Wait until the kubelet has given up on all pods for now; an unreadable Secret it tries again and again."""
    end = time.monotonic() + 90
    while True:
        waiting = [waiting_of(pod) for pod in pods_of(spot).values()]
        if len(waiting) == trouble.pods and all(
            trouble.says in message and (reason == "ImagePullBackOff" or trouble.says in reason)
            for reason, message in waiting
        ):
            return
        assert time.monotonic() < end, f"{spot.namespace}: {waiting}"
        time.sleep(0.5)


def pods_of(spot: Spot) -> Mapping[str, Body]:
    """The pods that are not going, by uid."""
    pods = spot.cluster.list("Pod", spot.namespace)
    return {pod["metadata"]["uid"]: pod for pod in pods if "deletionTimestamp" not in pod["metadata"]}


def objects_of(spot: Spot) -> list[Body]:
    found = [declared(body) | {"kind": kind} for kind in _DECLARED for body in spot.cluster.list(kind, spot.namespace)]
    for body in found:
        (body["metadata"].get("annotations") or {}).pop(_COUNTED, None)
    return sorted(found, key=lambda body: (body["kind"], body["metadata"]["name"]))


def status_of(pod: Body) -> Body:
    statuses = pod["status"].get("containerStatuses", [{}])
    status: Body = statuses[0]
    return status


def waiting_of(pod: Body) -> tuple[str, str]:
    waiting = status_of(pod).get("state", {}).get("waiting", {})
    return waiting.get("reason", ""), waiting.get("message", "")


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


each = pytest.mark.parametrize("trouble", TROUBLES, ids=lambda trouble: trouble.namespace)


def test_every_cause_is_named_with_its_subject_and_nothing_else_is(course: Course) -> None:
    assert course.scan.code == 1
    assert set(course.scan.problems) == {trouble.problem for trouble in TROUBLES}
    assert course.scan.json["complete"] is True


@each
def test_what_the_kubelet_says_is_read(course: Course, trouble: Trouble) -> None:
    problem, failing = course.scan.problems[trouble.problem], course.failing[trouble.namespace]
    assert {pod["name"] for pod in problem["pods"]} == {pod["metadata"]["name"] for pod in failing.values()}
    for pod in problem["pods"]:
        assert trouble.says in pod["message"]
        reading = read(pod["message"], pod["reason"])
        assert problem["cause"] in (reading.cause, *reading.alternatives)
        assert reading.image == ("" if trouble.code == "HD105" else pod["image"])
    (kubelet,) = (proof for proof in problem["evidence"] if proof["source"] == "kubelet")
    assert trouble.says in kubelet["text"]


@each
def test_a_repair_is_over_when_the_kubelet_has_pulled(course: Course, trouble: Trouble) -> None:
    repair, image = course.repair(trouble), course.spots[trouble.namespace].image
    assert (repair.run.code, repair.run.json["mended"], repair.run.json["waiting"]) == (0, True, [])
    assert repair.waiting == []
    assert repair.run.json["sentence"] == f"{trouble.pods} of {trouble.pods} pods have pulled"
    assert len(repair.pods) == trouble.pods
    for pod in repair.pods.values():
        assert status_of(pod)["imageID"].endswith(f"@{image.digest}")


@each
def test_a_repair_takes_effect_when_it_says(course: Course, trouble: Trouble) -> None:
    repair, before = course.repair(trouble), course.failing[trouble.namespace].keys()
    begun = [moment(status_of(pod)["state"]["running"]["startedAt"]) for pod in repair.pods.values()]
    waited = (max(begun) - repair.written).total_seconds()
    if trouble.replaced:
        said, seconds = AT_ONCE, 60
        assert not repair.pods.keys() & before
    else:
        said, seconds = NEXT_ATTEMPT, 300
        assert repair.pods.keys() == before
    assert said[1:] in repair.run.err
    assert 0 <= waited <= seconds


@each
def test_undo_brings_every_declared_field_back(course: Course, trouble: Trouble) -> None:
    spot, receipt = course.spots[trouble.namespace], course.repair(trouble).run.json["receipt"]
    assert course.tool("undo", receipt, "--yes").code == 0
    assert objects_of(spot) == course.before[trouble.namespace]


@pytest.mark.parametrize("trouble", [t for t in TROUBLES if not t.replaced], ids=lambda trouble: trouble.namespace)
def test_an_attempt_from_before_a_repair_does_not_count_as_failed_again(course: Course, trouble: Trouble) -> None:
    """The kubelet's status tells of an attempt 10 to 15 s late: in some of these it came after the repair."""
    assert "failed again" not in course.repair(trouble).run.err


def test_a_job_s_pod_that_waits_is_not_counted_as_failed(course: Course) -> None:
    (trouble,) = (t for t in TROUBLES if t.code == "HD104")
    course.repair(trouble)
    job = course.spots[trouble.namespace].cluster.get("Job", trouble.namespace, "web")
    assert job is not None
    assert (job["status"].get("active"), job["status"].get("failed", 0)) == (1, 0)
