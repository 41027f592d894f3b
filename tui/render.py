"""Domain → Rich text: the only door through which text from a cluster or registry reaches a terminal.

Everything becomes `Text` (never markup), with control characters made visible. Symbol, word and colour always go
together; every symbol is one cell wide.
"""

from collections.abc import Iterable
from datetime import datetime

from rich.text import Text

from checks.model import Passed, Problem, Proof, StageState
from checks.repair.plan import FixPlan, Refusal, RightAnswer, Safety
from tui.visible import visible

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


def path_lines(path: Iterable[StageState]) -> list[Text]:
    """The stages; neighbours that passed without a word, or were not reached, share a line."""
    lines: list[Text] = []
    waiting: list[StageState] = []
    for state in path:
        if state.passed in (Passed.NOT_REACHED, Passed.UNKNOWN):
            if waiting and waiting[-1].passed is not state.passed:
                lines.append(_together(waiting))
                waiting = []
            waiting.append(state)
            continue
        if waiting:
            lines.append(_together(waiting))
            waiting = []
        symbol, style = _PASSED[state.passed]
        lines.append(Text.assemble((f"{symbol} ", style), (f"{state.stage:<11} ", style), visible(state.text)))
    return [*lines, *([_together(waiting)] if waiting else [])]


def _together(states: list[StageState]) -> Text:
    symbol, style = _PASSED[states[0].passed]
    note = " (not known)" if states[0].passed is Passed.UNKNOWN else ""
    return Text(f"{symbol} {', '.join(s.stage for s in states)}{note}", style)


def proof_line(proof: Proof) -> Text:
    """One line of evidence: source, time, what."""
    at = f"{proof.at:%H:%M} " if proof.at else ""
    return Text.assemble((f"{proof.source:<9}", "cyan"), (at, "dim"), visible(proof.text))


def diff_line(mark_: str, text: str) -> Text:
    """One line of a diff, its mark and colour together."""
    return Text(f"{mark_} {visible(text)}", _DIFF.get(mark_, ""))


def right_text(answer: RightAnswer) -> Text:
    """A permission and whether we have it."""
    symbol, style = {True: ("✔", "green"), False: ("✖", "bold red"), None: ("?", "yellow")}[answer.allowed]
    return Text.assemble(visible(str(answer.right)), " ", (symbol, style))


def plan_lines(plan: FixPlan) -> list[Text]:
    """A plan in full: title, diff, proof, rights, warnings, what it asks, when it takes effect."""
    lines = [Text.assemble((f"{plan.key}  ", "bold cyan"), (visible(plan.title), "bold"))]
    lines += [Text("     ").append_text(diff_line(sign, text)) for sign, text in plan.lines]
    if plan.proof is not None:
        symbol, style = ("✔", "green") if plan.proof.proven else ("?", "yellow")
        lines.append(Text.assemble("   ", (f"{symbol} ", style), visible(plan.proof.sentence)))
    if plan.rights:
        joined = Text(", ").join(right_text(answer) for answer in plan.rights)
        lines.append(Text.assemble(("   may  ", "dim"), joined))
    lines += [Text.assemble(("   ! ", "bold yellow"), visible(text)) for text in plan.warnings]
    lines += [Text.assemble(("   + ", "bold yellow"), visible(text)) for text in plan.asks]
    if plan.retry:
        lines.append(Text.assemble(("   then ", "dim"), visible(plan.retry)))
    lines += [Text(f"     {visible(line)}") for line in plan.advice.splitlines()]
    return lines


def refusal_line(refusal: Refusal) -> Text:
    """Why a plan is not offered."""
    return Text(f"{refusal.key or ' '}  {visible(refusal.title)}: {visible(refusal.why)}", "dim")
