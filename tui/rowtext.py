"""Rows of the lists, fitted to a width: nothing that decides is cut, long names are cut in the middle."""

from datetime import datetime

from rich.text import Text

from tui.board import Board
from tui.render import SAFETY_MARK, age, mark, middle, pods, since
from tui.visible import visible
from tui.words import row_note

_PODS, _SINCE, _MEND = 5, 6, 2
"""Widths of the right-hand columns."""


def _columns(width: int) -> tuple[int, int]:
    """Widths of cause and subject."""
    room = max(12, width - 2 - 1 - _PODS - _SINCE - _MEND - 3)
    cause = min(30, max(10, room * 9 // 20))
    return cause, room - cause


def heading(width: int) -> Text:
    """The line above the problems."""
    cause, subject = _columns(width)
    line = f"  {'cause':<{cause}} {'at fault':<{subject}} {'pods':>{_PODS}} {'since':>{_SINCE}} "
    return Text(line, "dim", no_wrap=True, overflow="crop")


def problem_row(board: Board, key: str, width: int, now: datetime) -> Text:
    """One problem."""
    problem = board.problems.get(key)
    if problem is None:
        return Text(visible(key))
    cause, subject = _columns(width)
    note = row_note(board.repairs.get(key))
    first = Text(middle(problem.title, cause)) if note is None else note
    first.truncate(cause, overflow="ellipsis", pad=True)
    line = Text.assemble(mark(problem), " ", first, " ", f"{middle(str(problem.subject), subject):<{subject}} ")
    line.append(f"{pods(problem):>{_PODS}} {age(since(problem), now):>{_SINCE}} ")
    plans = board.plans(key)
    if note is None and plans:
        line.append(SAFETY_MARK[plans[0].safety], "bold cyan" if plans[0].steps else "dim")
    return line


def pod_row(board: Board, key: str | None, index: str, width: int) -> Text:
    """One failing container of the selected problem."""
    problem = board.problems.get(key or "")
    if problem is None or int(index) >= len(problem.pulls):
        return Text("")
    pull = problem.pulls[int(index)]
    reason = visible(pull.complaint.reason if pull.complaint else "")
    right = f" {middle(pull.node, 14):<14} {middle(reason, 18):<18}" if width >= 56 else f" {middle(reason, 18):<18}"
    room = max(8, width - len(right))
    name = room * 3 // 4
    rest = room - name - 1
    left = f"{middle(f'{pull.namespace}/{pull.pod}', name):<{name}} {middle(pull.container, rest):<{rest}}"
    return Text(left + right)
