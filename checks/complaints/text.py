"""Takes a runtime's error text apart: names are masked, the rest is cut into the links of an error chain.

Go wraps errors as `outer: inner: root` (fmt.Errorf with `%w`), the kubelet joins several as `[a, b]`
(apimachinery/pkg/util/errors), containerd >= 2.1.3 joins with a newline (errors.Join). Image references and
addresses are mostly quoted (`%q`). All work is linear in the length of the text, which is capped.
"""

import re
from dataclasses import dataclass
from functools import cache

_HEAD, _TAIL = 12_000, 4_000
_TOKEN = re.compile(r'\\"|"|(?:https?|docker)://')
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_ADDRESS = re.compile(r'[^\s"\x01\x02]+')
_INTRODUCES_TEXT = re.compile(r"(?:^|Err[A-Z]\w+: |ImagePullBackOff: |\berr(?:or)?=)$")
_RPC = re.compile(r"(?:rpc )?error: code = (\w+) desc = ")
_OPEN_LIST = re.compile(r"(?:^|: ?)\[(?=rpc error|[a-z]+ |Error |[A-Z]\w+: )")
_NEXT_OF_LIST = re.compile(r", (?=rpc error: |failed to |unable to |Error response |[a-z]+ing )")
_FRESH_LINE = re.compile(r"(?:Failed to |Error: |Err[A-Z]\w+: |ImagePullBackOff: |Back-off |rpc error: | *\* )")
_ARTIFACT_HALF = "; artifact err: "
_NAME = re.compile(r"\x01(\d+)\x02")
_CLASSES = frozenset({"not found", "unknown", "failed precondition", "invalid argument", "not implemented"})


@dataclass(frozen=True, slots=True)
class Chain:
    """One error chain. Links hold `{name}` marks in place of names; a trailing gRPC class is taken off."""

    links: tuple[str, ...]
    names: tuple[str, ...]
    error_class: str = ""
    """`not found`, `unknown`, ...: containerd's error class, which proves nothing alone."""

    def find(self, *templates: str) -> "Found | None":
        """The first link that one of the templates fits as a whole."""
        for index, link in enumerate(self.links):
            for template in templates:
                if match := compiled(template).fullmatch(link):
                    return Found(self, index, match)
        return None

    def has(self, *templates: str) -> bool:
        """Whether any link fits one of the templates."""
        return self.find(*templates) is not None

    def plain(self, text: str) -> str:
        """`text` with its names put back."""
        return _NAME.sub(lambda m: self.names[int(m.group(1))], text)

    def after(self, index: int) -> str:
        """Everything behind the link at `index`, as one string with names still masked."""
        return ": ".join(self.links[index + 1 :])


@dataclass(frozen=True, slots=True)
class Found:
    """A link that a template fits."""

    chain: Chain
    index: int
    match: re.Match[str]

    def group(self, number: int = 1) -> str:
        """What stands in the template's n-th hole, names put back."""
        return self.chain.plain(self.match.group(number) or "")

    @property
    def next(self) -> str:
        """The link behind it, or empty."""
        rest = self.chain.links[self.index + 1 : self.index + 2]
        return rest[0] if rest else ""


_HOLES = {"name": r"(\x01\d+\x02)", "word": r"([^\s\x01]+)", "any": r"(.*)", "num": r"(\d+)", "ref": r"(\S+)"}


@cache
def compiled(template: str) -> re.Pattern[str]:
    """A pattern from literal text with holes: `{name}` masked, `{word}`, `{ref}` either, `{num}`, `{any}`."""
    pieces = re.split(r"\{(name|word|any|num|ref)\}", template)
    made = (_HOLES[p] if i % 2 else re.escape(p) for i, p in enumerate(pieces))
    return re.compile("".join(made), re.DOTALL)


def clean(text: str) -> str:
    """The text with its control characters written out and not longer than this module cares to read.

    Newlines stay and other white space is a blank; what could steer a terminal stands there as `\\x1b`, to be seen.
    """
    if len(text) > _HEAD + _TAIL:
        text = f"{text[:_HEAD]} {text[-_TAIL:]}"
    return "".join(map(_written, text)).strip()


