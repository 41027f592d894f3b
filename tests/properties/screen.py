"""What a person sees: texts rendered as the product renders them, printed by a real console to a forced terminal."""

import io
import json
import re
import unicodedata
from collections.abc import Iterable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import cache

from rich.console import Console, Group, RenderableType
from rich.text import Text

from checks.model import Problem
from checks.repair.plan import FixPlan
from checks.report import Offers, problem_dict
from tests.properties.wild import MARKUP
from tui.board import Board
from tui.evidence_text import evidence_text
from tui.render import (
    PLAN_WIDTH,
    PROOF_WIDTH,
    STAGE_WIDTH,
    grid,
    path_rows,
    plan_rows,
    plan_title,
    proof_row,
    refusal_row,
    safe,
)
from tui.rowtext import problem_row
from tui.stdio import write_json

_SGR = re.compile(r"\x1b\[[0-9;]*m")
_WIDE = 100_000
NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@cache
def _console(width: int, colour: bool) -> Console:
    return Console(
        force_terminal=True, width=width, height=1000, color_system="truecolor" if colour else None,
        legacy_windows=False, _environ={},
    )  # fmt: skip


def printed(*parts: RenderableType, width: int = 80, colour: bool = False) -> str:
    """What a forced terminal of this width gets; without `colour` no escape sequence has any business in it."""
    console = _console(width, colour)
    console.file = out = io.StringIO()
    console.print(Group(*parts))
    return out.getvalue()


def harmless(*parts: RenderableType, holds: Iterable[str] = ()) -> None:
    """Printed, nothing in them commands the terminal; the markup in `holds` stands there as it was written."""
    bare = printed(*parts)
    clean(bare)
    # All escapes of the coloured one are rich's own: without them it is the same.
    assert _SGR.sub("", printed(*parts, colour=True)) == bare
    wanted = sum(text.count(MARKUP) for text in holds)
    if wanted:
        assert printed(*parts, width=_WIDE).count(MARKUP) >= wanted


def clean(text: str) -> None:
    """No control, format or lone surrogate character is in it but line breaks."""
    found = [c for c in set(text) if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")]
    assert not found, found


def show(problem: Problem, offers: Offers = ()) -> None:
    """Show a problem in all the ways there are: row, pane, plain text and JSON; each must be harmless."""
    board = Board(found={problem.id: problem})
    parts: list[RenderableType] = [problem_row(board, problem.id, width, NOW) for width in (38, 60, 120)]
    parts += [safe(problem.sentence), safe(f" {problem.id}  {problem.title} ", "bold")]
    parts += [grid(path_rows(d.path), STAGE_WIDTH) for d in problem.diagnoses]
    parts += [grid([proof_row(proof) for proof in problem.finding.proofs], PROOF_WIDTH)]
    parts += [Text.assemble(safe(line)) for d in problem.diagnoses for line in d.unknowns]
    for offer in offers:
        rows = [plan_title(offer), *plan_rows(offer)] if isinstance(offer, FixPlan) else [refusal_row(offer)]
        parts.append(grid(rows, PLAN_WIDTH))
    harmless(*parts, holds=(problem.sentence,))
    clean(evidence_text(problem))
    clean(as_json(problem_dict(problem, offers)))


def as_json(value: object) -> str:
    """What `-o json` writes of a value; it reads back as the same value."""
    out = io.StringIO()
    with redirect_stdout(out):
        write_json(value)
    text = out.getvalue()
    assert json.loads(text) == json.loads(json.dumps(value))
    return text
