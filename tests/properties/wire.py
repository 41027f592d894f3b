"""HTTP answers as a broken or hostile registry sends them: now and then right, so that the next question is asked."""

import base64
import gzip
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from tests.properties.wild import DEEP, HUGE, JSON, WORDS, damaged, dumped, wild

NAME, AWAY = "harbor.demo.test", "token.demo.test"
DIGEST = "sha256:" + "9" * 64
PATHS = ("v2", "token", "manifests", "tags", "blobs")


def jwt(claims: bytes, padded: bool) -> str:
    """A token with these claims, unsigned."""
    middle = base64.urlsafe_b64encode(claims).decode()
    return f"eyJhbGciOiJub25lIn0.{middle if padded else middle.rstrip('=')}.c2ln"


CLAIMS = st.one_of(
    st.just({"sub": "ann", "access": [{"type": "repository", "name": "team/app", "actions": ["pull", "push"]}]}),
    st.sampled_from([{"sub": "", "access": []}, {"sub": "x" * 5000}, {"sub": 5, "access": "all"}]),
    st.fixed_dictionaries({"sub": WORDS | JSON, "access": JSON | st.lists(st.fixed_dictionaries({"type": WORDS,
                          "actions": JSON | st.lists(WORDS, max_size=3)}), max_size=3)}),
    JSON,
)  # fmt: skip
TOKENS = st.one_of(
    st.builds(jwt, damaged(CLAIMS.map(dumped)) | DEEP, st.booleans()),
    st.builds(jwt, CLAIMS.map(dumped), st.booleans()),
    st.sampled_from(["a.b.c", "..", "...", "opaque", "", "x" * 70_000, "a\r\nX-Evil: 1", "tök"]),
    WORDS,
    JSON,
)
TAGS = st.sampled_from(["1.0", "1.1", "latest", "1.0\nkubectl delete ns shop\n"]) | WORDS
ERRORS = st.fixed_dictionaries(
    {"errors": JSON | st.lists(st.fixed_dictionaries({
        "code": st.sampled_from(["UNAUTHORIZED", "DENIED", "NOT_FOUND", "MANIFEST_UNKNOWN", "TOOMANYREQUESTS",
                                 "PROJECTPOLICYVIOLATION"]) | WORDS | JSON,
        "message": WORDS | st.sampled_from(["artifact team/app:1.0 not found", "project team not found"]) | JSON,
    }), max_size=3)}
)  # fmt: skip
MANIFESTS = st.one_of(
    st.fixed_dictionaries({"config": JSON | st.fixed_dictionaries({"digest": st.just(DIGEST) | WORDS})}),
    st.fixed_dictionaries({"manifests": JSON | st.lists(st.fixed_dictionaries({
        "platform": JSON | st.fixed_dictionaries({"os": WORDS, "architecture": WORDS | JSON})}), max_size=3)}),
    st.fixed_dictionaries({"os": WORDS | JSON, "architecture": WORDS | JSON}),
)  # fmt: skip
DOCUMENTS: dict[str, st.SearchStrategy[Any]] = {
    "v2": ERRORS | JSON,
    "token": st.fixed_dictionaries({"token": TOKENS, "expires_in": st.just(300) | JSON}) | ERRORS,
    "manifests": MANIFESTS | ERRORS | JSON,
    "tags": st.fixed_dictionaries({"tags": st.lists(TAGS, max_size=4) | JSON}) | ERRORS,
    "blobs": MANIFESTS | JSON,
}


def bodies(about: str) -> st.SearchStrategy[bytes]:
    """What the answer to this question may hold; most of it has the right shape."""
    right = DOCUMENTS[about].map(dumped)
    other = st.one_of(DEEP, HUGE, st.binary(max_size=60), WORDS.map(lambda t: t.encode("utf-8", "surrogatepass")))
    return st.integers(0, 19).flatmap(lambda way: other if way == 13 else damaged(right))


