"""Proposes a probe: reads the failing pod and its node anew, asks for the rights, and says what will be felt."""

from collections.abc import Iterable

from checks.errors import ClusterError, UsageError
from checks.model import ContainerKind, ObjectRef, Problem, Pull
from checks.repair.bench import Bench
from checks.repair.kinds import dig, pull_list
from checks.repair.plan import Refusal, RightAnswer
from checks.repair.probe.plan import SECONDS, ProbePlan, manifest, rights_in
from checks.repair.sealed import Sealed
from checks.repair.steps import Body

KEY = "n"
_COSTS = (
    "The node pulls the whole image and keeps it until the kubelet clears unused ones; the registry counts a pull.",
    "A quota of the namespace counts the pod while it stands, and its events stay for about an hour.",
)


MOST = 5
"""Pods that are looked at where the first ones are gone by now."""


def propose_any(
    problem: Problem, bench: Bench, pod: tuple[str, str] | None = None, seconds: float = SECONDS
) -> ProbePlan | Refusal:
    """Return the probe of the pod named (namespace, name), else of the first that is there and on a node.

    Raises ClusterError where a pod cannot be read, UsageError where the problem has no such pod.
    """
    pulls = [pull for pull in problem.pulls if pod is None or (pull.namespace, pull.pod) == pod]
    if not pulls:
        raise UsageError(f"{problem.id} has no pod {'/'.join(pod or ())} now")
    placed = [pull for pull in pulls if pull.node]
    first: Refusal | None = None
    for pull in (placed or pulls)[:MOST]:
        offer = propose(problem, pull, bench, seconds)
        if isinstance(offer, ProbePlan):
            return offer
        first = first or offer
    return first or _no("there is no pod to ask about")


def propose(problem: Problem, pull: Pull, bench: Bench, seconds: float = SECONDS) -> ProbePlan | Refusal:
    """Return the probe of one failing pull, or why there is none; raises ClusterError where the pod cannot be read."""
    name = f"{pull.namespace}/{pull.pod}"
    pod = bench.read(ObjectRef("Pod", pull.namespace, pull.pod))
    if pod is None:
        return _no(f"pod {name} is gone")
    node = str(dig(pod, "spec", "nodeName") or "")
    if not node:
        return _no(f"pod {name} is on no node yet, so there is none to ask")
    there, state = _node(node, bench)
    if not there:
        return _no(state)
    body = manifest(pull, pod, seconds)
    rights = tuple(RightAnswer(right, bench.may(right)) for right in rights_in(pull.namespace))
    return ProbePlan(
        problem.id, pull, Sealed(body), seconds, rights, tuple(_warnings(pull, pod, state)), _why_not(rights, bench),
        confirm=bench.confirm,
    )  # fmt: skip


def _no(why: str) -> Refusal:
    return Refusal("probe", KEY, "Ask the node", why)


def _why_not(rights: Iterable[RightAnswer], bench: Bench) -> str:
    missing = [str(answer.right) for answer in rights if answer.allowed is False]
    if missing:
        return f"no right: {', '.join(missing)}"
    return "this run is read-only" if bench.read_only else ""


def _node(name: str, bench: Bench) -> tuple[bool, str]:
    """Is the node there as far as is known, and what is to be said of it?"""
    try:
        body = bench.read(ObjectRef("Node", "", name))
    except ClusterError:
        return True, ""
    if body is None:
        return False, f"node {name} does not exist any more"
    ready = next((c for c in dig(body, "status", "conditions") or () if c.get("type") == "Ready"), None)
    if ready is not None and ready.get("status") != "True":
        return True, f"Node {name} is not ready: it may not answer at all."
    return True, ""


def _warnings(pull: Pull, pod: Body, state: str) -> Iterable[str]:
    if state:
        yield state
    if pull.kind is ContainerKind.VOLUME:
        yield "The image is a volume's: here it is pulled as a container's image."
    if not pull_list(pod.get("spec") or {}):
        yield (
            "The pod names no pull Secret. The empty name in the list keeps admission from adding those of its "
            "ServiceAccount."
        )
    yield from _COSTS
