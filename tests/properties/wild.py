"""Text, bytes, Secrets and answers as an enemy would make them, now and then right enough to get further."""

import base64
import json
from typing import Any

from hypothesis import strategies as st

PLANTED = "Kettle-7-Lantern"
"""The password in these Secrets: it must be seen nowhere."""
MARKUP = "[red]x[/red]"

NASTY = (
    "\x1b[2J", "\x1b[31mred", "\x1b]0;title\x07", "\x1b]8;;http://e\x1b\\", "\x1bP1$r\x1b\\", "\x9b1m", "\x9d0;t\x9c",
    MARKUP, "[/red]", "[/]", "[link=http://e]", "[@click=app.quit]", "\\[", "\u202e", "\u2066", "\u200f", "\u200b",
    "\xad", "\ufeff", "\u2028", "\u2029", "\x85", "\x0b", "\x0c", "\x1c", "\x7f", "\x08", "\r", "\n", "\r\n", "\t",
    "\n\n", "\ud83d", "\udcff", "\ufffd", "\U000e0041", "\U0010ffff", "'", '"', "`id`", "$(id)", "${IFS}", "$HOME",
    "\\", "\\n", "\\0101", "%s", "%n", "%b", "{", "}", "{name}", "{0}", ";", "|", "&", ">", "<", "*", "~", "!!", "#",
    "-x", "--", "=", ":", "/", "//", "@", ",", " ", "  ", "é", "ſ", "拒", "🏴‍☠️", "e\u0301",
    "\nkubectl delete ns shop\n", "\n# x\ndocker rmi -f x #",
)  # fmt: skip
LETTERS = st.text(st.characters(), max_size=6)
PLAIN = st.text("abcxyz019-._", min_size=1, max_size=8)


def wild(most: int = 5) -> st.SearchStrategy[str]:
    """Text of a few nasty and ordinary pieces, lone surrogates among them."""
    return st.lists(st.sampled_from(NASTY) | PLAIN | LETTERS, max_size=most).map("".join)


WORDS = wild()
WORDS_WITHOUT_NUL = WORDS.map(lambda text: text.replace("\0", ""))

# JSON, most of it valid.

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=True) | WORDS
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WORDS, inner, max_size=3), max_leaves=6
)


def dumped(value: Any) -> bytes:
    """JSON as bytes; surrogates as escapes."""
    return json.dumps(value).encode()


def members(pairs: list[tuple[str, bytes]]) -> bytes:
    """An object of these members, doubles and all."""
    return b"{%b}" % b",".join(dumped(name) + b":" + value for name, value in pairs)


DEPTHS = st.sampled_from([10, 900, 1_100, 5_000, 10_001])
DEEP = st.builds(
    lambda depth, pair, closed: pair[0] * depth + (b"0" + pair[1] * depth if closed else b""),
    DEPTHS,
    st.sampled_from([(b"[", b"]"), (b'{"auths":', b"}"), (b'{"a":', b"}")]),
    st.booleans(),
)
HUGE = st.builds(
    lambda name, times: b'{"%b":"%b"}' % (name, b"x" * times),
    st.sampled_from([b"auth", b"token", b"errors"]),
    st.sampled_from([2_000, 70_000]),
)


def mangled(text: bytes, how: int, where: int, what: bytes) -> bytes:
    """The text with one thing wrong with it."""
    at = where % (len(text) + 1)
    ways = (text[:at], text[:at] + what + text[at:], text[:at] + text[at + 1 :], b"\xef\xbb\xbf" + text, text + what)
    return ways[how % len(ways)]


BYTES = st.sampled_from([b"\xff", b"\xed\xa0\x80", b"\xc3", b"\0", b"\x1b[31m", b"\\ud800", b'"', b"}", b",", b"\n"])


