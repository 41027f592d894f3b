"""Short texts that rows, panes and bars share."""

from datetime import datetime

from rich.text import Text

from tui.board import Board, Repair
from tui.render import pods
from tui.visible import visible

BRAND = " harbor-doctor "
"""What the header begins with, where there is room."""


def counted(number: int, word: str) -> str:
    """`1 problem`, `12 problems`."""
    return f"{number:,} {word}{'s' * (number != 1)}"


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
        where = f"{board.info.context} ▸ {board.scope}"
    left = Text.assemble((BRAND, "bold reverse"), f" {visible(where)} ")
    right = Text()
    if board.report is not None:
        problems = [p for key, p in board.found.items() if not board.is_mended(key)]
        waiting = sum(pods(problem) for problem in problems)
        bad = f"{counted(len(problems), 'problem')} · {counted(waiting, 'pod')} waiting"
        right.append(bad, "bold red" if problems else "bold green")
        if not board.report.scan.complete and not board.scanning:
            right.append(" · not everything could be looked at", "yellow")
    if board.scanning:
        right.append(f" · {spinner}looking… ", "yellow")
    elif board.trouble:
        right.append(f" · not live since {clock(board.looked_at)} ", "yellow")
    elif board.looked_at is not None:
        right.append(
            f" · {'● live' if board.live else 'looked'} {clock(board.looked_at)} ", "green" if board.live else "dim"
        )
    return left, right


def empty_lines(board: Board) -> list[Text]:
    """What stands where no problem is."""
    if board.error:
        return error_lines(board)
    if board.report is None or (board.scanning and not board.report.problems):
        return [Text("… looking for pods that wait for an image", "dim")]
    if board.filter:
        return [Text(f"Nothing matches “{visible(board.filter)}”; esc shows all.")]
    scan = board.report.scan
    seen = f"{scan.pods_seen:,} pods in {scan.namespaces_seen} namespaces looked at {clock(board.looked_at)}."
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
    names = ", ".join(visible(gap.namespace or "all namespaces") for gap in gaps[:6])
    more = f" and {len(gaps) - 6} more" if len(gaps) > 6 else ""
    return [Text.assemble(("? ", "yellow"), f"not looked at: {names}{more} ({visible(gaps[0].why)})")]
