"""What a benchmark stands on: a real API server full of pods, a Harbor that answers for them, and an empty home."""

import os
import ssl
import sys
import tempfile
from base64 import b64encode
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from checks.demo.harbor.front import Front
from checks.demo.harbor.server import Server as HarborServer
from checks.demo.harbor.state import HarborState
from checks.demo.harbor.web import RequestLog
from tests.bench.pods import (
    HOST,
    OTHER_PROJECT,
    SPACES,
    TROUBLED,
    WRONG_PASSWORD,
    Crowd,
    Patterns,
    project,
    space,
    trouble,
)  # fmt: skip
from tests.bench.proxy import Proxy
from tests.bench.store import Store
from tests.live.certificates import Authority, service_account_key
from tests.live.kube import Cluster
from tests.live.processes import Server
from tests.live.servers import ApiServer, Binaries, start_api_server, start_etcd
from tests.live.web import Endpoint

SECRET = "correct horse 7 battery"
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL")


class Control:
    """The API server as a process that can be started again, behind a relay whose address stays."""

    def __init__(self, binaries: Binaries, folder: Path) -> None:
        self._binaries, self._folder = binaries, folder
        self._authority = Authority(folder / "pki", "bench-cluster")
        self._admin = self._authority.client("admin", ("system:masters",))
        self._tokens = service_account_key(folder / "pki")
        self._etcd, self._store = start_etcd(binaries, folder)
        self._server, self.direct = self._start()
        self.proxy = Proxy(self.direct.address)

    @property
    def api(self) -> ApiServer:
        """The server through the relay."""
        through = replace(self.direct, address=self.proxy.address)
        return ApiServer(through, self._authority, self._admin, self._store, self._tokens.key)

    def restart(self) -> None:
        """End the API server and start another over the same etcd; it has forgotten what its watchers had seen."""
        self._server.close()
        self.proxy.cut()
        self._server, self.direct = self._start()
        self.proxy.target = self.direct.address

    def close(self) -> None:
        """End both servers."""
        self.proxy.close()
        self._server.close()
        self._etcd.close()

    def _start(self) -> tuple[Server, Endpoint]:
        more = ("--authorization-mode=RBAC",)
        return start_api_server(
            self._binaries, self._folder, self._authority, self._admin, self._store, self._tokens, more
        )


@dataclass(frozen=True, slots=True)
class Ground:
    """Everything that a scene needs."""

    control: Control
    cluster: Cluster
    patterns: Patterns
    crowd: Crowd
    log: RequestLog
    """What was asked of Harbor."""
    environment: dict[str, str]
    binaries: Path

    @property
    def store(self) -> Store:
        """etcd."""
        return Store(self.cluster.server.etcd)

    @property
    def kubectl(self) -> list[str]:
        """kubectl, with the kubeconfig in the environment."""
        return [str(self.binaries / "kubectl")]

    @property
    def tool(self) -> list[str]:
        """harbor-doctor: the console script beside this interpreter, else the same entry point from the checkout."""
        script = Path(sys.executable).with_name("harbor-doctor")
        return [str(script)] if script.exists() else [sys.executable, "-c", "from tui.cli import main; main()"]


@contextmanager
def ground(binaries: Binaries, crowd: Crowd) -> Iterator[Ground]:
    """Run the servers with these pods, as long as the block lasts."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="harbor-doctor-bench-")))
        control = Control(binaries, folder / "cluster")
        stack.callback(control.close)
        cluster = Cluster(control.api, folder)
        log, state, harbor = RequestLog(), HarborState(), Authority(folder / "harbor-pki", "bench-harbor")
        address = stack.enter_context(_harbor(harbor, state, log))
        _furnish(cluster, state)
        patterns = Patterns(cluster)
        Store(control.api.etcd).put(crowd.entries(patterns))
        # A watch cache that was filled by a hundred thousand writes is another than the one of a server that starts.
        control.restart()
        environment = _environment(cluster, folder, harbor, address)
        yield Ground(control, cluster, patterns, crowd, log, environment, binaries.folder)


def _environment(cluster: Cluster, folder: Path, harbor: Authority, address: str) -> dict[str, str]:
    home = folder / "home"
    home.mkdir()
    passed = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed | {
        "HOME": str(home),
        "XDG_STATE_HOME": str(home / "state"),
        "KUBECONFIG": str(cluster.kubeconfig()),
        "HARBOR_DOCTOR_REGISTRY_CA": str(harbor.certificate),
        "HARBOR_DOCTOR_RESOLVE": f"{HOST}={address}",
    }


@contextmanager
def _harbor(authority: Authority, state: HarborState, log: RequestLog) -> Iterator[str]:
    pair = authority.server(HOST, (f"DNS:{HOST}",))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pair.certificate, pair.key)
    server = HarborServer(HOST, Front(state), log, context)
    server.start()
    try:
        yield server.address
    finally:
        state.release()
        server.stop()


def _furnish(cluster: Cluster, state: HarborState) -> None:
    """Make the namespaces, and for the troubled ones a project, a robot and a pull Secret."""
    cluster.node("live-node")
    for number in range(SPACES):
        cluster.namespace(space(number))
    for number in range(TROUBLED):
        state.push_image(f"{project(number)}/app", "1.0.0")
        state.add_robot("pull", project(number), secret=SECRET)
    for number in range(TROUBLED):
        cluster.pull_secret(space(number), "harbor-pull", {HOST: _entry(number)})


def _entry(number: int) -> dict[str, str]:
    of = (number + 1) % TROUBLED if trouble(number) == OTHER_PROJECT else number
    password = f"{SECRET} no more" if trouble(number) == WRONG_PASSWORD else SECRET
    user = f"robot${project(of)}+pull"
    return {"username": user, "password": password, "auth": b64encode(f"{user}:{password}".encode()).decode()}
