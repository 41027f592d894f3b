"""Makes text from a cluster or registry harmless: control characters become visible. Standard library only."""

import unicodedata


def visible(text: str, *, keep_newlines: bool = False) -> str:
    """Return `text` with every control, format and lone surrogate character shown as `\\xNN` or `\\uNNNN`.

    Bidirectional overrides count too: they can make a line read otherwise than it is.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(char, keep_newlines) for char in text)


def _shown(char: str, keep_newlines: bool) -> str:
    if char == "\n":
        return char if keep_newlines else "⏎"
    if char == "\t":
        return " "
    if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"):
        code = ord(char)
        return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"
    return char
