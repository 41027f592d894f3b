"""A probe as text: its manifest as YAML, what is said of it, and the node's answer beside the other vantage points."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text

from tui.render import Row, rights_rows, safe, short_addresses

if TYPE_CHECKING:
    from checks.repair.probe.answer import ProbeAnswer
    from checks.repair.probe.plan import ProbePlan
    from tui.board import Probed

PROBE_WIDTH = 7
SOURCE = "from the node (probe), at "
_SIGNS = {"pulls": ("✔", "green"), "fails": ("✖", "bold red"), "unknown": ("?", "yellow")}
"""By what the node said (`Said`)."""


def manifest_lines(plan: ProbePlan) -> list[str]:
    """The pod as `kubectl apply` would take it, line by line, every unseen character escaped; few enough for a box."""
    import yaml

    text: str = yaml.safe_dump(plan.manifest, sort_keys=False, width=1 << 20, default_flow_style=None)
    return text.splitlines()


def manifest_text(plan: ProbePlan) -> Text:
    """The same for a terminal."""
    return Text("\n").join(safe(line, "green") for line in manifest_lines(plan))


def probe_rows(plan: ProbePlan, notes: Sequence[str]) -> list[Row]:
    """What happens with it: rights, what is felt, what admission would change, when it ends, why it cannot be made."""
    rows = rights_rows(plan.rights)
    rows += [(Text("  !", "bold yellow"), safe(text)) for text in (*notes, *plan.warnings)]
    wait = f"its answer is awaited for {plan.seconds:g} s, and the pod is deleted whatever comes"
    rows.append((Text("  then", "dim"), safe(wait)))
    if plan.why_not:
        rows.append((Text("  ✖", "bold red"), safe(f"it cannot be made from here: {plan.why_not}")))
    return rows


def answer_lines(answer: ProbeAnswer, compared: Sequence[str]) -> list[Row]:
    """The node's answer, its own words, and where it agrees with what else is known."""
    symbol, style = _SIGNS[answer.said]
    when = f"{answer.at.astimezone():%H:%M:%S}"
    rows = [(Text(symbol, style), Text.assemble((f"{SOURCE}{when}  ", "cyan"), safe(answer.sentence)))]
    if answer.text:
        said = f"{answer.reason}: {answer.text}" if answer.reason else answer.text
        rows.append((Text(""), Text.assemble((f"{answer.node} says: ", "dim"), safe(short_addresses(said)))))
    rows += [(Text(""), safe(line)) for line in compared]
    return [*rows, *((Text("!", "bold yellow"), safe(note)) for note in answer.notes)]


def probed_rows(probed: Probed) -> list[Row]:
    """A probe of the console: how far it is, or how it ended."""
    if probed.answer is not None:
        return answer_lines(probed.answer, probed.compared)
    if probed.error:
        return [(Text("✖", "bold red"), safe(f"the node was not asked: {probed.error}"))]
    return [(Text("…", "bold yellow"), safe(f"asking the node: {probed.progress or 'starting'}", "bold yellow"))]
