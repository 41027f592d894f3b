"""Writes YAML without a library: mappings, lists and scalars in block style, every unseen character escaped.

What is plain by YAML 1.1 and 1.2 stands plain, everything else in double quotes, texts of several lines as a literal
block (yaml.org/spec/1.2.2, 5.7 escapes, 7.3.1 double-quoted style, 8.1.2 literal style).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_PLAIN = re.compile(r"[A-Za-z./_$][A-Za-z0-9./_$@+=-]*\Z")
_TAKEN = frozenset(("true", "false", "yes", "no", "on", "off", "y", "n", "null", "nan", "inf", ".", ".nan", ".inf"))
"""Plain words that are no texts, in any letter case."""
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t", "\r": "\\r"}


def document(value: Mapping[str, Any], remarks: tuple[str, ...] = ()) -> str:
    """Return one YAML document, with remarks as comments above it."""
    return "\n".join((*comments(remarks), *_mapping(value, ""))) + "\n"


def comments(lines: tuple[str, ...]) -> Iterator[str]:
    """Yield texts as comment lines; none of them can begin a line of its own."""
    for text in lines:
        yield from (f"# {shown(line)}".rstrip() for line in text.split("\n"))


def shown(text: str) -> str:
    """Return a text on one line, in which what a terminal would act upon, or cannot show, is escaped."""
    return "".join(char if char.isprintable() else _escaped(char) for char in text)


def _mapping(value: Mapping[str, Any], indent: str) -> Iterator[str]:
    for key, inner in value.items():
        yield from _entry(f"{indent}{scalar(key)}:", inner, indent)


def _entry(head: str, value: Any, indent: str) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        yield head
        yield from _mapping(value, f"{indent}  ")
    elif isinstance(value, list | tuple) and value:
        yield head
        yield from _list(value, indent)
    elif isinstance(value, str) and _is_block(value):
        yield f"{head} |" + ("" if value.endswith("\n") else "-")
        yield from (f"{indent}  {line}".rstrip() for line in value.removesuffix("\n").split("\n"))
    else:
        yield f"{head} {scalar(value)}"


def _list(values: list[Any] | tuple[Any, ...], indent: str) -> Iterator[str]:
    for value in values:
        lines = list(_mapping(value, f"{indent}  ")) if isinstance(value, Mapping) and value else []
        first = lines[0].removeprefix(f"{indent}  ") if lines else scalar(value)
        yield f"{indent}- {first}"
        yield from lines[1:]


def _is_block(text: str) -> bool:
    lines = text.split("\n")
    return len(lines) > 1 and not text.startswith((" ", "\n")) and all(_fits(line) for line in lines)


def _fits(line: str) -> bool:
    return line.isprintable() and line == line.rstrip()


def scalar(value: Any) -> str:
    """Return a key or value on one line; what holds others in flow style."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(key)}: {scalar(inner)}' for key, inner in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(scalar, value))}]"
    text = str(value)
    if _PLAIN.match(text) and text.lower() not in _TAKEN:
        return text
    return f'"{"".join(_ESCAPES.get(c) or (c if c.isprintable() else _escaped(c)) for c in text)}"'


def _escaped(char: str) -> str:
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:  # half a character: no YAML can carry it
        return "\\uFFFD"
    return f"\\x{code:02X}" if code < 0x100 else f"\\u{code:04X}" if code < 0x10000 else f"\\U{code:08X}"