# Headers.

REALMS = st.one_of(
    st.sampled_from([f"https://{NAME}/token", f"https://{NAME}/token?x=1"]),
    st.sampled_from(
        [f"https://{AWAY}/token", f"http://{NAME}/token", "/token", "", "https://", f"https://{NAME}@{AWAY}/token",
         f"https://{NAME}:0/token", f"https://{NAME}:99999/token", "https://[::1/token", "https://169.254.169.254/",
         f"https://{NAME}\\@{AWAY}/", "file:///etc/passwd", f"HTTPS://{NAME.upper()}/token", f"https://{NAME}/t k n"]
    ),
    WORDS,
)  # fmt: skip
SERVICES = st.sampled_from(["harbor-registry", "harbor-registry", "other"]) | WORDS
CHALLENGES = st.one_of(
    st.builds('Bearer realm="{}",service="{}"'.format, REALMS, SERVICES),
    st.builds('Bearer realm="{}",service="{}"'.format, st.just(f"https://{NAME}/token"), SERVICES),
    st.sampled_from(["Basic", 'Basic realm="x"', "", " ", "Bearer", "Negotiate", "bearer ,,,=", 'Bearer realm="x']),
    st.builds('{} realm="{}", Basic realm="{}", {}'.format, WORDS, REALMS, WORDS, WORDS),
    st.text('Bearer realm="\\,= \t', max_size=300),
    st.builds(lambda piece, times: piece * times, st.sampled_from(['Bearer realm="', 'a="\\', "Basic ,", 'x="y",']),
              st.sampled_from([500, 4_000])),
    WORDS,
)  # fmt: skip
PLACES = st.one_of(
    st.sampled_from(
        ["/v2/team/app/manifests/x", f"https://{AWAY}/v2/", "https://[", "//", "?", "https://h:99999/", ""]
    ),
    st.sampled_from([f"https://{NAME}/v2/team/app/blobs/y?X-Amz-Signature=topsecret", f"http://{NAME}/v2/"]),
    WORDS,
)
HEADERS = st.one_of(
    st.tuples(st.just("WWW-Authenticate"), CHALLENGES),
    st.tuples(st.just("Location"), PLACES),
    st.tuples(st.just("Link"), PLACES.map(lambda place: f'<{place}>; rel="next"')),
    st.tuples(st.just("Docker-Content-Digest"), st.just(DIGEST) | WORDS),
    st.tuples(st.just("Content-Type"), st.just("application/vnd.oci.image.index.v1+json") | WORDS),
    st.tuples(st.just("Content-Encoding"), st.sampled_from(["gzip", "deflate", "br", "gzip, gzip", "x"])),
    st.tuples(st.just("Docker-Distribution-Api-Version"), st.just("registry/2.0") | WORDS),
    st.tuples(st.just("Set-Cookie"), WORDS),
    st.tuples(wild(2), WORDS),
)
STATUSES = {
    "v2": [401, 401, 401, 401, 200, 403, 404, 500, 301, 429, 0, 99, 999],
    "token": [200, 200, 200, 401, 403, 500, 302, 404],
    "manifests": [200, 200, 401, 403, 404, 404, 412, 429, 500, 307, 301, 204, 304, 100],
    "tags": [200, 200, 401, 404, 500, 307],
    "blobs": [200, 307, 404, 500],
}
FRAMINGS = st.sampled_from(["right"] * 16 + ["short", "long", "none", "negative", "twice", "chunked", "rubbish", "zip"])


@dataclass(frozen=True, slots=True)
class Wire:
    """An answer's bytes."""

    raw: bytes
    keeps: bool = False
    """It ends where it says, so that the connection can stay: a new one for each question takes most of the time."""

    def sent(self, method: str) -> bytes:
        """The bytes that go out: to a HEAD none of the body of an answer that is in order."""
        head, end, _ = self.raw.partition(b"\r\n\r\n")
        return head + end if self.keeps and method == "HEAD" else self.raw


