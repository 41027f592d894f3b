"""Which PodDisruptionBudgets cover what a plan deletes or rolls out, and what that means; they never stop a plan.

A budget holds back evictions only. Deleting a pod does not ask it, nor does a rollout, whose own strategy says how many
pods stop at a time (Kubernetes documentation, "Disruptions"; API reference, PodDisruptionBudget v1).
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from checks.errors import ClusterError
from checks.facts import Unknown
from checks.model import ObjectRef
from checks.repair.bench import Bench, PodMarks
from checks.repair.kinds import dig, template
from checks.repair.steps import Body, Step, Verb

_ROLLED = ("Deployment", "StatefulSet", "DaemonSet")
_GONE = (Verb.REPLACE_POD, Verb.REMAKE_POD)
Labels = Mapping[str, str]


def of_steps(steps: Iterable[Step], bench: Bench) -> tuple[str, ...]:
    """Return one sentence for each budget that covers a pod which these steps delete, or a template that they change.

    Where the budgets of a namespace may not be listed, one sentence says so. Asks nothing where no pod is touched.
    """
    spaces: dict[str, list[Step]] = {}
    for step in steps:
        if step.verb in _GONE or _rolled(step):
            spaces.setdefault(step.target.namespace, []).append(step)
    return tuple(line for space, there in spaces.items() for line in _in_namespace(space, there, bench))


def _rolled(step: Step) -> bool:
    """Are running pods stopped too? Where an owner waits for their deletion (OnDelete), they are not."""
    on_delete = dig(step.after.body() if step.after else None, "spec", "updateStrategy", "type") == "OnDelete"
    return step.verb is Verb.REPLACE and step.target.kind in _ROLLED and not on_delete


def _in_namespace(space: str, steps: list[Step], bench: Bench) -> Iterator[str]:
    found = bench.budgets(space)
    if isinstance(found, Unknown):
        yield f"Nothing is known of PodDisruptionBudgets in {space}: {found.why}."
        return
    try:
        marks = bench.pod_marks(space) if found and any(step.verb in _GONE for step in steps) else {}
    except ClusterError as error:
        yield f"It is not known which PodDisruptionBudgets of {space} cover these pods: {str(error).rstrip('.')}."
        return
    for budget in found:
        selector = dig(budget, "spec", "selector")
        rolled = [s.target for s in steps if _rolled(s) and selects(selector, _template_labels(s))]
        pods = [m for s in steps if s.verb in _GONE and (m := marks.get(s.target.name)) and selects(selector, m.labels)]
        if rolled or pods:
            yield _said(budget, rolled, [pod for pod in pods if pod.ready])


def _said(budget: Body, rolled: list[ObjectRef], ready: list[PodMarks]) -> str:
    name = f"PodDisruptionBudget {dig(budget, 'metadata', 'namespace')}/{dig(budget, 'metadata', 'name')}"
    allows = f"{name} {_allows(budget)}"
    if not rolled and ready:
        count = f"{len(ready)} of the pods that are deleted {'is' if len(ready) == 1 else 'are'} ready"
        return f"{allows}; {count}, and a deletion does not ask it."
    if not rolled:
        return f"{allows}; the pods that are deleted are not ready, so they take nothing from it."
    whose = ", ".join(map(str, rolled))
    return f"{allows}; a rollout does not ask it: how many running pods stop at a time is in the strategy of {whose}."


def _allows(budget: Body) -> str:
    number = dig(budget, "status", "disruptionsAllowed")
    seen = dig(budget, "status", "observedGeneration")
    if not isinstance(number, int) or seen != dig(budget, "metadata", "generation"):
        return "covers these pods, and how many disruptions it allows is not worked out yet"
    return f"allows {number or 'no'} disruption{'s' * (number != 1)} now"


def _template_labels(step: Step) -> Labels:
    found = template(step.target.kind, step.after.body() if step.after else None)
    labels = dig(found, "metadata", "labels")
    return labels if isinstance(labels, dict) else {}


def selects(selector: Any, labels: Labels) -> bool:
    """Does a LabelSelector choose an object with these labels? None chooses nothing, an empty one everything.

    Source: API reference, PodDisruptionBudgetSpec v1; an operator that is not known chooses nothing.
    """
    if not isinstance(selector, dict):
        return False
    equal = all(labels.get(key) == value for key, value in (selector.get("matchLabels") or {}).items())
    return equal and all(_holds(one, labels) for one in selector.get("matchExpressions") or ())


def _holds(expression: Any, labels: Labels) -> bool:
    value = labels.get(str(dig(expression, "key") or ""))
    values = dig(expression, "values") or ()
    answers = {
        "In": value is not None and value in values,
        "NotIn": value is None or value not in values,
        "Exists": value is not None,
        "DoesNotExist": value is None,
    }
    return answers.get(str(dig(expression, "operator")), False)
