"""Which address a registry name leads to, whether it may be asked, and the connection to it.

Names of registries are written by tenants, so a name may lead anywhere. Addresses are judged here and connected
to here, in one step, so that a second DNS answer cannot slip in between. Special addresses: RFC 6890; cloud
metadata services as their vendors document them.
"""

import contextlib
import ipaddress
import socket
import threading
import time
from collections.abc import Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotInTime

from checks.clients.chain import Sent
from checks.facts import Break
from checks.settings import Settings

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_RESERVED = (ipaddress.ip_network("0.0.0.0/8"), ipaddress.ip_network("240.0.0.0/4"))
_MOST_ADDRESSES = 6
_LONGEST_PORT = 5


class NoConnection(OSError):
    """No connection came about; `broken` says of which kind, `str()` is a sentence."""

    def __init__(self, broken: Break, sentence: str) -> None:
        super().__init__(sentence)
        self.broken = broken


def split_host(host: str, port: int = 443) -> tuple[str, int]:
    """Take `host`, `host:port` or `[v6]:port` apart: lower-case name without brackets, and port (default `port`)."""
    name, colon, digits = host.rpartition(":")
    if not colon or host.endswith("]") or not digits.isascii() or not digits.isdigit() or len(digits) > _LONGEST_PORT:
        name, digits = host, ""
    return _bare(name), int(digits) if digits else port


def _bare(host: str) -> str:
    """A host without port, as names are compared here."""
    return host.removeprefix("[").removesuffix("]").rstrip(".").lower()


def forbidden(address: Address, loopback_allowed: bool) -> str:
    """Return what kind of address this is if it must not be asked, else an empty string."""
    inner = _embedded(address)
    if inner is not None:
        return forbidden(inner, loopback_allowed)
    if address in _METADATA:
        return "a cloud's metadata address"
    if address.is_link_local:
        return "a link-local or metadata address"
    if address.is_unspecified or address.is_multicast or any(address in net for net in _RESERVED):
        return "no address of a single machine"
    if address.is_loopback and not loopback_allowed:
        return "a loopback address"
    return ""


def _embedded(address: Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside an IPv6 one that is only a wrapping for it (RFC 4291 2.5.5, RFC 6052, RFC 3056)."""
    if not isinstance(address, ipaddress.IPv6Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour


class Dialer:
    """Connects to registries by the user's `resolve` entries or by DNS, and only where it may."""

    def __init__(self, settings: Settings) -> None:
        self._loopback = settings.allow_loopback
        self._resolve = {split_host(key, 0): value for key, value in settings.resolve.items()}
        self._seen: dict[tuple[str, int], tuple[str, ...]] = {}
        self._chains: dict[tuple[str, int], Sent] = {}

    def chosen(self, host: str, port: int) -> str | None:
        """Return the ADDRESS[:PORT] that the user gave for this host, or None."""
        name = _bare(host)
        return self._resolve.get((name, port)) or self._resolve.get((name, 0))

    def allow_by_proxy(self, host: str) -> None:
        """Judge a host that a proxy is going to look up: by its text alone. Raises NoConnection."""
        address = _literal(host)
        kind = forbidden(address, self._loopback) if address else ""
        if host.rstrip(".").lower().endswith("localhost") and not self._loopback:
            kind = "this machine itself"
        if kind:
            raise NoConnection(Break.FORBIDDEN_ADDRESS, f"{host} is {kind}, which is not asked")

    def seen(self, host: str, port: int) -> tuple[str, ...]:
        """Return the addresses that the last connection found for this host."""
        return self._seen.get((_bare(host), port), ())

    def keep_chain(self, host: str, port: int, chain: Sent) -> None:
        """Remember the certificates with which the last connection to this host was made."""
        self._chains[(_bare(host), port)] = chain

    def chain(self, host: str, port: int) -> Sent:
        """Return the certificates with which the last connection to this host was made."""
        return self._chains.get((_bare(host), port), Sent())

    def connect(self, host: str, port: int, seconds: float) -> socket.socket:
        """Return a TCP connection to `host`:`port` within `seconds`. Raises NoConnection."""
        end = time.monotonic() + seconds
        chosen = self.chosen(host, port)
        name, real_port = split_host(chosen, port) if chosen else (_bare(host), port)
        found = _lookup(name, real_port, seconds)
        self._seen[(_bare(host), port)] = tuple(dict.fromkeys(str(address) for address in found))
        allowed = [a for a in found if not forbidden(a, self._loopback or chosen is not None)]
        if not allowed:
            kind = forbidden(found[0], self._loopback or chosen is not None)
            raise NoConnection(Break.FORBIDDEN_ADDRESS, f"{host} leads to {found[0]}, {kind}, which is not asked")
        return _first_that_answers(allowed[:_MOST_ADDRESSES], real_port, host, end)


def _lookup(name: str, port: int, seconds: float) -> list[Address]:
    """Addresses of `name` in the system's order, within `seconds`. Raises NoConnection."""
    answer: Future[list[Address]] = Future()

    def ask() -> None:
        try:
            rows = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
            answer.set_result([_address(str(row[4][0])) for row in rows])
        except Exception as error:
            answer.set_exception(error)

    threading.Thread(target=ask, name=f"dns {name}", daemon=True).start()
    try:
        found = answer.result(timeout=seconds)
    except NotInTime:
        raise NoConnection(Break.DNS, f"the name service did not answer for {name} in {seconds:.0f} s") from None
    except (OSError, UnicodeError, ValueError):
        raise NoConnection(Break.DNS, f"this machine finds no address for {name}") from None
    if not found:
        raise NoConnection(Break.DNS, f"this machine finds no address for {name}")
    return found


def _address(text: str) -> Address:
    return ipaddress.ip_address(text.partition("%")[0])


def _literal(host: str) -> Address | None:
    """The address that this text is, in any form that the C library takes for one; None for a name."""
    with contextlib.suppress(ValueError):
        return _address(host.strip("[]"))
    with contextlib.suppress(OSError, UnicodeError):
        return ipaddress.IPv4Address(socket.inet_aton(host))
    return None


def _first_that_answers(addresses: Sequence[Address], port: int, host: str, end: float) -> socket.socket:
    failure = NoConnection(Break.TIMEOUT, f"{host} ({addresses[0]}) took no connection in time")
    for index, address in enumerate(addresses):
        share = (end - time.monotonic()) / (len(addresses) - index)
        if share <= 0:
            break
        try:
            sock = socket.create_connection((str(address), port), timeout=share)
        except OSError as error:
            failure = _failure(error, host, f"{_shown(address)}:{port}")
            continue
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return sock
    raise failure


def _shown(address: Address) -> str:
    return f"[{address}]" if address.version == 6 else str(address)


def _failure(error: OSError, host: str, where: str) -> NoConnection:
    """Sort a failed TCP connection by its type."""
    if isinstance(error, TimeoutError):
        return NoConnection(Break.TIMEOUT, f"{host} ({where}) took no connection in time")
    if isinstance(error, ConnectionRefusedError):
        return NoConnection(Break.REFUSED, f"{host} ({where}) refuses connections")
    if isinstance(error, ConnectionResetError):
        return NoConnection(Break.RESET, f"{host} ({where}) broke the connection off")
    return NoConnection(Break.UNREACHABLE, f"this machine has no way to {host} ({where})")
