"""Reads URLs as Go's `net/url` does, as far as the kubelet's keyring needs it: host and path, decoded, as bytes.

Follows Go 1.24.12, which kubelet 1.34 is built with, and `GODEBUG=urlstrictcolons=0`: several colons in a host are
kept, and what stands before a bracket (`foo[::1]:5000`) is dropped. Newer Go refuses some of these.
Sources: `net/url` (Parse), `net` (SplitHostPort), `net/netip` (ParseAddr).
"""

import re
from dataclasses import dataclass
from ipaddress import IPv6Address

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_BAD_ESCAPE = re.compile(rb"%(?![0-9A-Fa-f]{2})")
_HOST_ESCAPE_OF_ASCII = re.compile(rb"%(?!25)[0-7]")
_NOT_IN_HOST = re.compile(rb"[^A-Za-z0-9\-._~!$&'()*+,;=:\[\]<>\"%\x80-\xff]")
_NOT_IN_USER = re.compile(rb"[^A-Za-z0-9\-._:~!$&'()*+,;=%@]")
_PORT = re.compile(rb"(?::[0-9]*)?")


class UrlError(ValueError):
    """Go refuses the URL; `str()` says why as the end of the sentence `the key is refused: ...`."""


@dataclass(frozen=True, slots=True)
class Url:
    """What the keyring keeps of a URL."""

    host: bytes
    """With its port, decoded; an IPv6 address in brackets."""
    path: bytes
    """Percent-decoded once; empty or with a leading slash."""


def parse(text: bytes) -> Url:
    """Read what follows `https://`: authority and path; query, fragment and user part are dropped. Raises UrlError."""
    body, _, fragment = text.partition(b"#")
    if _CONTROL.search(body):
        raise UrlError("it holds a control character")
    _unescape(fragment)
    authority, slash, rest = body.partition(b"?")[0].partition(b"/")
    user, at, host = authority.rpartition(b"@")
    host = _host(host)
    if at:
        _check_user(user)
    return Url(host, _unescape(slash + rest))


def split_port(host: bytes) -> tuple[bytes, bytes]:
    """Split like `net.SplitHostPort`; where that fails (no port, several colons) the whole is the host."""
    name, colon, port = host.rpartition(b":")
    if not colon:
        return host, b""
    if host.startswith(b"["):
        inner, bracket, between = name[1:].partition(b"]")
        if not bracket or between or b"[" in inner:
            return host, b""
        return inner, port
    return (host, b"") if b":" in name or re.search(rb"[\[\]]", host) else (name, port)


def _unescape(text: bytes) -> bytes:
    if b"%" not in text:
        return text
    if _BAD_ESCAPE.search(text):
        raise UrlError("it holds a % that is not followed by two hexadecimal digits")
    return _ESCAPE.sub(lambda found: bytes.fromhex(found[1].decode("ascii")), text)


def _check_user(user: bytes) -> None:
    if _NOT_IN_USER.search(user):
        raise UrlError("its part before @ holds a character that is not allowed there")
    _unescape(user)


def _host(host: bytes) -> bytes:
    if b"[" in host:
        return _bracketed(host)
    colon = host.rfind(b":")
    if colon >= 0:
        _check_port(host[colon:])
    return _unescape_host(host)


def _check_port(port: bytes) -> None:
    if not _PORT.fullmatch(port):
        raise UrlError("its port is not a number")


def _unescape_host(host: bytes) -> bytes:
    if _BAD_ESCAPE.search(host) or _HOST_ESCAPE_OF_ASCII.search(host):
        raise UrlError("its host holds a % escape that is not allowed there")
    wrong = _NOT_IN_HOST.search(host)
    if wrong:
        what = "a blank" if wrong[0] == b" " else wrong[0].decode("ascii")
        raise UrlError(f"its host holds {what}, which is not allowed there")
    return _unescape(host)


def _bracketed(host: bytes) -> bytes:
    start, end = host.rfind(b"["), host.rfind(b"]")
    if end < 0:
        raise UrlError("a bracket ] is missing in its host")
    _check_port(host[end + 1 :])
    name = host[start + 1 : end]
    before_zone, percent, zone = name.partition(b"%25")
    name = _unescape_host(before_zone) + _unescape_zone(percent + zone)
    _check_address(name)
    return b"[" + name + b"]" + host[end + 1 :]


def _unescape_zone(zone: bytes) -> bytes:
    if _BAD_ESCAPE.search(zone) or _NOT_IN_HOST.search(zone):
        raise UrlError("the zone in its address holds a character that is not allowed there")
    for found in _ESCAPE.finditer(zone):
        byte = bytes.fromhex(found[1].decode("ascii"))
        if byte not in (b"%", b" ") and (_NOT_IN_HOST.search(byte) or byte >= b"\x80"):
            raise UrlError("the zone in its address holds a % escape that is not allowed there")
    return _unescape(zone)


def _check_address(name: bytes) -> None:
    address, percent, zone = name.partition(b"%")
    try:
        IPv6Address(address.decode("ascii"))
    except ValueError:
        raise UrlError("its brackets hold no IPv6 address, and no other use of brackets is read") from None
    if percent and not zone:
        raise UrlError("the zone in its address is empty")
