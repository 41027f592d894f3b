"""Which keys a screen offers now; a key that cannot be used is dim and says why when pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.repair.plan import FixPlan
from tui.widgets.bars import Hint

if TYPE_CHECKING:
    from tui.board import Board


def hints(board: Board, key: str | None, *, narrow: bool = False, opened: bool = False) -> tuple[Hint, ...]:
    """Return the footer of the main screen, or of an opened problem."""

    def usable(letter: str) -> bool:
        busy = board.writing or board.is_mended(key)
        return key is not None and isinstance(board.plan_for(key, letter), FixPlan) and not busy

    mended = any(r.outcome and r.outcome.receipt and not r.undone for r in board.repairs.values())
    if key is None and not opened:
        return _without_rows(board, mended)
    form = key is not None and board.asks_login(key) and not board.writing
    best = board.plan_for(key, "f") if key else None
    mend = "mend" if narrow else "mend as shown"
    verb = "read advice" if isinstance(best, FixPlan) and not best.steps else mend
    first = (Hint("esc", "back"),) if opened else (Hint("enter", "open" if narrow else "open wide", key is not None),)
    return (
        *first,
        Hint("f", verb, usable("f")),
        Hint("s", "new login" if form else "recreate", usable("s") or form),
        Hint("a", "attach", usable("a")),
        Hint("r", "replace pods", usable("r")),
        Hint("t", "test", key is not None),
        Hint("n", "ask node", key is not None and not board.probing),
        Hint("y", "copy", key is not None),
        Hint("e", "export", key is not None and bool(board.plans(key))),
        Hint("z", "undo", mended),
        *(() if opened else (Hint("/", "filter"),)),
        Hint("q", "quit"),
        Hint("?", "help"),
    )


def _without_rows(board: Board, mended: bool) -> tuple[Hint, ...]:
    filtered = (Hint("/", "filter"), Hint("esc", "show all")) if board.filter else ()
    return (*filtered, Hint("ctrl+r", "look again"), Hint("z", "undo", mended), Hint("q", "quit"), Hint("?", "help"))
