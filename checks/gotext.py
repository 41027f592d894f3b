"""Go's text habits that show in the kubelet's messages: quoted strings, base64.

Sources: Go 1.24 `strconv.Quote`, `encoding/base64`, `unicode.IsSpace`.
"""

import binascii
import re

GO_SPACES = "\t\n\v\f\r \x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
"""What `strings.TrimSpace` takes off (fewer than `str.strip` does)."""

_SHORT = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_SHORT |= {'"': '\\"', "\\": "\\\\"}
_LETTERS = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_PAD, _BREAKS = ord("="), frozenset(b"\r\n")
_LINE_BREAKS = re.compile(rb"[\r\n]+")


class Base64Error(ValueError):
    """Go cannot decode the text; `str()` is Go's message, `offset` the byte it stumbles over."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"illegal base64 data at input byte {offset}")
        self.offset = offset


def quote(text: str) -> str:
    """Return `text` as Go prints it with `%q`, quotation marks included."""
    return '"' + "".join(map(_quoted_rune, text)) + '"'


def _quoted_rune(char: str) -> str:
    code = ord(char)
    if char in _SHORT:
        return _SHORT[char]
    if char.isprintable():
        return char
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    if 0xD800 <= code < 0xE000:
        return "\\ufffd"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def decode_base64(source: bytes, *, padded: bool = True) -> bytes:
    """Decode like Go's `StdEncoding` (`RawStdEncoding` unless `padded`): line breaks are skipped, spare bits ignored.

    Raises Base64Error.
    """
    offset = _bad_offset(source, padded)
    if offset is not None:
        raise Base64Error(offset)
    letters = _LINE_BREAKS.sub(b"", source).rstrip(b"=")
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))


def _bad_offset(source: bytes, padded: bool) -> int | None:
    filled = 0
    """Letters in the current group of four."""
    for at, byte in enumerate(source):
        if byte in _LETTERS:
            filled = (filled + 1) % 4
        elif byte == _PAD and padded and filled >= 2:
            return _bad_padding(source, at + 1, missing=4 - filled - 1)
        elif byte not in _BREAKS:
            return at
    if filled == 1 or (filled and padded):
        return len(source) - filled
    return None


def _bad_padding(source: bytes, at: int, missing: int) -> int | None:
    if missing:
        at = _after_breaks(source, at)
        if at == len(source):
            return at
        if source[at] != _PAD:
            return at - 1
        at += 1
    at = _after_breaks(source, at)
    return at if at < len(source) else None


def _after_breaks(source: bytes, at: int) -> int:
    while at < len(source) and source[at] in _BREAKS:
        at += 1
    return at
