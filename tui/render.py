"""Domain → Rich text: the only door through which text from a cluster or registry reaches a terminal.

Everything becomes `Text` (never markup), with control characters made visible. Symbol, word and colour always go
together; every symbol is one cell wide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote

from rich.table import Table
from rich.text import Text

from checks.repair.plan import FixPlan, Refusal, RightAnswer, Safety
from checks.stages import Passed
from checks.wording import few
from tui.visible import visible

if TYPE_CHECKING:
    from checks.model import Problem, Proof, StageState

SAFETY_MARK = {Safety.ONE_KEY: "!", Safety.CONFIRM: "+", Safety.ADVICE: "i"}
SAFETY_WORD = {
    Safety.ONE_KEY: "one key",
    Safety.CONFIRM: "asks first",
    Safety.ADVICE: "advice",
}
_PASSED = {
    Passed.OK: ("✔", "green"),
    Passed.BROKEN: ("✖", "bold red"),
    Passed.NOT_REACHED: ("·", "dim"),
    Passed.UNKNOWN: ("?", "yellow"),
}
_ADDRESS = re.compile(r"https?://[^/\s]+(?P<path>/[^?\s]*)(?P<query>\?\S*)?")
_NAMED = 8
"""Namespaces in which we may do the same that are named one by one."""
_DIFF = {"+": "green", "-": "red", "~": "yellow", "=": "dim"}


def safe(text: str, style: str = "") -> Text:
    """Return foreign text as one harmless line."""
    return Text(visible(text), style)


def middle(text: str, width: int) -> str:
    """Cut a long name in the middle, so that both ends stay readable."""
    text = visible(text)
    if len(text) <= width:
        return text
    if width < 3:
        return text[:width]
    tail = (width - 1) * 3 // 5
    return f"{text[: width - 1 - tail]}…{text[len(text) - tail :]}"


def age(then: datetime | None, now: datetime) -> str:
    """Say how long ago in two or three characters: `22 m`, `3 d`; empty where not known."""
    if then is None:
        return ""
    seconds = max(0, int((now - then).total_seconds()))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds >= size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def since(problem: Problem) -> datetime | None:
    """Since when the oldest pod of a problem waits."""
    return min((pull.created for pull in problem.pulls if pull.created), default=None)


def pods(problem: Problem) -> int:
    """How many pods a problem breaks."""
    return len({pull.pod_uid or (pull.namespace, pull.pod) for pull in problem.pulls})


def mark(problem: Problem) -> Text:
    """The symbol that a problem's row begins with: known, or not known."""
    return Text("?", "yellow") if problem.code == "HD000" else Text("✖", "bold red")


Row = tuple[Text, Text]
"""What stands before the hanging indent, and what is wrapped behind it."""


def grid(rows: Iterable[Row], width: int) -> Table:
    """Lay rows out with a hanging indent of `width` cells."""
    table = Table.grid(padding=0)
    table.add_column(width=width, no_wrap=True)
    table.add_column(overflow="fold")
    for head, body in rows:
        table.add_row(head, body)
    return table


STAGE_WIDTH = 14
PROOF_WIDTH = 15
PLAN_WIDTH = 7
KEY_WIDTH = 3
SIGN_WIDTH = 2
TIME_WIDTH = 8


def path_rows(path: Iterable[StageState]) -> list[Row]:
    """The stages; neighbours that were not reached, or are not known, share a line."""
    rows: list[Row] = []
    waiting: list[StageState] = []
    for state in path:
        together = state.passed in (Passed.NOT_REACHED, Passed.UNKNOWN)
        if waiting and (not together or waiting[-1].passed is not state.passed):
            rows.append(_together(waiting))
            waiting = []
        if together:
            waiting.append(state)
            continue
        symbol, style = _PASSED[state.passed]
        rows.append((Text(f"{symbol} {state.stage}", style), safe(state.text)))
    return [*rows, *([_together(waiting)] if waiting else [])]


