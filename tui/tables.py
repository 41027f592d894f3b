"""Tables for the plain commands."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TextIO, cast

from rich.cells import cell_len, set_cell_size
from rich.console import Console, Group
from rich.padding import Padding
from rich.text import Text

from checks.repair.plan import FixPlan, Refusal
from tui.exits import say
from tui.render import (
    PLAN_WIDTH,
    SAFETY_WORD,
    age,
    grid,
    mark,
    plan_rows,
    plan_title,
    pods,
    refusal_row,
    safe,
    since,
)
from tui.visible import visible

if TYPE_CHECKING:
    from checks.doctor import Report
    from checks.model import Problem
    from checks.repair.receipt import Receipt

Offers = Sequence[FixPlan | Refusal]


class _Trimmed:
    """Text stream for pipes: rich fills lines up to the width, which nobody wants in a file."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write without blanks at the ends of lines."""
        lines = text.split("\n")
        return self._stream.write("\n".join([*(line.rstrip(" ") for line in lines[:-1]), lines[-1]]))

    def flush(self) -> None:
        """Flush."""
        self._stream.flush()


def console() -> Console:
    """Return a console on stdout; a pipe gets 200 columns and no colour."""
    width = None if sys.stdout.isatty() else int(os.environ.get("COLUMNS", "200"))
    stream = sys.stdout if sys.stdout.isatty() else cast(TextIO, _Trimmed(sys.stdout))
    return Console(file=stream, width=width, markup=False, highlight=False, soft_wrap=False)


def problems_table(report: Report, offers: Mapping[str, Offers]) -> None:
    """Print one row a problem, worst first, each with its verdict below."""
    out, now = console(), datetime.now(UTC)
    rows = [_cells(problem, offers.get(problem.id, ()), now) for problem in report.problems]
    heads = ("PROBLEM", "CAUSE", "PODS", "SINCE", "MEND")
    widths = [max(cell_len(row[n]) for row in (heads, *rows)) for n in range(len(heads))]
    if rows:
        out.print(Text("  " + _line(heads, widths), "bold"))
    for problem, row in zip(report.problems, rows, strict=True):
        out.print(Text.assemble(mark(problem), " ", _line(row, widths)), soft_wrap=True)
        out.print(Padding(safe(problem.sentence, "dim"), (0, 0, 0, 4)))
    say(summary(report))


def _cells(problem: Problem, offers: Offers, now: datetime) -> tuple[str, ...]:
    best = next((p for p in offers if isinstance(p, FixPlan)), None)
    mend = f"{best.id} ({SAFETY_WORD[best.safety]})" if best else ""
    return visible(problem.id), visible(problem.title), str(pods(problem)), age(since(problem), now), visible(mend)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    return "  ".join(set_cell_size(cell, width) for cell, width in zip(cells, widths, strict=True)).rstrip()


def summary(report: Report) -> str:
    """Say in one sentence how much was looked at and found."""
    scan = report.scan
    count = sum(pods(problem) for problem in report.problems)
    clusters = f" of {_many(len(scan.parts), 'cluster')}" if scan.parts else ""
    seen = f"{_many(scan.pods_seen, 'pod')} in {_many(scan.namespaces_seen, 'namespace')}{clusters} looked at"
    what = f"{_many(len(report.problems), 'problem')}, {_many(count, 'pod')} waiting"
    what = what if report.problems else "no pod waits for an image"
    return f"{what}; {seen}{'' if scan.complete else ', and not everything could be'}"


def _many(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"


def plans(problem_id: str, offers: Offers) -> None:
    """Print every plan of one problem in full."""
    out = console()
    out.print(safe(problem_id, "bold"))
    for offer in offers:
        if isinstance(offer, Refusal):
            out.print(Padding(grid([refusal_row(offer)], 3), (0, 0, 0, 2)))
            continue
        out.print(safe(f"  {offer.id}", "cyan"))
        out.print(Padding(Group(grid([plan_title(offer)], 3), grid(plan_rows(offer), PLAN_WIDTH)), (0, 0, 0, 2)))


def receipts(found: Sequence[Receipt], *, several: bool = False) -> None:
    """Print what can be undone, newest first; of several clusters with the one that it lies in."""
    out = console()
    for receipt in found:
        state = "" if receipt.closed else "  unfinished"
        when = f"{receipt.created:%Y-%m-%d %H:%M} UTC"
        place = f"{receipt.context}  " if several else ""
        out.print(safe(f"{receipt.id}  {when}  {place}{receipt.namespace}  {receipt.title}{state}"), soft_wrap=True)
    if not found:
        say("there is nothing to undo")


def plain(text: str) -> str:
    """Return foreign text fit for stdout, line breaks kept."""
    return visible(text, keep_newlines=True)
