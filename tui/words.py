"""Short texts that rows, panes and bars share."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from rich.text import Text

from checks.wording import few
from tui.render import pods
from tui.visible import visible

if TYPE_CHECKING:
    from tui.board import Board, Repair

BRAND = " harbor-doctor "
"""What the header begins with, where there is room."""
_GAPS = 3
"""Places of several clusters that are told with their reason."""


def counted(number: int, word: str) -> str:
    """`1 problem`, `12 problems`."""
    return f"{number:,} {word}{'s' * (number != 1)}"


def undo_command(receipt: str, cluster: str = "") -> str:
    """The command that takes a repair back; with the cluster where several are looked at."""
    from checks.repair.commands import quoted

    return quoted("harbor-doctor", "undo", receipt, *(("--context", cluster) if cluster else ()))


def clock(at: datetime | None) -> str:
    """`14:05` in local time; empty where not known."""
    return f"{at.astimezone():%H:%M}" if at else ""


def outcome_text(repair: Repair) -> Text:
    """How a repair or undo ended, with its time."""
    if repair.outcome is None:
        return Text("")
    symbol, style = outcome_sign(repair)
    return Text.assemble((f"{symbol} ", style), (f"{clock(repair.at)} ", "dim"), visible(repair.outcome.sentence))


def outcome_sign(repair: Repair) -> tuple[str, str]:
    """Symbol and style of how a repair or undo ended."""
    good, bad = ("✔", "green"), ("✖", "bold red")
    outcome = repair.outcome
    if outcome is None or (repair.undone and not outcome.applied) or not (repair.undone or outcome.applied):
        return bad
    return good if repair.undone else {True: good, False: bad, None: ("…", "yellow")}[outcome.mended]


def row_note(repair: Repair | None) -> Text | None:
    """What a row says instead of its cause while and after it is worked on; None where nothing was done."""
    if repair is None:
        return None
    if repair.running:
        return Text(visible(_stands(repair)), "bold yellow")
    if repair.error:
        return Text(visible(repair.error), "red")
    if repair.undone:
        return Text(f"undone {clock(repair.at)}", "yellow")
    if repair.mended:
        return Text(f"mended {clock(repair.at)} · z undo", "green")
    return outcome_text(repair)


def _stands(repair: Repair) -> str:
    """How far a running repair is, short enough for a row."""
    if not repair.progress:
        return "starting"
    last = repair.progress[-1]
    return f"{last.done} of {last.of} pods pulled" if last.phase == "verifying" else last.text


def header(board: Board, spinner: str = "") -> tuple[Text, Text]:
    """The header's left and right side: where we are, and how bad it is."""
    where = "connecting…" if board.scanning else "not connected"
    if board.info is not None:
        where = _clusters(board) or board.info.context
    left = Text.assemble((BRAND, "bold reverse"), f" {visible(where)} ")
    if board.info is not None:
        gates = f"{board.info.gates} " if board.info.gates else ""
        left.append(gates, "bold yellow").append(f"▸ {visible(board.scope)} ")
    right = Text()
    if board.report is not None:
        problems = [p for key, p in board.found.items() if not board.is_mended(key)]
        waiting = sum(pods(problem) for problem in problems)
        bad = f"{counted(len(problems), 'problem')} · {counted(waiting, 'pod')} waiting"
        right.append(bad, "bold red" if problems else "bold green")
        if not board.report.scan.complete and not board.scanning and not _told_left(board):
            right.append(" · not everything could be looked at", "yellow")
    if board.scanning:
        right.append(f" · {spinner}looking… ", "yellow")
    elif board.trouble:
        right.append(f" · not live since {clock(board.looked_at)} ", "yellow")
    elif board.looked_at is not None:
        live = _live(board)
        right.append(f" · {live or 'looked'} {clock(board.looked_at)} ", "green" if live else "dim")
    return left, right


def _clusters(board: Board) -> str:
    """`3 clusters`, and which of them could not be looked at; empty for one cluster."""
    gone = _gone(board)
    without = f" without {gone[0]}" if len(gone) == 1 else f" without {len(gone)} of them" if gone else ""
    return f"{counted(len(board.clusters), 'cluster')}{without}" if board.clusters else ""


def _gone(board: Board) -> list[str]:
    """Those of several clusters of which nothing could be seen."""
    seen = dict(board.report.scan.parts) if board.report is not None and not board.scanning else board.clusters
    return [name for name in board.clusters if name not in seen]


def _told_left(board: Board) -> bool:
    """Is all that could not be looked at those clusters that the left side counts?"""
    gaps, gone = board.report.scan.not_looked if board.report is not None else (), _gone(board)
    return bool(gone) and all(gap.cluster in gone for gap in gaps)


def _live(board: Board) -> str:
    """`● live`, and how many of several clusters are; empty where nothing is watched."""
    if not board.live or board.report is None or not board.clusters:
        return "● live" if board.live else ""
    live = len(board.clusters) - len(board.report.silent)
    every = f"{live} of {len(board.clusters)}" if board.report.silent else str(live)
    return f"● {every} live" if live else ""


def empty_lines(board: Board) -> list[Text]:
    """What stands where no problem is."""
    if board.error:
        return error_lines(board)
    if board.report is None or (board.scanning and not board.report.problems):
        return [Text("… looking for pods that wait for an image", "dim")]
    if board.filter:
        return [Text(f"Nothing matches “{visible(board.filter)}”; esc shows all.")]
    scan = board.report.scan
    clusters = f" of {counted(len(scan.parts), 'cluster')}" if scan.parts else ""
    seen = f"{scan.pods_seen:,} pods in {scan.namespaces_seen} namespaces{clusters} looked at {clock(board.looked_at)}."
    if scan.complete:
        return [Text.assemble(("✔ ", "green"), ("No pod waits for an image.   ", "bold"), seen), *gap_lines(board)]
    return [Text.assemble(("? ", "yellow"), ("No waiting pod was seen.   ", "bold"), seen), *gap_lines(board)]


def notice_lines(board: Board) -> list[Text]:
    """What has to be told above rows: that they are old because looking failed, or where we could not look."""
    return error_lines(board) if board.error else gap_lines(board)


def error_lines(board: Board) -> list[Text]:
    """Why looking failed, and what to do."""
    return [Text.assemble(("✖ ", "bold red"), visible(board.error)), Text("  ctrl+r looks again, q quits", "dim")]


def gap_lines(board: Board) -> list[Text]:
    """Where we could not look."""
    gaps = board.report.scan.not_looked if board.report else ()
    if not gaps:
        return []
    if any(gap.cluster for gap in gaps):  # each cluster has its own reason
        lines = [f"not looked at: {visible(gap.place)} ({visible(gap.why)})" for gap in gaps[:_GAPS]]
        rest = [f"and {len(gaps) - _GAPS} places more"] if len(gaps) > _GAPS else []
        return [Text.assemble(("? ", "yellow"), line) for line in (*lines, *rest)]
    names = few([visible(gap.namespace or "all namespaces") for gap in gaps], 6)
    return [Text.assemble(("? ", "yellow"), f"not looked at: {names} ({visible(gaps[0].why)})")]
