"""The table of `secrets`: the logins in the order they are tried, then why the other entries do not count."""

from collections.abc import Iterable, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.text import Text

from checks.credentials import shown_key
from tui.tables import console
from tui.visible import visible

Row = tuple[str, ...]


def print_table(image: str, report: dict[str, Any], *, reveal: bool) -> None:
    """Print a report of `checks.secrets_report`; passwords only with `reveal`."""
    out = console()
    for line in _lines(image, report, reveal):
        out.print(line, soft_wrap=True)


def _lines(image: str, report: dict[str, Any], reveal: bool) -> Iterable[Text]:
    if report["image"]["error"]:
        yield _trouble(f"the kubelet cannot read the image name: {report['image']['error']}")
    elif report["error"]:
        yield _trouble(
            f"Secret {report['error']['secret']} cannot be decoded, so nothing is tried: {report['error']['text']}"
        )
    elif not report["logins"]:
        yield _trouble(f"no entry is for {image}, so it is asked for without a login")
    if report["logins"]:
        yield from _table(("TRY", "SECRET", "KEY", "USER", "PASSWORD"), list(_logins(report["logins"], reveal)))
    others = [entry for entry in report["entries"] if not entry["serves"]]
    if others:
        yield Text("")
        yield from _table(("NOT TRIED", "KEY", "WHY"), [(e["secret"], shown_key(e["key"]), e["why"]) for e in others])


def _trouble(text: str) -> Text:
    return Text.assemble(("✖ ", "bold red"), visible(text))


def _logins(logins: Sequence[dict[str, Any]], reveal: bool) -> Iterable[Row]:
    for place, login in enumerate(logins, 1):
        random = " (or another of its group)" if "group" in login else ""
        password = login["password"] if reveal else "••••••"
        key = login["key"] if reveal else shown_key(login["key"])
        yield f"{place}{random}", login["secret"], key, login["username"] or "(none)", password


def _table(heads: Row, rows: list[Row]) -> Iterable[Text]:
    shown = [heads, *(tuple(map(visible, row)) for row in rows)]
    widths = [max(cell_len(row[n]) for row in shown) for n in range(len(heads))]
    for row in shown:
        line = "  ".join(set_cell_size(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip()
        yield Text(line, "bold" if row is heads else "")
