"""Reads JSON as Go's `encoding/json` does: the same documents pass, and the same words say why others do not.

Works on bytes, without recursion (Go allows 10000 levels), and keeps where each value stands, so that one value can
be replaced and everything else stay as it was. Members keep their order and their doubles.
Source: Go 1.24 `encoding/json` (scanner.go, decode.go `unquote`, fold.go).
"""

import re
from dataclasses import dataclass, field
from typing import Literal

from checks.gotext import quote

Kind = Literal["object", "array", "string", "number", "bool", "null"]

_DEEPEST = 10_000
_SPACES = re.compile(rb"[ \t\r\n]*")
_STRING = re.compile(rb'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4}))*+')
_NUMBER = re.compile(rb"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?")
_HEX = frozenset(b"0123456789abcdefABCDEF")
_ESCAPE = re.compile(r"\\(?:u([0-9A-Fa-f]{4})|(.))")
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
_LITERALS: dict[int, tuple[bytes, Kind]] = {
    ord("t"): (b"true", "bool"),
    ord("f"): (b"false", "bool"),
    ord("n"): (b"null", "null"),
}
_BAD_BYTES = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")
_FOLDS = {ord(upper): upper.lower() for upper in "ABCDEFGHIJKLMNOPQRSTUVWXYZ"} | {0x17F: "s", 0x212A: "k"}


class JsonError(ValueError):
    """Go refuses the document; `str()` is Go's text."""

    def __init__(self, text: str, *, too_deep: bool = False) -> None:
        super().__init__(text)
        self.too_deep = too_deep


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Node:
    """One value and where it stands: bytes `start` to `end` of the document."""

    kind: Kind
    start: int
    end: int
    text: str = ""
    """Of a string: what Go reads, each bad byte and lone surrogate as U+FFFD."""
    members: "tuple[tuple[str, Node], ...]" = ()
    """Of an object, in document order."""
    items: "tuple[Node, ...]" = ()


@dataclass(slots=True, eq=False, repr=False)
class _Open:
    """An object or array that is not closed yet."""

    start: int
    is_object: bool
    members: list[tuple[str, Node]] = field(default_factory=list)
    items: list[Node] = field(default_factory=list)
    key: str = ""


def fold(name: str) -> str:
    """Return a field name in the form in which Go compares names: without case, ſ as s, the Kelvin sign as k."""
    return name.translate(_FOLDS)


def read(document: bytes) -> Node:
    """Read one document; raises JsonError, and nothing else on any bytes."""
    return _Reader(document).document()


class _Reader:
    """Walks over the bytes once. A blank stands behind the last byte, as Go puts one there to close a number."""

    def __init__(self, document: bytes) -> None:
        self._bytes = document + b" "
        self._at = 0
        self._open: list[_Open] = []

    def document(self) -> Node:
        done = self._value()
        while done is None or self._open:
            done = self._first() if done is None else self._next(done)
        self._skip()
        if self._at < len(self._bytes):
            raise self._wrong("after top-level value")
        return done

    def _skip(self) -> None:
        found = _SPACES.match(self._bytes, self._at)
        self._at = found.end() if found else self._at

    def _peek(self) -> int:
        if self._at >= len(self._bytes):
            raise JsonError("unexpected end of JSON input")
        return self._bytes[self._at]

    def _wrong(self, context: str, *, too_deep: bool = False) -> JsonError:
        char = chr(self._peek())
        shown = {"'": "\\'", '"': '"'}.get(char) or quote(char)[1:-1]
        return JsonError(f"invalid character '{shown}' {context}", too_deep=too_deep)

    def _value(self) -> Node | None:
        """Read a scalar, or open an object or array and return None."""
        self._skip()
        byte = self._peek()
        if byte in b"{[":
            self._push(is_object=byte == ord("{"))
            return None
        if byte == ord('"'):
            return self._string()
        if byte in b"-0123456789":
            return self._number()
        if byte in _LITERALS:
            return self._literal(*_LITERALS[byte])
        raise self._wrong("looking for beginning of value")

    def _push(self, *, is_object: bool) -> None:
        if len(self._open) >= _DEEPEST:
            raise self._wrong("exceeded max depth", too_deep=True)
        self._open.append(_Open(self._at, is_object))
        self._at += 1

    def _close(self) -> Node:
        self._at += 1
        done = self._open.pop()
        kind: Kind = "object" if done.is_object else "array"
        return Node(kind, done.start, self._at, members=tuple(done.members), items=tuple(done.items))

    def _closes(self) -> bool:
        return self._peek() == ord("}" if self._open[-1].is_object else "]")

    def _first(self) -> Node | None:
        self._skip()
        return self._close() if self._closes() else self._member()

    def _next(self, done: Node) -> Node | None:
        inside = self._open[-1]
        if inside.is_object:
            inside.members.append((inside.key, done))
        else:
            inside.items.append(done)
        self._skip()
        if self._closes():
            return self._close()
        if self._peek() != ord(","):
            raise self._wrong("after object key:value pair" if inside.is_object else "after array element")
        self._at += 1
        return self._member()

    def _member(self) -> Node | None:
        inside = self._open[-1]
        if inside.is_object:
            self._skip()
            if self._peek() != ord('"'):
                raise self._wrong("looking for beginning of object key string")
            inside.key = self._string().text
            self._skip()
            if self._peek() != ord(":"):
                raise self._wrong("after object key")
            self._at += 1
        return self._value()

    def _literal(self, word: bytes, kind: Kind) -> Node:
        start = self._at
        for byte in word:
            if self._peek() != byte:
                raise self._wrong(f"in literal {word.decode()} (expecting {chr(byte)!r})")
            self._at += 1
        return Node(kind, start, self._at)

    def _number(self) -> Node:
        start = self._at
        found = _NUMBER.match(self._bytes, start)
        self._at = found.end() if found else start + 1
        if not found:
            raise self._wrong("in numeric literal")
        # The pattern stops before a point or exponent that has no digits; Go stumbles behind it.
        tail = self._bytes[self._at : self._at + 2]
        if tail[:1] == b"." and not re.search(rb"[.eE]", found[0]):
            self._at += 1
            raise self._wrong("after decimal point in numeric literal")
        if tail[:1] in (b"e", b"E") and not re.search(rb"[eE]", found[0]):
            self._at += 2 if tail[1:] in (b"+", b"-") else 1
            raise self._wrong("in exponent of numeric literal")
        return Node("number", start, self._at)

    def _string(self) -> Node:
        start = self._at
        found = _STRING.match(self._bytes, start + 1)
        self._at = found.end() if found else start + 1
        byte = self._peek()
        if byte == ord("\\"):
            self._stumble_in_escape()
        if byte != ord('"'):
            raise self._wrong("in string literal")
        text = _unquote(self._bytes[start + 1 : self._at])
        self._at += 1
        return Node("string", start, self._at, text)

    def _stumble_in_escape(self) -> None:
        self._at += 1
        if self._peek() != ord("u"):
            raise self._wrong("in string escape code")
        self._at += 1
        while self._peek() in _HEX:
            self._at += 1
        raise self._wrong("in \\u hexadecimal character escape")


def _unquote(raw: bytes) -> str:
    text = raw.decode("utf-8", "surrogateescape").translate(_BAD_BYTES)
    if "\\" not in text:
        return text
    joined = _ESCAPE.sub(_unescaped, text)
    return joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _unescaped(found: re.Match[str]) -> str:
    return chr(int(found[1], 16)) if found[1] else _ESCAPED.get(found[2], found[2])
