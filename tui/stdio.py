"""Standard input and output of the plain commands: input is capped, output holds no terminal escapes."""

import json
import re
import sys
from collections.abc import Iterator
from typing import Any, BinaryIO

from checks.errors import UsageError

LARGEST = 64 << 20
"""Bytes that are read of one input."""
LONGEST_LINE = 16 << 20

_UNSEEN = re.compile(
    r"[\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff"
    r"\U000e0000-\U000e007f]"
)


def read_all(stream: BinaryIO | None = None, name: str = "standard input") -> str:
    """Return a whole input as text, bytes that are not UTF-8 replaced. Raises UsageError where it is too long."""
    source = stream or sys.stdin.buffer
    data = source.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise UsageError(f"{name} is longer than {LARGEST >> 20} MiB")
    return data.decode("utf-8-sig", "replace")


def lines(stream: BinaryIO | None = None) -> Iterator[str | None]:
    """Yield standard input line by line, without line ends; None for a line that is too long."""
    source = stream or sys.stdin.buffer
    while line := source.readline(LONGEST_LINE + 1):
        if len(line) <= LONGEST_LINE:
            yield line.rstrip(b"\r\n").decode("utf-8", "replace")
            continue
        while line and not line.endswith(b"\n"):
            line = source.readline(LONGEST_LINE)
        yield None


def write(text: str) -> None:
    """Write text that is harmless already; what the terminal's encoding lacks becomes a question mark."""
    encoding = sys.stdout.encoding or "utf-8"
    sys.stdout.write(text.encode(encoding, "replace").decode(encoding))
    sys.stdout.flush()


def write_json(data: Any, *, indent: int | None = 2) -> None:
    """Write one JSON document. JSON escapes C0 controls itself; the other unseen characters are escaped here."""
    text = json.dumps(data, indent=indent, ensure_ascii=not _speaks_unicode())
    write(_UNSEEN.sub(lambda found: _escaped(found.group()), text) + "\n")


def _escaped(char: str) -> str:
    """As JSON writes it: by UTF-16 code units (RFC 8259, 7)."""
    units = char.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[n : n + 4]}" for n in range(0, len(units), 4))


def _speaks_unicode() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
