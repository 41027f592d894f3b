"""The right-hand side: verdict, path, proof, and the plans with their diffs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

from rich.console import Group, RenderableType
from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Static

from checks.repair.plan import FixPlan, Refusal
from tui.probe_rows import probed_rows
from tui.render import (
    KEY_WIDTH,
    PLAN_WIDTH,
    PROOF_WIDTH,
    SIGN_WIDTH,
    STAGE_WIDTH,
    TIME_WIDTH,
    Row,
    diff_rows,
    grid,
    path_rows,
    plan_rows,
    plan_title,
    proof_row,
    refusal_row,
    safe,
)
from tui.words import clock, outcome_sign

if TYPE_CHECKING:
    from checks.model import Diagnosis, Problem
    from tui.board import Board, Repair

T = TypeVar("T")
EVIDENCE_SHORT = 6
"""Lines of evidence beside the list; opened, all are shown."""


class Card(Static):
    """One plan, painted in full or not at all."""

    def __init__(self) -> None:
        super().__init__(markup=False)
        self.plan_id = ""
        self.fingerprint = ""

    def paint(self, shown: RenderableType, plan: FixPlan | None = None) -> None:
        """Show this; remember for which plan it was."""
        self.plan_id = plan.id if plan else ""
        self.fingerprint = plan.fingerprint if plan else ""
        self.update(shown)


class Detail(VerticalScroll, can_focus=False):
    """One problem, explained. `full` shows all evidence."""

    def __init__(self, *, full: bool = False, id: str | None = None) -> None:  # noqa: A002 - Textual's own name
        super().__init__(id=id)
        self._full = full
        self._shown = ""
        self._sources: dict[str, object] = {}
        """What each part was made from."""

    def compose(self) -> ComposeResult:
        """Verdict, what was done about it, path, evidence, then the plans."""
        yield Static(id="verdict", markup=False)
        yield Static(id="repair", markup=False)
        yield Static(id="path", markup=False)
        yield Static(id="probe", markup=False)
        yield Static(id="evidence", markup=False)
        yield Vertical(id="cards")

    def show(self, board: Board, key: str | None) -> None:
        """Show a problem of the board, or nothing."""
        problem = board.problems.get(key or "")
        if problem is None:
            self._clear()
            return
        if key != self._shown:
            self.scroll_home(animate=False)
        self._shown = problem.id
        title = _title(problem, self._full, several=bool(board.clusters))
        if self._anew("title", title):
            self.border_title = title
        first, repair, offers = problem.diagnoses[0], board.repairs.get(problem.id), board.offers.get(problem.id)
        self._set("verdict", problem.sentence, safe)
        self._set("path", first.path, lambda path: grid(path_rows(path), STAGE_WIDTH))
        self._set("evidence", (first.cause.proofs, first.unknowns), lambda _: grid(self._evidence(first), PROOF_WIDTH))
        self._set("probe", board.probes.get(problem.id), lambda probed: grid(probed_rows(probed), SIGN_WIDTH))
        self._set("repair", repair, repair_part)
        if self._anew("cards", (problem.id, offers, repair)):
            self._cards(offers, repair)

    def painted(self, plan: FixPlan) -> bool:
        """Is this very plan on screen in full?"""
        window = self.scrollable_content_region
        for card in self.query(Card):
            if card.plan_id == plan.id and card.fingerprint == plan.fingerprint:
                return card.display and window.contains_region(card.region)
        return False

    def undo_painted(self) -> bool:
        """Is the difference that `z` would put back on screen in full?"""
        shown = self.query_one("#repair", Static)
        return bool(shown.display) and self.scrollable_content_region.contains_region(shown.region)

    def _clear(self) -> None:
        self._shown, self.border_title = "", ""
        for name in ("verdict", "path", "evidence", "probe", "repair"):
            self._set(name, None, lambda _: "")
        self._anew("title", None)
        self._anew("cards", None)
        for card in self.query(Card):
            card.display = False

    def _anew(self, name: str, source: object) -> bool:
        """Is a part made from something else than before? The same one again would be laid out anew for nothing."""
        if name in self._sources and self._sources[name] == source:
            return False
        self._sources[name] = source
        return True

    def _set(self, name: str, source: T | None, make: Callable[[T], RenderableType | None]) -> None:
        """Show a part made from this; from None nothing."""
        if not self._anew(name, source):
            return
        shown = make(source) if source is not None else None
        part = self.query_one(f"#{name}", Static)
        part.display = shown is not None
        part.update(shown if shown is not None else "")

    def _evidence(self, first: Diagnosis) -> list[Row]:
        rows = [proof_row(proof) for proof in first.cause.proofs]
        rows += [(Text("not known", "yellow"), safe(line)) for line in first.unknowns]
        if self._full or len(rows) <= EVIDENCE_SHORT:
            return rows
        rest = len(rows) - EVIDENCE_SHORT + 1
        return [*rows[: EVIDENCE_SHORT - 1], (Text("…", "dim"), Text(f"{rest} more lines of evidence: enter", "dim"))]

    def _cards(self, offers: tuple[FixPlan | Refusal, ...] | None, repair: Repair | None) -> None:
        if repair is not None and (repair.running or repair.mended):
            painted: list[tuple[RenderableType, FixPlan | None]] = []
        elif offers is None:
            painted = [(Text("looking for a cure…", "dim italic"), None)]
        else:
            painted = [_painted(offer) for offer in offers]
        self._paint(painted)

    def _paint(self, painted: list[tuple[RenderableType, FixPlan | None]]) -> None:
        holder = self.query_one("#cards", Vertical)
        cards = list(self.query(Card))
        if len(cards) < len(painted):
            fresh = [Card() for _ in range(len(painted) - len(cards))]
            holder.mount(*fresh)
            cards += fresh
        for number, card in enumerate(cards):
            card.display = number < len(painted)
            card.paint(*(painted[number] if number < len(painted) else ("", None)))


def _painted(offer: FixPlan | Refusal) -> tuple[RenderableType, FixPlan | None]:
    if isinstance(offer, Refusal):
        return grid([refusal_row(offer)], KEY_WIDTH), None
    return Group(grid([plan_title(offer)], KEY_WIDTH), grid(plan_rows(offer), PLAN_WIDTH)), offer


def _title(problem: Problem, full: bool, *, several: bool) -> Text:
    place = f"{problem.cluster} ▸ " if several else ""
    name = f"{problem.id}  {problem.title}" if full else f"{place}{problem.code} {problem.title}"
    return safe(f" {name} ", "bold")


def repair_rows(repair: Repair) -> list[Row]:
    """How a repair goes; at its end how it ended."""
    if repair.error:
        return [(Text("✖", "bold red"), safe(repair.error))]
    if repair.outcome is not None and not repair.running:
        symbol, style = outcome_sign(repair)
        head = Text.assemble((f"{symbol} ", style), (clock(repair.at), "dim"))
        return [(head, safe(repair.outcome.sentence)), *((Text(""), safe(w)) for w in repair.outcome.waiting[:8])]
    rows = [(Text("·", "dim"), safe(step.text, "dim")) for step in repair.progress[-6:]]
    return [*rows[:-1], (Text("…", "bold yellow"), safe(repair.progress[-1].text, "bold yellow"))] if rows else []


def repair_part(repair: Repair | None) -> RenderableType | None:
    """The repair of a problem, and what `z` would put back; None where nothing was done."""
    if repair is None:
        return None
    shown = grid(repair_rows(repair), SIGN_WIDTH if repair.running else TIME_WIDTH)
    if repair.running or not repair.undo:
        return shown
    title = (Text("z", "bold cyan"), Text.assemble(("Undo: put back what was there", "bold"), ("  one key", "dim")))
    return Group(shown, Text(""), grid([title], KEY_WIDTH), grid(diff_rows(repair.undo), PLAN_WIDTH))
