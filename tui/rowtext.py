"""Rows of the lists, fitted to a width: nothing that decides is cut, long names are cut in the middle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from tui.render import SAFETY_MARK, age, mark, middle, pods, since
from tui.visible import visible
from tui.words import row_note

if TYPE_CHECKING:
    from checks.model import Problem
    from tui.board import Board

_PODS, _SINCE, _MEND = 4, 5, 1
"""Widths of the right-hand columns."""
_CLUSTER = "cluster"


def _columns(width: int, cluster: int = 0) -> tuple[int, int]:
    """Widths of cause and subject; `cluster` is that of the column for it."""
    room = max(12, width - 2 - 1 - 1 - _PODS - 1 - _SINCE - 1 - _MEND - (cluster and cluster + 1))
    cause = min(25, max(10, room * 11 // 20))
    return cause, room - cause


def _cluster_column(width: int, clusters: Sequence[str]) -> int:
    """Width of the column for the cluster: none where there is one; long names give way before cause and subject."""
    if not clusters:
        return 0
    return min(max(len(_CLUSTER), *(len(visible(name)) for name in clusters)), max(len(_CLUSTER), width // 5))


def heading(width: int, clusters: Sequence[str] = ()) -> Text:
    """The line above the problems."""
    where = _cluster_column(width, clusters)
    cause, subject = _columns(width, where)
    place = f"{_CLUSTER:<{where}} " if where else ""
    line = f"  {place}{'cause':<{cause}} {'at fault':<{subject}} {'pods':>{_PODS}} {'since':>{_SINCE}}"
    return Text(line, "dim", no_wrap=True, overflow="crop")


def problem_row(board: Board, key: str, width: int, now: datetime) -> Text:
    """One problem."""
    problem = board.problems.get(key)
    if problem is None:
        return Text(visible(key))
    where = _cluster_column(width, board.clusters)
    cause, subject = _columns(width, where)
    note = row_note(board.repairs.get(key))
    if note is not None and note.cell_len > cause:
        # How a repair goes is read more than what is at fault.
        room = cause + subject
        cause = max(cause, min(note.cell_len, room - 10))
        subject = room - cause
    first = Text(visible(problem.title)) if note is None else note
    first.truncate(cause, overflow="ellipsis", pad=True)
    place = f"{middle(problem.cluster, where):<{where}} " if where else ""
    line = Text.assemble(
        row_mark(board, problem), " ", place, first, " ", f"{middle(subject_text(problem), subject):<{subject}} "
    )
    line.append(f"{pods(problem):>{_PODS}} {age(since(problem), now):>{_SINCE}} ")
    plans = board.plans(key)
    if note is None and plans:
        line.append(SAFETY_MARK[plans[0].safety], "bold cyan" if plans[0].steps else "dim")
    return line


def row_mark(board: Board, problem: Problem) -> Text:
    """The first sign of a row: how it stands with a repair, else whether the cause is known."""
    repair = board.repairs.get(problem.id)
    if repair is not None and repair.running:
        return Text("…", "bold yellow")
    return Text("✔", "green") if board.is_mended(problem.id) else mark(problem)


def subject_text(problem: Problem) -> str:
    """The subject as a row shows it: the registry's host is left out where something of it is at fault."""
    subject = problem.subject
    if subject.kind not in ("project", "repository", "tag", "image", "login", "robot"):
        return str(subject)
    who, at, place = subject.name.rpartition("@") if subject.kind in ("login", "robot") else ("", "", subject.name)
    path = place.partition("/")[2] or place
    return f"{who} in {path}" if at else path


def pod_row(board: Board, key: str | None, index: str, width: int) -> Text:
    """One failing container of the selected problem."""
    problem = board.problems.get(key or "")
    if problem is None or int(index) >= len(problem.pulls):
        return Text("")
    pull = problem.pulls[int(index)]
    reason = visible(pull.complaint.reason if pull.complaint else "")
    right = f" {middle(pull.node, 12):<12}" + (f" {middle(reason, 18):<18}" if width >= 76 else "")
    room = max(8, width - len(right))
    name = room * 3 // 4
    rest = room - name - 1
    left = f"{middle(f'{pull.namespace}/{pull.pod}', name):<{name}} {middle(pull.container, rest):<{rest}}"
    return Text(left + right)
