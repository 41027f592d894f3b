"""How things of one of several clusters are called: problems, plans and receipts bear their cluster's context."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from checks.model import Problem
from checks.repair.plan import FixPlan, Refusal

if TYPE_CHECKING:
    from checks.repair.receipt import Receipt


def tagged(name: str, problem: Problem) -> Problem:
    """Return a problem with its cluster at the end of its id."""
    return replace(problem, apart=f"{problem.apart}@{name}" if problem.apart else name)


def plain(name: str, problem: Problem) -> Problem:
    """Return a problem as its own doctor calls it."""
    return replace(problem, apart=problem.apart.removesuffix(name).removesuffix("@"))


def newest_first(found: "Mapping[str, tuple[Receipt, ...]]") -> "tuple[Receipt, ...]":
    """Return the receipts of several clusters as one list; each names the cluster that it was found in."""
    named = [
        replace(receipt, context=name, problem=f"{receipt.problem}@{name}" if receipt.problem else "")
        for name, receipts in found.items()
        for receipt in receipts
    ]
    return tuple(sorted(named, key=lambda r: (r.created, r.id, r.namespace), reverse=True))


def signed(name: str, offer: FixPlan | Refusal) -> FixPlan | Refusal:
    """Return an offer with the cluster that it is for."""
    return offer if isinstance(offer, Refusal) else signed_plan(name, offer)


def signed_plan(name: str, plan: FixPlan) -> FixPlan:
    """Return a plan, and what may follow it, with the cluster that it writes to."""
    then = signed_plan(name, plan.then) if plan.then is not None else None
    return replace(plan, cluster=name, then=then, problem=f"{plan.problem}@{name}" if plan.problem else "")


def unsigned(plan: FixPlan) -> FixPlan:
    """Return a plan as its own doctor made it: its receipt can be read where that cluster is looked at alone."""
    return replace(plan, cluster="", problem=plan.problem.removesuffix(f"@{plan.cluster}"))
