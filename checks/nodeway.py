"""What the kubelet's text tells about the node's way to a registry: address, resolver, proxy, and the node's clock.

The words are Go's: `dial tcp ADDRESS` and `lookup NAME on RESOLVER` (net.OpError, net.DNSError), `proxyconnect` in
front where a proxy was dialled (net/http, transport.go), `current time T is after U` (crypto/x509, verify.go).
"""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from checks.complaints.text import Chain, chains

_PROXY = ("proxyconnect {any}", "error connecting to proxy {any}", "socks connect {any}")
_DIALLED = ("dial tcp {word}",)
_TALKED = ("read tcp {word}->{word}", "write tcp {word}->{word}")
_ASKED = ("lookup {word} on {word}",)
_TIME = ("current time {word} is before {word}", "current time {word} is after {word}")


@dataclass(frozen=True, slots=True)
class NodeWay:
    """Empty or None is what the text does not tell."""

    address: str = ""
    """Whom the node connected to: the registry, unless `proxied` is None; then it may be a proxy."""
    port: str = ""
    resolver: str = ""
    """Whom the node asked for the name, with its port."""
    proxied: bool | None = None
    """Did it dial a proxy?"""
    proxy: str = ""
    """The proxy's address, with its port."""
    now: datetime | None = None
    """The node's own clock, where it judged a certificate."""
    early: bool = False
    """By that clock the certificate is not valid yet."""
    limit: datetime | None = None
    """The end of the certificate's time; if `early`, its beginning."""


@lru_cache(1024)
def node_way(message: str, detail: str = "") -> NodeWay:
    """Read a kubelet's text; `detail`: the words that decided, to tell one of several errors from the others.

    Thousands of pods of one image say the same, so what was read is kept.
    """
    found = chains(message)
    chain = next((each for each in found if detail and _ends(each, detail)), found[-1] if found else None)
    return NodeWay() if chain is None else _way(chain)


def _ends(chain: Chain, detail: str) -> bool:
    return chain.plain(": ".join(chain.links)).endswith(detail)


def _way(chain: Chain) -> NodeWay:
    dialled, talked, asked = chain.find(*_DIALLED), chain.find(*_TALKED), chain.find(*_ASKED)
    where = dialled.group() if dialled else talked.group(2) if talked else ""
    resolver = asked.group(2) if asked else ""
    now, early, limit = _clock(chain)
    if chain.has(*_PROXY):
        return NodeWay(resolver=resolver, proxied=True, proxy=where, now=now, early=early, limit=limit)
    # What was talked to may be a proxy that had been reached; what was dialled without one is the registry.
    direct = False if dialled or asked else None
    address = _address(where)
    return NodeWay(address, where.rpartition(":")[2] if address else "", resolver, direct, "", now, early, limit)


def _clock(chain: Chain) -> tuple[datetime | None, bool, datetime | None]:
    told = chain.find(*_TIME)
    if told is None:
        return None, False, None
    return _time(told.group(1)), " is before " in chain.links[told.index], _time(told.group(2))


def _time(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read.astimezone(UTC) if read.tzinfo is not None else None


def _address(where: str) -> str:
    """The IP address in `ADDRESS:PORT`, in its usual form; empty where there is none."""
    bare = where.rpartition(":")[0].removeprefix("[").removesuffix("]").partition("%")[0]
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        return ""
