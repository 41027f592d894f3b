"""What the plain commands show and ask before they write: the plan, yes or no, the name of a protected context."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from checks.errors import Refused, UsageError
from checks.repair.plan import FixPlan, Outcome, Safety, name_asked
from tui import tables
from tui.exits import say
from tui.headless import print_json

if TYPE_CHECKING:
    from checks.told import ClusterInfo


def right_context(info: ClusterInfo, options: Mapping[str, Any]) -> None:
    """Hold --confirm-context against where this run is, protected or not; raises UsageError."""
    given, here = options.get("confirm_context"), info.several or (info.context,)
    if given and given not in here:
        raise UsageError(f"--confirm-context {given}: this run is on {', '.join(here)}")


def show_plan(chosen: FixPlan, *, to_stdout: bool) -> None:
    """Show a plan in full: on stdout where it is what was asked for, else among the words."""
    if to_stdout:
        tables.plans(chosen.problem, (chosen,))
        return
    say(f"plan {chosen.id}{f' in {chosen.cluster}' if chosen.cluster else ''}: {chosen.title}")
    for sign, text in chosen.lines:
        say(f"  {sign} {text}")
    for text in chosen.warnings:
        say(f"  ! {text}")


def agree(chosen: FixPlan, options: Mapping[str, Any], output: str) -> str:
    """Ask what the plan asks and return the context's name, if one was given.

    Raises Refused where the answer is no, and for advice, which is printed.
    """
    if chosen.safety is Safety.ADVICE:
        sentence = f"{chosen.title}: this is advice, it cannot be done from here"
        if output == "json":
            print_outcome(Outcome(False, None, "", sentence), chosen.advice)
        elif chosen.advice:
            sys.stdout.write(tables.plain(chosen.advice) + "\n")
        raise Refused(sentence)
    for text in chosen.asks:
        say(f"  + {text}")
    return ask("do this", options, chosen.confirm, asked=bool(chosen.asks))


def ask(what: str, options: Mapping[str, Any], confirm: str = "", *, asked: bool = True) -> str:
    """Ask for a yes, and for the name of a protected context; return that name as it was given, else nothing.

    `asked`: there is something to agree to besides the name. Without a terminal only --yes and --confirm-context
    answer; on one, who types the name agrees with it. Raises Refused.
    """
    given = options.get("confirm_context") or ""
    if confirm and given and given != confirm:
        raise Refused(f"--confirm-context {given} is not the name of this context, {confirm}: nothing was written")
    if confirm and not given and sys.stdin.isatty():
        return _typed(what, confirm)
    if asked and not options["yes"]:
        _yes(what, f" and --confirm-context {confirm}" if confirm and not given else "")
    if confirm and not given:
        raise Refused(f"{confirm} is protected, so --yes is not enough: add --confirm-context {confirm} to {what}")
    return str(given) if confirm else ""


def _yes(what: str, more: str) -> None:
    if not sys.stdin.isatty():
        raise Refused(f"asked first and nobody answered: add --yes{more} to {what}")
    if _answer(f"{what}? [y/N] ").lower() not in ("y", "yes"):
        raise Refused("nothing was written")


def _typed(what: str, confirm: str) -> str:
    say(name_asked(confirm))
    typed = _answer(f"its name, to {what}: ")
    if typed != confirm:
        raise Refused(f"that is not {confirm}: nothing was written" if typed else "nothing was written")
    return typed


def _answer(question: str) -> str:
    sys.stderr.write(f"harbor-doctor: {tables.plain(question)}")
    sys.stderr.flush()
    return sys.stdin.readline().strip()


def print_outcome(outcome: Outcome, advice: str = "") -> None:
    """Print how it ended as JSON."""
    data = {
        "schema": 1, "applied": outcome.applied, "mended": outcome.mended, "receipt": outcome.receipt or None,
        "sentence": outcome.sentence, "waiting": list(outcome.waiting), "advice": advice or None,
    }  # fmt: skip
    print_json(data)
