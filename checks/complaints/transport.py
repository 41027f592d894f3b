"""Go's net, crypto/tls, crypto/x509 and net/http errors: the request never got an answer that counts."""

from checks.complaints.text import Chain
from checks.complaints.verdict import UNKNOWN, Verdict, likely, proven, unknown

_REQUEST = ("Head {name}", "Get {name}", "Post {name}", "Put {name}", "HEAD {name}", "GET {name}")
_BARE_STATUS = (
    "Forbidden",
    "Bad Gateway",
    "Proxy Authentication Required",
    "Gateway Timeout",
    "Gateway Time-out",
    "Service Unavailable",
    "Internal Server Error",
    "Bad Request",
    "Not Found",
    "Method Not Allowed",
)
_PROXY = ("proxyconnect tcp", "error connecting to proxy {name}", "socks connect {any}", "proxyconnect {word}")
_NO_NAME = ("Temporary failure in name resolution{any}", "Name or service not known{any}")
_LOOKUP = ("lookup {word}", "lookup {word} on {word}", "no such host{any}", "server misbehaving{any}", *_NO_NAME)
_TLS_NAME = (
    "certificate is valid for {any}, not {any}",
    "cannot validate certificate for {any} because it doesn't contain any IP SANs{any}",
    "certificate is not valid for any names, but wanted to match {any}",
    "certificate relies on legacy Common Name field, use SANs{any}",
    "certificate has no names matching{any}",
)
_ROOTS: tuple[tuple[Verdict, tuple[str, ...]], ...] = (
    (
        proven("tls_unknown_ca"),
        (
            "certificate signed by unknown authority{any}",
            "certificate is not trusted{any}",
            "failed to load system roots{any}",
        ),
    ),
    (proven("tls_expired"), ("certificate has expired or is not yet valid{any}",)),
    (proven("tls_hostname"), _TLS_NAME),
    (
        proven("http_vs_https"),
        (
            "server gave HTTP response to HTTPS client{any}",
            "first record does not look like a TLS handshake",
            "oversized record received with length {num}",
            "malformed HTTP response {any}",
            "Client sent an HTTP request to an HTTPS server{any}",
        ),
    ),
    (proven("connection_refused"), ("connection refused{any}",)),
    (proven("connection_reset"), ("connection reset by peer{any}", "broken pipe{any}")),
    (
        proven("timeout"),
        (
            "i/o timeout{any}",
            "TLS handshake timeout{any}",
            "timeout awaiting response headers{any}",
            "context deadline exceeded{any}",
            "request canceled{any}",
            "context canceled{any}",
            "connection timed out{any}",
            "operation timed out{any}",
        ),
    ),
    (
        likely("connection_refused", "timeout"),
        ("no route to host{any}", "network is unreachable{any}", "host is down{any}"),
    ),
    (
        likely("connection_reset", "proxy", "corrupt_layer"),
        (
            "EOF",
            "unexpected EOF{any}",
            "server closed idle connection",
            "server sent GOAWAY and closed the connection{any}",
            "stream error{any}",
            "use of closed network connection",
        ),
    ),
    (unknown("proxy", "registry_5xx"), ("stopped after {num} redirects",)),
    (proven("token_service_failure"), ("unsupported protocol scheme {name}",)),
)
_INSPECTION = ("Failed to inspect image {name}", "ImageInspectError", "InspectFailed")
"""The kubelet asks the runtime which images the node holds (ImageStatus): no registry takes part."""
_ON_THE_LINE = (
    "dial tcp{any}",
    "read tcp{any}",
    "write tcp{any}",
    "net/http",
    "http2",
    "pinging container registry {word}",
    "error pinging docker registry {word}",
)
_TLS_WORDS = ("tls", "remote error", "local error")


def judge(chain: Chain) -> Verdict | None:
    """What stopped the request on its way. A unix socket is the runtime's own: no registry was asked.

    Nor does a time that is up show who was waited for, where the text names no request: the runtime itself may hang.
    """
    if chain.has("dial unix {any}"):
        return unknown()
    verdict = _stopped_by(chain)
    if verdict is None or last_request(chain):
        return verdict
    if chain.has(*_INSPECTION):
        return unknown(*dict.fromkeys(c for c in (verdict.cause, *verdict.alternatives) if c != UNKNOWN))
    if verdict.cause == "timeout" and not chain.has(*_ON_THE_LINE):
        return likely("timeout", UNKNOWN) if chain.has("context deadline exceeded") else unknown("timeout")
    return verdict


def _stopped_by(chain: Chain) -> Verdict | None:
    if chain.has(*_PROXY) or _refused_by_proxy(chain):
        return proven("proxy")
    if chain.has(*_LOOKUP):
        return proven("dns")
    for verdict, templates in _ROOTS:
        if chain.has(*templates):
            return _behind_mirror(chain, verdict)
    if chain.has("x509"):
        return unknown("tls_unknown_ca", "tls_hostname")
    if chain.has(*_TLS_WORDS):
        return unknown("tls_unknown_ca", "connection_reset")
    return None


def _refused_by_proxy(chain: Chain) -> bool:
    """A status text without its number comes from net/http's CONNECT, so from a proxy."""
    request = last_request(chain)
    behind = chain.links[request[1] + 1 :] if request else ()
    return bool(behind) and behind[0] in _BARE_STATUS


def last_request(chain: Chain) -> tuple[str, int] | None:
    """Address and place of the last request named; Docker nests the token request in the registry's."""
    for index in range(len(chain.links) - 1, -1, -1):
        found = Chain(chain.links[index : index + 1], chain.names).find(*_REQUEST)
        if found:
            return found.group(), index
    return None


def _behind_mirror(chain: Chain, verdict: Verdict) -> Verdict:
    """containerd keeps the first host's error: what the registry behind a mirror said is not in the text."""
    request = last_request(chain)
    if request and ("?ns=" in request[0] or "&ns=" in request[0]):
        return likely(verdict.cause, *verdict.alternatives, "not_found_tag")
    return verdict