def _written(char: str) -> str:
    if char == "\n" or (char >= " " and not "\x7f" <= char <= "\x9f"):
        return char
    return " " if char in "\t\r\v\f" else f"\\x{ord(char):02x}"


def chains(text: str) -> tuple[Chain, ...]:
    """Every error chain of the text: one, or one for each login that the kubelet tried."""
    names: list[str] = []
    masked = _mask(_from_json(clean(text)), names, 0)
    found = [_chain(part, names) for message in _messages(masked) for part in _list_items(message)]
    return tuple(c for c in found if c.links)


def _mask(text: str, names: list[str], depth: int) -> str:
    out: list[str] = []
    at = 0
    for token in _TOKEN.finditer(text):
        if token.start() < at:
            continue
        out.append(text[at : token.start()])
        piece, at = _masked_token(text, token, "".join(out[-3:]), names, depth)
        out.append(piece)
    out.append(text[at:])
    return "".join(out)


def _masked_token(text: str, token: re.Match[str], before: str, names: list[str], depth: int) -> tuple[str, int]:
    if token.group() == '\\"':
        return token.group(), token.end()
    if token.group() != '"':
        return _masked_address(text, token.start(), names)
    quoted = _QUOTED.match(text, token.start())
    if quoted is None:  # cut off inside a quotation: the rest belongs to it
        names.append(text[token.end() :])
        return f"\x01{len(names) - 1}\x02", len(text)
    body, end = quoted.group(1), quoted.end()
    if body == "message" and text[end : end + 1] == ":":
        return "message: ", _skip_to_quote(text, end)
    nested = before.endswith("message: ") or _INTRODUCES_TEXT.search(before[-20:])
    if nested and depth < 2 and " " in body:
        return _mask(_unescape(body), names, depth + 1), end
    names.append(body)
    return f"\x01{len(names) - 1}\x02", end


def _skip_to_quote(text: str, colon: int) -> int:
    at = colon + 1
    return at + 1 if text[at : at + 1] == " " else at


def _masked_address(text: str, start: int, names: list[str]) -> tuple[str, int]:
    found = _ADDRESS.match(text, start)
    address = found.group().rstrip(":,.;)") if found else ""
    names.append(address)
    return f"\x01{len(names) - 1}\x02", start + len(address)


def _from_json(text: str) -> str:
    """A text copied out of JSON or a log, where every quotation mark is escaped, without the escapes."""
    return _unescape(text) if '\\"' in text and '"' not in text.replace('\\"', "") else text


def _unescape(body: str) -> str:
    return body.replace("\\n", "\n").replace('\\"', '"').strip()


def _messages(masked: str) -> list[str]:
    """Several messages pasted together, one a line; other lines go on the message above."""
    messages: list[list[str]] = [[]]
    for line in masked.split("\n"):
        if messages[-1] and _FRESH_LINE.match(line):
            messages.append([])
        messages[-1].append(line)
    return ["\n".join(lines) for lines in messages]


def _list_items(message: str) -> list[str]:
    opened = _OPEN_LIST.search(message)
    if opened is None:
        return [message]
    inner = message[opened.end() :].rstrip()
    items = _NEXT_OF_LIST.split(inner.removesuffix("]"))
    if len(items) == 1 and not inner.endswith("]"):
        return [message]
    return [f"{message[: opened.start()]}: {item}" for item in items]


def _chain(message: str, names: list[str]) -> Chain:
    message = _RPC.sub(": ", message.partition(_ARTIFACT_HALF)[0])
    links = [link.strip() for link in re.split(r": |:$|\n", message)]
    links = [link for link in links if link]
    error_class = ""
    while len(links) > 1 and links[-1] in _CLASSES:
        error_class = links.pop()
    return Chain(tuple(links), tuple(names), error_class)
