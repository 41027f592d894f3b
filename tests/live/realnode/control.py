"""The real kube-controller-manager and kube-scheduler beside an API server."""

from contextlib import ExitStack
from functools import partial
from pathlib import Path

from tests.live.kube import Cluster, inline
from tests.live.processes import Server, free_port
from tests.live.servers import Binaries, started
from tests.live.web import Endpoint

_CONTROLLERS = (
    "deployment-controller",
    "replicaset-controller",
    "statefulset-controller",
    "daemonset-controller",
    "job-controller",
    "serviceaccount-controller",
    "root-ca-certificate-publisher-controller",
    "garbage-collector-controller",
    "namespace-controller",
    "node-lifecycle-controller",
)
"""Those that make, replace and end pods, and what every pod needs before it starts."""


def control(binaries: Binaries, cluster: Cluster, folder: Path, stack: ExitStack) -> None:
    """Start both and have `stack` end them; returns once they say that they are well."""
    authority = cluster.server.authority
    manager = [
        f"--controllers={','.join(_CONTROLLERS)}",
        "--use-service-account-credentials",
        f"--service-account-private-key-file={cluster.server.account_key}",
        f"--root-ca-file={authority.certificate}",
        "--kube-api-qps=200",
        "--kube-api-burst=400",
    ]
    for name, words in (("kube-controller-manager", manager), ("kube-scheduler", [])):
        serving = authority.server(name, ("IP:127.0.0.1",))
        command = [
            str(binaries.folder / name),
            f"--kubeconfig={component(cluster, f'system:{name}')}",
            "--leader-elect=false",
            f"--tls-cert-file={serving.certificate}",
            f"--tls-private-key-file={serving.key}",
            *words,
        ]
        started(partial(_start, command, folder, authority.certificate), stack)


def component(cluster: Cluster, user: str, *groups: str) -> Path:
    """Write the kubeconfig of a part of Kubernetes, known by its certificate."""
    pair = cluster.server.authority.client(user, groups)
    return cluster.kubeconfig_with(user.replace(":", "-"), inline(pair))


def _start(command: list[str], folder: Path, ca: Path) -> tuple[Server, None]:
    port = free_port()
    server = Server([*command, "--bind-address=127.0.0.1", f"--secure-port={port}"], folder)
    endpoint = Endpoint(f"127.0.0.1:{port}", ca=ca)
    server.wait_until(lambda: endpoint.says("/healthz", b"ok"), 60)
    return server, None