def _together(states: list[StageState]) -> Row:
    symbol, style = _PASSED[states[0].passed]
    word = "not known" if states[0].passed is Passed.UNKNOWN else "not reached"
    return Text(f"{symbol} {word}", style), Text(", ".join(s.stage for s in states), style)


def proof_row(proof: Proof) -> Row:
    """One line of evidence: source, time, what."""
    at = f"{proof.at.astimezone():%H:%M}" if proof.at else ""
    source = "account" if proof.source == "serviceaccount" else visible(proof.source)
    head = Text.assemble((f"{source[:8]:<9}", "cyan"), (at, "dim"))
    return head, safe(short_addresses(proof.text))


def short_addresses(text: str) -> str:
    """Leave out of addresses what is the same everywhere: scheme and host, and all of a query but its scope."""
    return _ADDRESS.sub(_shortened, text)


def _shortened(match: re.Match[str]) -> str:
    scope = re.search(r"scope=([^&\s]+)", match["query"] or "")
    return match["path"] + (f" for {unquote(scope[1]).removeprefix('repository:')}" if scope else "")


def diff_line(mark_: str, text: str) -> Text:
    """One line of a diff, its mark and colour together."""
    return Text(f"{mark_} {visible(text)}", _DIFF.get(mark_, ""))


def rights_rows(answers: Sequence[RightAnswer]) -> list[Row]:
    """What we may, may not, and do not know whether we may, each on a line of its own.

    Namespaces with the same rights stand together; of those where we may, a few are named.
    """
    rows: list[Row] = []
    for allowed, symbol, style in ((True, "✔", "green"), (False, "✖", "bold red"), (None, "?", "yellow")):
        places: dict[str, list[str]] = {}
        for right in (answer.right for answer in answers if answer.allowed is allowed):
            places.setdefault(right.namespace, []).append(f"{right.resource} {right.verb}")
        alike: dict[str, list[str]] = {}
        for where, what in places.items():
            alike.setdefault(", ".join(dict.fromkeys(what)), []).append(where)
        most = _NAMED if allowed else len(places)
        text = "; ".join(f"{what} in {few(where, most)}" for what, where in alike.items())
        if text:
            rows.append((Text("  may", "dim"), Text.assemble((symbol, style), " ", visible(text))))
    return rows


def diff_rows(lines: Iterable[tuple[str, str]]) -> list[Row]:
    """A diff, each mark and colour together."""
    return [(Text(f"    {sign}", _DIFF.get(sign, "")), safe(text, _DIFF.get(sign, ""))) for sign, text in lines]


def plan_rows(plan: FixPlan) -> list[Row]:
    """A plan in full: diff, proof, rights, warnings, what it asks, when it takes effect, advice."""
    rows = diff_rows(plan.lines)
    if plan.proof is not None:
        symbol, style = ("✔", "green") if plan.proof.proven else ("?", "yellow")
        rows.append((Text(f"  {symbol}", style), safe(plan.proof.sentence)))
    rows += rights_rows(plan.rights)
    rows += [(Text("  !", "bold yellow"), safe(text)) for text in plan.warnings]
    rows += [(Text("  +", "bold yellow"), safe(text)) for text in plan.questions]
    if plan.retry and plan.steps:
        rows.append((Text("  then", "dim"), safe(plan.retry)))
    rows += [(Text(""), safe(line)) for line in plan.advice.splitlines()]
    return rows


def plan_title(plan: FixPlan) -> Row:
    """The key that chooses a plan, and its name."""
    key = plan.key or ("f" if plan.safety is Safety.ADVICE else "")
    place = f" in {visible(plan.cluster)}" if plan.cluster else ""
    return Text(key, "bold cyan"), Text.assemble(
        (visible(plan.title), "bold"), (f"  {SAFETY_WORD[plan.safety]}{place}", "dim")
    )


def refusal_row(refusal: Refusal) -> Row:
    """Why a plan is not offered."""
    return Text(refusal.key, "dim"), Text(f"{visible(refusal.title)}: {visible(refusal.why)}", "dim")
