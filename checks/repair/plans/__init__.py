"""All plans by the names that rules use, each one guarded: a proposal that fails says why and leaks nothing."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from checks.credentials import Login
from checks.errors import DoctorError
from checks.model import Problem
from checks.repair.bench import Bench
from checks.repair.plan import FixPlan, Refusal
from checks.repair.plans import (
    add_member,
    advice,
    attach,
    correct_image,
    enable_robot,
    extend_robot,
    mend_payload,
    mint_robot,
    new_login,
    replace_pods,
)
from checks.repair.safely import where

Proposer = Callable[[Problem, Bench, Login | None], FixPlan | Refusal | None]
"""Takes a problem, what may be asked, and a login that a person gave; returns what can be offered."""


def _guarded(name: str, key: str, title: str, propose: Proposer) -> Proposer:
    """Turn whatever goes wrong into a Refusal; a foreign traceback would show the Secrets in its frames."""

    def guarded(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:
        try:
            return propose(problem, bench, login)
        except DoctorError as error:
            return Refusal(name, key, title, str(error))
        except Exception as error:
            return Refusal(name, key, title, f"this plan failed inside: {where(error)}")

    return guarded


PLANS: Mapping[str, Proposer] = MappingProxyType(
    {
        "mend_payload": _guarded(mend_payload.ID, mend_payload.KEY, "Recreate the Secret", mend_payload.propose),
        "new_login": _guarded(new_login.ID, new_login.KEY, "Write a new login", new_login.propose),
        "attach": _guarded(attach.ID, attach.KEY, "Attach a pull Secret", attach.propose),
        "replace_pods": _guarded(replace_pods.ID, replace_pods.KEY, "Replace the stuck pods", replace_pods.propose),
        "correct_image": _guarded(correct_image.ID, correct_image.KEY, correct_image.TITLE, correct_image.propose),
        "enable_robot": _guarded(enable_robot.ID, enable_robot.KEY, "Enable the robot account", enable_robot.propose),
        "extend_robot": _guarded(extend_robot.ID, extend_robot.KEY, "Extend the robot account", extend_robot.propose),
        "add_member": _guarded(add_member.ID, add_member.KEY, "Make the user a member", add_member.propose),
        "mint_robot": _guarded(mint_robot.ID, mint_robot.KEY, "Make a robot account", mint_robot.propose),
        "advice": _guarded(advice.ID, advice.KEY, "What to do by hand", advice.propose),
    }
)
"""Name → proposer, as `Rule.plans` names them."""
