"""The chain that a server sends: leaf alone, with its intermediate, whole, and with an intermediate that is over."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from checks.certchain import chain, issuer_not_sent, out_of_time
from checks.clients.chain import sent
from checks.clients.prober import Prober
from checks.facts import Break, Ping
from checks.settings import Settings
from tests.clients.scripted import Asked, Scripted, http

HOST = "harbor.demo.test"
HERE = Path(__file__).with_name("chain")
ROOT, MIDDLE, OVER = (f"O=Chain Works, CN=Works {name}" for name in ("Root", "Middle", "Middle of Old"))
LEAF = f"O=Chain Works, CN={HOST}"

Serve = Callable[..., Scripted]
Seen = Callable[..., Ping]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    servers: list[Scripted] = []

    def start(*files: str) -> Scripted:
        bundle = tmp_path / "-".join(files)
        bundle.write_text("".join((HERE / f"{name}.pem").read_text() for name in files))

        def challenge(_: Asked) -> bytes:
            return http(401, b"", f'WWW-Authenticate: Bearer realm="https://{HOST}/t",service="harbor-registry"')

        servers.append(Scripted(challenge, certificate=str(bundle)))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


@pytest.fixture
def seen(serve: Serve) -> Seen:
    def ping(*files: str, trusted: str = "root") -> Ping:
        prober = Prober(Settings(resolve=serve(*files).resolve, registry_ca=HERE / f"{trusted}.pem", timeout=5))
        found = prober.ping(HOST)
        prober.close()
        return found

    return ping


def subjects(ping: Ping) -> list[str]:
    return [one.subject for one in ping.certificates]


def test_a_leaf_without_its_intermediate_breaks_and_the_missing_issuer_is_known(seen: Seen) -> None:
    ping = seen("leaf")
    assert (ping.broken, subjects(ping), ping.leaf_only) == (Break.TLS_UNKNOWN_CA, [LEAF], False)
    assert issuer_not_sent(ping.certificates) == MIDDLE
    leaf = ping.certificates[0]
    assert (leaf.issuer, leaf.names) == (MIDDLE, (HOST,))
    assert (leaf.not_before, leaf.not_after) == (datetime(2019, 1, 1, tzinfo=UTC), datetime(2126, 1, 1, tzinfo=UTC))


def test_a_leaf_with_its_intermediate_is_answered_and_the_chain_kept(seen: Seen) -> None:
    ping = seen("leaf", "middle")
    assert (ping.broken, ping.exchange.status) == (None, 401)
    assert subjects(ping) == [LEAF, MIDDLE]
    assert issuer_not_sent(ping.certificates) == ROOT


def test_a_whole_chain_that_is_not_trusted_ends_at_its_root(seen: Seen) -> None:
    ping = seen("leaf", "middle", "root", trusted="over")
    assert (ping.broken, subjects(ping)) == (Break.TLS_UNKNOWN_CA, [LEAF, MIDDLE, ROOT])
    assert issuer_not_sent(ping.certificates) == ""


def test_an_intermediate_that_is_over_is_told_and_not_the_leaf(seen: Seen) -> None:
    ping = seen("late", "over")
    assert ping.broken is Break.TLS_EXPIRED
    assert ping.detail == f"the certificate of its issuer {OVER} expired on 2020-01-01"
    late = out_of_time(ping.certificates, datetime.now(UTC))
    assert late is ping.certificates[1]


def test_certificates_that_do_not_belong_are_no_part_of_the_chain(seen: Seen) -> None:
    ping = seen("leaf", "over", "middle")
    assert subjects(ping) == [LEAF, OVER, MIDDLE]
    assert [one.subject for one in chain(ping.certificates)] == [LEAF, MIDDLE]


class Public:
    """A connection as Python 3.13 has it."""

    def __init__(self, *ders: bytes) -> None:
        self._ders = list(ders)

    def get_unverified_chain(self) -> list[bytes]:
        return self._ders


class Bare:
    """A connection of a Python that shows the leaf alone."""

    def __init__(self, leaf: bytes, low: object = None) -> None:
        self._leaf, self._sslobj = leaf, low

    def getpeercert(self, binary_form: bool) -> bytes:
        return self._leaf


def _ders(*names: str) -> tuple[bytes, ...]:
    return tuple(ssl.PEM_cert_to_DER_cert((HERE / f"{name}.pem").read_text()) for name in names)


def test_what_is_public_since_python_3_13_is_read() -> None:
    ders = _ders("middle", "root")
    assert sent(Public(*ders)).ders == ders


class _Changed:
    """What is not public has another shape in some later version."""

    def get_unverified_chain(self) -> list[object]:
        return [object()]


@pytest.mark.parametrize("low", [None, object(), _Changed()])
def test_where_the_chain_cannot_be_read_the_leaf_is_all_and_that_is_told(low: object) -> None:
    (leaf,) = _ders("middle")
    found = sent(Bare(leaf, low))
    assert (found.ders, found.whole) == ((leaf,), False)


def test_what_is_no_tls_connection_has_no_certificates() -> None:
    assert sent(object()).ders == ()