def damaged(texts: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    """Such texts, one in two of them damaged."""
    return texts | st.builds(mangled, texts, st.integers(0, 4), st.integers(0, 500), BYTES | st.binary(max_size=3))


# Secrets.

HOST = "harbor.example.com"
KEYS = st.one_of(
    st.sampled_from(
        [
            HOST, f"https://{HOST}", f"{HOST}:443", f"{HOST}/shop", f"*.{HOST[7:]}", "h*.example.com", f"{HOST}/v2/",
            "https://index.docker.io/v1/", f"https://ci:{PLANTED}@{HOST}", f"ci:{PLANTED} @{HOST}", "%zz", "[::1",
            f"{HOST}/%73hop", f"oci://{HOST}", HOST.upper(), f"{HOST}\n", "https://", "*", "", "h:1:2", "//", "a]b",
        ]
    ),
    WORDS,
)  # fmt: skip
USERS = st.sampled_from(["ci", "robot$shop+pull", "robot+pull", ""]) | WORDS
PASSWORDS = st.sampled_from([PLANTED, f"{PLANTED}\n", f" {PLANTED}\t", ""])
FIELDS = ("auth", "username", "password", "email", "identitytoken", "AUTH", "authſ", "Username", "registrytoken", "x")


@st.composite
def base64_of(draw: st.DrawFn, raw: st.SearchStrategy[bytes]) -> str:
    """Base64 in one of its many variants, or what somebody took for it."""
    text = draw(raw)
    way = draw(st.integers(0, 9))
    if way == 0:
        return text.decode("utf-8", "surrogateescape")
    coded = (base64.urlsafe_b64encode if way == 1 else base64.b64encode)(text).decode("ascii")
    if way == 2:
        return coded.rstrip("=")
    if way == 3:
        return base64.b64encode(coded.encode()).decode("ascii")
    if way in (4, 5):
        at = draw(st.integers(0, len(coded)))
        return coded[:at] + draw(st.sampled_from(["\n", "\r\n", " ", "=", "\0", "é", "-"])) + coded[at:]
    return coded


AUTHS = base64_of(
    st.builds(
        lambda user, colon, password: f"{user}{colon}{password}".encode("utf-8", "surrogatepass"),
        USERS,
        st.sampled_from([":", ":", ":", "", "\n:"]),
        PASSWORDS,
    )
)


@st.composite
def entries(draw: st.DrawFn) -> bytes:
    """One entry of a docker config, most of them an object of texts."""
    if draw(st.integers(0, 7)) == 0:
        return dumped(draw(JSON))
    pairs: list[tuple[str, bytes]] = []
    for name in draw(st.lists(st.sampled_from(FIELDS), max_size=4)):
        folded = name.lower()
        value: Any = draw(AUTHS if folded in ("auth", "authſ") else PASSWORDS if folded == "password" else USERS)
        pairs.append((name, dumped(value if draw(st.integers(0, 9)) else draw(SCALARS))))
    return members(pairs)


@st.composite
def configs(draw: st.DrawFn) -> bytes:
    """A docker config: in the modern shape, in the old one, or in neither."""
    pairs = draw(st.lists(st.tuples(KEYS, entries()), max_size=3))
    if pairs and draw(st.integers(0, 4)) == 2:
        pairs.append((pairs[0][0], draw(entries())))
    hosts = members(pairs)
    way = draw(st.integers(0, 9))
    if way == 1:
        return hosts
    around = [("auths", hosts)] * (2 if way == 2 else 1)
    if way == 3:
        around = [(draw(st.sampled_from(["AUTHS", "authſ", "auth", "httpHeaders"])), hosts)]
    if way in (4, 5):
        around += [(draw(st.sampled_from(["HttpHeaders", "httpheaders", "credsStore", "auths"])), dumped(draw(JSON)))]
    return members(around)


PAYLOADS = st.integers(0, 59).flatmap(
    lambda way: DEEP if way == 37 else HUGE if way == 41 else st.binary(max_size=40) if way < 4 else damaged(configs())
)
TYPES = st.sampled_from(
    ["kubernetes.io/dockerconfigjson"] * 4 + ["kubernetes.io/dockercfg", "Opaque", "kubernetes.io/tls", "", None]
)
DATA_KEYS = st.sampled_from([".dockerconfigjson"] * 4 + [".dockercfg", "config.json", ".DockerConfigJson", ""])
NAMES = st.sampled_from(["harbor-pull", "regcred"]) | WORDS


@st.composite
def secrets(draw: st.DrawFn, *, sound: bool = False) -> dict[str, Any]:
    """A Secret as an API server might return it; with `sound` its data is base64 and every field of the right type."""
    name = draw(NAMES)
    metadata: Any = {"name": name, "namespace": "shop", "uid": "u-1", "resourceVersion": "1"}
    payload = draw(PAYLOADS)
    value: Any = base64.b64encode(payload).decode("ascii")
    body: dict[str, Any] = {"apiVersion": "v1", "kind": "Secret", "type": draw(TYPES)}
    if not sound:
        metadata |= draw(
            st.dictionaries(st.sampled_from(["labels", "annotations", "ownerReferences"]), JSON, max_size=2)
        )
        value = draw(st.one_of(*[st.just(value)] * 4, base64_of(st.just(payload)), SCALARS))
        body |= draw(st.sampled_from([{}, {}, {}, {"stringData": {"x": "y"}}, {"data": 5}, {"immutable": True}]))
        metadata = draw(st.sampled_from([metadata] * 8 + [None, [], "x"]))
    return {"data": {draw(DATA_KEYS): value}, "metadata": metadata} | body


IMAGES = st.one_of(
    st.sampled_from(
        [
            f"{HOST}/shop/web:1.4.2", f"{HOST}/shop/web@sha256:" + "9" * 64, "nginx", "shop/web:1", f"{HOST}:443/a/b",
            f"{HOST}/Shop/web:1", "docker.io/x", "[::1]:5000/a/b:1", "localhost/a", f"{HOST}/x", "a_b.example.com/x:1",
        ]
    ),
    WORDS,
)  # fmt: skip
