"""A real etcd, kube-apiserver and docker-registry on loopback ports, for as long as the tests run."""

import json
import os
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from tests.live.certificates import Authority, KeyPair, service_account_key
from tests.live.processes import DidNotStart, Missing, Server, free_port, need
from tests.live.web import Endpoint

_HERE = Path(__file__).parent
_T = TypeVar("_T")
_FOR_NODES = ("--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction")


@dataclass(frozen=True, slots=True)
class ApiServer:
    """A running kube-apiserver with RBAC and, unless somebody starts them, no controllers."""

    endpoint: Endpoint
    authority: Authority
    """Signs client certificates: CN is the user, each O a group."""
    admin: KeyPair
    """Of the group system:masters."""
    etcd: Endpoint
    account_key: Path
    """Signs ServiceAccount tokens."""

    def compact(self) -> None:
        """Have etcd forget all older versions, as it does every five minutes: page tokens and watches expire."""
        key = b64encode(b"/").decode()
        found = self.etcd.ask("POST", "/v3/kv/range", json.dumps({"key": key}).encode())
        revision = found.json["header"]["revision"]
        done = self.etcd.ask("POST", "/v3/kv/compaction", json.dumps({"revision": revision}).encode())
        assert done.status == 200, done.body


@dataclass(frozen=True, slots=True)
class Binaries:
    """Where kube-apiserver and etcd are."""

    folder: Path

    @classmethod
    def find(cls, *, node: bool = False) -> "Binaries":
        """Look where build.sh looks, with `node` for kubelet and controllers too; raises Missing. Builds nothing."""
        words = ["--node"] * node + ["--find"]
        found = subprocess.run([_HERE / "build.sh", *words], capture_output=True, text=True, check=False)
        if found.returncode:
            raise Missing(found.stderr.strip())
        return cls(Path(found.stdout.strip()))


@contextmanager
def api_server(binaries: Binaries, folder: Path, *, node: bool = False) -> Iterator[ApiServer]:
    """Run etcd and kube-apiserver with all their files in `folder`, which must exist.

    `node`: give each kubelet the rights to its own node's objects, and no others, as clusters do.
    """
    authority = Authority(folder / "pki", "live-cluster")
    admin = authority.client("admin", ("system:masters",))
    with ExitStack() as stack:
        etcd = started(lambda: start_etcd(binaries, folder), stack)
        tokens = service_account_key(folder / "pki")
        more = _FOR_NODES if node else ("--authorization-mode=RBAC",)
        endpoint = started(lambda: start_api_server(binaries, folder, authority, admin, etcd, tokens, more), stack)
        yield ApiServer(endpoint, authority, admin, etcd, tokens.key)


@contextmanager
def docker_registry(folder: Path, logins: dict[str, str], tls: KeyPair | None = None) -> Iterator[int]:
    """Run Debian's docker-registry with an htpasswd file of `logins`, behind TLS where `tls` is given; yields its port.

    Raises Missing without the programs docker-registry and htpasswd.
    """
    need_registry()
    folder.mkdir()
    passwords = folder / "htpasswd"
    passwords.touch()
    for user, password in logins.items():
        # -i reads the password from standard input: it is in no process list. -B: the only kind distribution reads.
        subprocess.run(
            ["htpasswd", "-i", "-B", "-C", "4", passwords, user],
            input=password,
            text=True,
            check=True,
            capture_output=True,
        )
    with ExitStack() as stack:
        yield started(lambda: _start_registry(folder, passwords, tls), stack)


def need_registry() -> None:
    """Raise Missing where docker-registry, or htpasswd for its logins, is not on the path."""
    need("docker-registry", "docker-registry")
    need("htpasswd", "apache2-utils")


def start_etcd(binaries: Binaries, folder: Path) -> tuple[Server, Endpoint]:
    """Start etcd in `folder`; returns it with its client address. Raises DidNotStart."""
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    server = Server(
        [
            str(binaries.folder / "etcd"),
            "--data-dir",
            "etcd-data",
            "--unsafe-no-fsync",
            "--log-level=warn",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
        ],
        folder,
    )
    endpoint = Endpoint(client.rpartition("/")[2])
    server.wait_until(lambda: endpoint.says("/health", b'"health":"true"'), 30)
    return server, endpoint


def start_api_server(
    binaries: Binaries,
    folder: Path,
    authority: Authority,
    admin: KeyPair,
    etcd: Endpoint,
    tokens: KeyPair,
    more: Sequence[str],
) -> tuple[Server, Endpoint]:
    """Start a kube-apiserver in `folder` over that etcd, with `more` flags. Raises DidNotStart."""
    port = free_port()
    serving = authority.server("apiserver", ("DNS:localhost", "IP:127.0.0.1", "IP:10.96.0.1"))
    server = Server(
        [
            str(binaries.folder / "kube-apiserver"),
            f"--etcd-servers={etcd.url}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            f"--secure-port={port}",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--endpoint-reconciler-type=none",
            f"--client-ca-file={authority.certificate}",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            "--service-account-issuer=https://kubernetes.default.svc",
            f"--service-account-key-file={tokens.certificate}",
            f"--service-account-signing-key-file={tokens.key}",
            *more,
            "--allow-privileged",
            "--cert-dir",
            "apiserver-certs",
        ],
        folder,
    )
    endpoint = Endpoint(f"127.0.0.1:{port}", ca=authority.certificate, client=admin)
    server.wait_until(lambda: endpoint.says("/readyz", b"ok"), 60)
    return server, endpoint


def _start_registry(folder: Path, passwords: Path, tls: KeyPair | None) -> tuple[Server, int]:
    port = free_port()
    environment = {
        **os.environ,
        "REGISTRY_HTTP_ADDR": f"127.0.0.1:{port}",
        "REGISTRY_STORAGE_FILESYSTEM_ROOTDIRECTORY": str(folder / "storage"),
        "REGISTRY_AUTH_HTPASSWD_PATH": str(passwords),
        "OTEL_TRACES_EXPORTER": "none",
    }
    if tls is not None:
        environment["REGISTRY_HTTP_TLS_CERTIFICATE"] = str(tls.certificate)
        environment["REGISTRY_HTTP_TLS_KEY"] = str(tls.key)
    server = Server(["docker-registry", "serve", str(_HERE / "registry.yml")], folder, environment)
    server.wait_until(lambda: f"listening on 127.0.0.1:{port}" in server.last_words(), 15)
    return server, port


def started(start: Callable[[], tuple[Server, _T]], stack: ExitStack) -> _T:
    """Start a server and have `stack` end it. Tries thrice: a free port can be taken before the server binds it."""
    for _ in range(2):
        try:
            server, value = start()
            break
        except DidNotStart as failure:
            if "address already in use" not in str(failure):
                raise
    else:
        server, value = start()
    stack.callback(server.close)
    return value