def framed(status: int, headers: list[tuple[str, str]], body: bytes, framing: str) -> Wire:
    """Put an answer together; a line break in a header begins another header, as it would on the wire."""
    lengths = {"right": [len(body)], "short": [len(body) // 2], "long": [len(body) + 9], "negative": [-5],
               "twice": [len(body), 3], "zip": [len(body)]}.get(framing, [])  # fmt: skip
    if framing == "zip":
        body = gzip.compress(body)
        headers, lengths = [*headers, ("Content-Encoding", "gzip")], [len(body)]
    if framing in ("chunked", "rubbish"):
        headers = [*headers, ("Transfer-Encoding", "chunked")]
        body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if framing == "chunked" else b"zz\r\n" + body
    lines = [f"HTTP/1.1 {status:03} x", *(f"Content-Length: {length}" for length in lengths)]
    lines += [f"{name}: {value}" for name, value in headers]
    ends = not any(char in line for line in lines for char in "\r\n") and status >= 200 and status not in (204, 304)
    head = "\r\n".join(lines).encode("utf-8", "surrogatepass") + b"\r\n\r\n"
    return Wire(head + body, keeps=framing == "right" and ends)


def good(status: int, body: Any = "", *headers: tuple[str, str]) -> Wire:
    """An answer in order."""
    return framed(status, list(headers), dumped(body), "right")


CHALLENGE = f'Bearer realm="https://{NAME}/token",service="{{}}"'
KNOWN = jwt(dumped({"sub": "ann", "access": [{"type": "repository", "actions": ["pull"]}]}), padded=False)
BASIC = good(401, {"errors": [{"code": "UNAUTHORIZED"}]}, ("WWW-Authenticate", 'Basic realm="x"'))
GOOD: dict[str, list[Wire]] = {
    "v2": [
        good(401, {"errors": []}, ("WWW-Authenticate", CHALLENGE.format("harbor-registry"))),
        good(401, {"errors": []}, ("WWW-Authenticate", CHALLENGE.format("other"))),
        good(401, "", ("WWW-Authenticate", CHALLENGE.format("other").replace(NAME, AWAY, 1))),
        BASIC,
        good(200),
    ],
    "token": [good(200, {"token": KNOWN, "expires_in": 300}), good(200, {"access_token": "opaque"}), good(401)],
    "manifests": [
        good(200, {"config": {"digest": DIGEST}}, ("Docker-Content-Digest", DIGEST)),
        good(200, {"manifests": [{"platform": {"os": "linux", "architecture": "arm64"}}]}),
        good(404, {"errors": [{"code": "NOT_FOUND", "message": "artifact team/app:1.0 not found"}]}),
        good(401, {"errors": [{"code": "UNAUTHORIZED"}]}),
        BASIC,
    ],
    "tags": [good(200, {"tags": ["1.0", "1.1"]})],
    "blobs": [good(200, {"os": "linux", "architecture": "s390x"})],
}


@st.composite
def answers(draw: st.DrawFn, about: str) -> Wire:
    """One answer to one question: more often than not a good one, so that the next question is asked."""
    way = draw(st.integers(0, 19))
    if way > 7:
        return draw(st.sampled_from(GOOD[about]))
    if way == 5:
        noise = st.sampled_from([b"", b"SSH-2.0-x\r\n", b"HTTP/1.1\r\n\r\n", b"\0" * 99])
        return Wire(draw(noise | st.binary(max_size=50)))
    status = draw(st.sampled_from(STATUSES[about]))
    headers = draw(st.lists(HEADERS, max_size=2))
    if status == 401 and draw(st.integers(0, 4)):
        headers = [("WWW-Authenticate", draw(CHALLENGES)), *headers]
    return framed(status, headers, draw(bodies(about)), draw(FRAMINGS))


REGISTRIES = st.fixed_dictionaries({about: answers(about) for about in PATHS})
