"""The last word on a plan before it is shown: rights, read-only, where its receipt goes, and so its safety."""

from collections.abc import Collection, Iterable
from dataclasses import replace

from checks.credentials import Login, OriginKind
from checks.repair.bench import Bench
from checks.repair.commands import of_steps
from checks.repair.kinds import HARBOR, WRITTEN
from checks.repair.plan import FixPlan, Keep, LoginProof, Right, RightAnswer, Safety
from checks.repair.steps import Step, Verb, undoable

_VERBS = {
    Verb.CREATE: ("create",),
    Verb.REPLACE: ("update",),
    Verb.DELETE: ("delete",),
    Verb.REPLACE_POD: ("get", "delete"),
    Verb.REMAKE_POD: ("get", "delete", "create"),
}
"""What a step does besides reading what the plan was made from: a pod is read anew before it is deleted."""
_RECEIPT = ("create", "update", "get")
"""A receipt is made, and read and marked anew after every step."""
_PERSONAL = (OriginKind.DOCKER_CONFIG, OriginKind.HELPER, OriginKind.OPERATOR)


def gate(plan: FixPlan, bench: Bench) -> FixPlan:
    """Return the plan with its rights answered and its safety set; without a right, or read-only, it is advice."""
    if plan.safety is Safety.ADVICE or not plan.steps:
        return plan
    plan = replace(plan, rights=tuple(RightAnswer(r, bench.may(r)) for r in rights_of(plan.steps)))
    missing = [str(a.right) for a in plan.rights if a.allowed is False]
    if bench.read_only or missing:
        why = f"No right: {', '.join(missing)}." if missing else "This run is read-only."
        return as_advice(plan, bench, why)
    plan = _with_receipt(plan, bench)
    safety = Safety.CONFIRM if plan.asks or bench.confirm else Safety.ONE_KEY
    return replace(plan, safety=safety, confirm=bench.confirm)


def as_advice(plan: FixPlan, bench: Bench, why: str) -> FixPlan:
    """Return the plan as text: why we do not do it, and the commands that do."""
    text = f"{why} As commands:\n\n{of_steps(bench.context, plan.steps)}"
    return replace(plan, safety=Safety.ADVICE, advice=text)


def rights_of(steps: Iterable[Step]) -> tuple[Right, ...]:
    """Return every right that the steps need, once each; pods of one namespace are asked about together.

    Rights in Harbor are asked there, before the plan is made.
    """
    rights: list[Right] = []
    for step in steps:
        if step.target.kind in HARBOR:
            continue
        group, resource = WRITTEN[step.target.kind]
        for verb in _VERBS[step.verb]:
            name = "" if verb == "create" or resource == "pods" else step.target.name
            rights.append(Right(verb, resource, group, step.target.namespace, name))
    return tuple(dict.fromkeys(rights))


def _with_receipt(plan: FixPlan, bench: Bench) -> FixPlan:
    """Decide where the previous values are kept; where they cannot be kept, that is asked first."""
    undone = [step for step in plan.steps if undoable(step) or step.verb is Verb.REMAKE_POD]
    places = dict.fromkeys(plan.home if s.target.kind in HARBOR else s.target.namespace for s in plan.steps)
    answers, missing = _rights_of_receipts(places, bench)
    if not missing:
        rights = tuple({a.right: a for a in (*plan.rights, *answers)}.values())
        return replace(plan, rights=rights, keep=Keep.CLUSTER)
    if not any(step.target.kind not in ("ServiceAccount", *HARBOR) for step in undone):
        return replace(plan, keep=Keep.LOCAL)
    ask = f"No right to {missing} Secrets, so the old values cannot be kept: undo lasts only until you quit."
    return replace(plan, keep=Keep.PROCESS, asks=(*plan.asks, ask))


def _rights_of_receipts(places: Collection[str], bench: Bench) -> tuple[tuple[RightAnswer, ...], str]:
    """Return the answers about making receipts, and which verbs are missing."""
    answers = {
        verb: tuple(
            RightAnswer(right, bench.may(right)) for right in (Right(verb, "secrets", "", place) for place in places)
        )
        for verb in _RECEIPT
    }
    missing = [verb for verb, told in answers.items() if any(answer.allowed is False for answer in told)]
    return answers["create"], " and ".join(missing)


def login_asks(login: Login, proof: LoginProof, *, known: bool = False) -> tuple[str, ...]:
    """Return what must be asked before this login is written: personal, powerful, unproven.

    `known`: the login is in this very Secret already, so that nothing new is given away.
    """
    asks: list[str] = []
    if login.origin.kind in _PERSONAL:
        asks.append(
            f"{login.username} is a personal login ({login.origin.kind}: {login.origin.where}); "
            "everybody who may read Secrets here can use it."
        )
    if proof.powers and not known:
        asks.append(f"{login.username} may also {' and '.join(proof.powers)}; a pull secret needs pull only.")
    if not proof.proven:
        asks.append(f"{unproven(proof)}.")
    return tuple(asks)


def unproven(proof: LoginProof) -> str:
    """Say that a login is not proven, and why."""
    said = proof.sentence
    return said[:1].upper() + said[1:] if said.startswith("not proven") else f"Not proven: {said}"
