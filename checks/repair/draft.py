"""Puts the parts of a plan together: what every proposer says in the same words."""

from collections.abc import Iterable

from checks.model import Problem
from checks.repair import budgets
from checks.repair.bench import Bench
from checks.repair.gate import gate
from checks.repair.kinds import HARBOR, WORKLOADS
from checks.repair.plan import FixPlan, LoginProof, Safety
from checks.repair.prove import pods_of
from checks.repair.steps import Step, Verb

NEXT_ATTEMPT = "at the kubelet's next attempt, within 6 min"
"""The longest pause is 300 s (kubelet, MaxImageBackOff), and a pod is looked at every 10 to 15 s."""
_ROLLED = ("Deployment", "DaemonSet")
_MAKES_PODS = ("Pod", "ServiceAccount", *WORKLOADS)
AT_ONCE = "at once: new pods try within seconds"
NEXT_RUN = "with the next run"


def draft(
    problem: Problem,
    bench: Bench,
    *,
    name: str,
    key: str,
    title: str,
    steps: Iterable[Step],
    asks: Iterable[str] = (),
    warnings: Iterable[str] = (),
    proof: LoginProof | None = None,
    then: FixPlan | None = None,
) -> FixPlan:
    """Return the plan as it will be shown: rights asked, safety set, targets of the verification filled in."""
    steps = tuple(steps)
    new_pods = any(step.verb in (Verb.REPLACE_POD, Verb.REMAKE_POD) for step in steps)
    rolled = any(step.verb is Verb.REPLACE and step.target.kind in _ROLLED for step in steps)
    told = dict.fromkeys((*warnings, *budgets.of_steps(steps, bench)))
    plan = FixPlan(
        id=name, key=key, title=title, problem=problem.id, safety=Safety.ONE_KEY, steps=steps,
        asks=tuple(dict.fromkeys(asks)), warnings=tuple(told), proof=proof,
        verify=_verify(problem, steps), retry=_retry(steps, at_once=new_pods or rolled or bool(_in_place(steps))),
        home=_home(problem, steps), then=then,
    )  # fmt: skip
    return gate(plan, bench)


def _retry(steps: tuple[Step, ...], *, at_once: bool) -> str:
    if at_once:
        return AT_ONCE
    return NEXT_RUN if steps and all(s.target.kind == "CronJob" for s in steps) else NEXT_ATTEMPT


def _in_place(steps: tuple[Step, ...]) -> set[tuple[str, str]]:
    """Pods whose image is changed where they are."""
    return {(s.target.namespace, s.target.name) for s in steps if s.verb is Verb.REPLACE and s.target.kind == "Pod"}


def _home(problem: Problem, steps: tuple[Step, ...]) -> str:
    """What is written in Harbor is noted beside what is written in the cluster, or beside the pods it is done for."""
    inside = (step.target.namespace for step in steps if step.target.kind not in HARBOR)
    return next(inside, problem.subject.namespace or problem.pulls[0].namespace)


def _verify(problem: Problem, steps: tuple[Step, ...]) -> tuple[tuple[str, str], ...]:
    """Pods that stay are named; of replaced ones the owner, since the new ones have other names.

    Where new pods are the whole cure, those that are not made anew (a Job's) have nothing to wait for.
    """
    gone = {(s.target.namespace, s.target.name) for s in steps if s.verb is Verb.REPLACE_POD}
    remade = {(s.target.namespace, s.target.name) for s in steps if s.verb is Verb.REMAKE_POD}
    rolled = {s.target.namespace for s in steps if s.verb is Verb.REPLACE and s.target.kind in _ROLLED}
    only_new_pods = all(s.target.kind in _MAKES_PODS for s in steps)
    found = (
        (p.namespace, p.owner.name if p.owner and ((p.namespace, p.pod) in gone or p.namespace in rolled) else p.pod)
        for p in pods_of(problem)
        if not only_new_pods or p.namespace in rolled or (p.namespace, p.pod) in gone | remade | _in_place(steps)
    )
    return tuple(dict.fromkeys(found))
