"""Fixtures of the live tests: one cluster and a few registries for the whole run, a namespace for each test.

Where a program is missing the tests skip and say which. With HARBOR_DOCTOR_LIVE=required they fail instead;
with HARBOR_DOCTOR_LIVE=no they are left out.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import NoReturn

import pytest

from tests.live import registry as registries
from tests.live.certificates import Authority
from tests.live.kube import Cluster
from tests.live.node import Node
from tests.live.processes import Missing
from tests.live.realnode.ground import Ground, real_ground
from tests.live.realnode.machine import need_machine
from tests.live.registry import Registry
from tests.live.servers import Binaries, api_server, need_registry

_NUMBERS = count(1)
_REGISTRIES = ("registry", "plain_registry", "expired_registry", "misnamed_registry")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip by mark what is known to lack a program: pytest then says so once for each file, not for each test."""
    if _required():
        return
    if os.environ.get("HARBOR_DOCTOR_LIVE") == "no":
        for item in items:
            if item.get_closest_marker("live"):
                item.add_marker(pytest.mark.skip(reason="HARBOR_DOCTOR_LIVE=no: not in this run"))
        return
    lacking = {
        "cluster": _lacks(Binaries.find),
        "ground": _lacks(need_machine),
        **dict.fromkeys(_REGISTRIES, _lacks(need_registry)),
    }
    for item in items:
        chosen = (
            item.callspec.params.values() if isinstance(item, pytest.Function) and hasattr(item, "callspec") else ()
        )
        used = {*getattr(item, "fixturenames", ()), *map(str, chosen)}
        why = next((why for name, why in lacking.items() if why and name in used), "")
        if why and item.get_closest_marker("live"):
            item.add_marker(pytest.mark.skip(reason=why))


def _lacks(look: Callable[[], object]) -> str:
    try:
        look()
    except Missing as why:
        return str(why)
    return ""


@pytest.fixture(scope="session")
def live_folder() -> Iterator[Path]:
    """A folder for all that the servers write, gone afterwards: keys and passwords lie in it."""
    with tempfile.TemporaryDirectory(prefix="harbor-doctor-live-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def cluster(live_folder: Path) -> Iterator[Cluster]:
    """A real kube-apiserver with its etcd, under the administrator's hands."""
    folder = live_folder / "cluster"
    folder.mkdir()
    with _or_unavailable(), api_server(Binaries.find(), folder) as server:
        started = Cluster(server, folder)
        started.node("live-node")
        yield started


@pytest.fixture(scope="session")
def authority(live_folder: Path) -> Authority:
    """The certificate authority of the registries, which no system trusts."""
    with _or_unavailable():
        return Authority(live_folder / "registry-pki", "live-registries")


@pytest.fixture(scope="session")
def registry(live_folder: Path, authority: Authority) -> Iterator[Registry]:
    """The real docker-registry behind TLS, with `shop/web:1` and an index `shop/both:1` for amd64 and arm64 in it."""
    with _or_unavailable(), registries.running(live_folder / "tls", "registry.live.test", authority) as started:
        started.push("shop/web")
        started.push_index("shop/both", "1", ("amd64", "arm64"))
        yield started


@pytest.fixture(scope="session")
def plain_registry(live_folder: Path) -> Iterator[Registry]:
    """The same over plain HTTP."""
    with _or_unavailable(), registries.running(live_folder / "plain", "plain.live.test") as started:
        started.push("shop/web")
        yield started


@pytest.fixture(scope="session")
def expired_registry(live_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry whose certificate ended yesterday."""
    tls = authority.server("expired.live.test", ("DNS:expired.live.test",), valid_for=timedelta(days=-1))
    folder = live_folder / "expired"
    with _or_unavailable(), registries.running(folder, "expired.live.test", authority, tls) as started:
        yield started


@pytest.fixture(scope="session")
def misnamed_registry(live_folder: Path, authority: Authority) -> Iterator[Registry]:
    """A registry whose certificate is for another name."""
    tls = authority.server("another.live.test", ("DNS:another.live.test",))
    folder = live_folder / "misnamed"
    with _or_unavailable(), registries.running(folder, "misnamed.live.test", authority, tls) as started:
        yield started


@pytest.fixture(scope="module")
def ground(live_folder: Path, authority: Authority, registry: Registry) -> Iterator[Ground]:
    """Another cluster, with controllers and a real node that pulls from a Harbor and from the TLS registry."""
    folder = live_folder / f"real-{next(_NUMBERS)}"
    with _or_unavailable(), real_ground(folder, authority, registry) as started:
        yield started


@pytest.fixture
def namespace(cluster: Cluster) -> Iterator[str]:
    """A namespace of the test's own, emptied of pods afterwards: no controller here would do it."""
    name = cluster.namespace(f"shop-{next(_NUMBERS)}")
    yield name
    cluster.delete_all("Pod", name)


@pytest.fixture
def node(cluster: Cluster, namespace: str, registry: Registry) -> Iterator[Node]:
    """The kubelet of that namespace, which knows the TLS registry and trusts its authority."""
    with Node(cluster, namespace, [registry]) as started:
        yield started


@contextmanager
def _or_unavailable() -> Iterator[None]:
    try:
        yield
        return
    except Missing as missing:
        why = str(missing)
    _unavailable(why)


def _unavailable(why: str) -> NoReturn:
    if _required():
        pytest.fail(f"HARBOR_DOCTOR_LIVE=required, but {why}", pytrace=False)
    pytest.skip(why)


def _required() -> bool:
    return os.environ.get("HARBOR_DOCTOR_LIVE") == "required"
