"""A real node: containerd and kubelet as root, in namespaces of their own, with an API server's other parts around.

Everything that they write is in the memory of those namespaces and ends with them; what the kernel keeps beyond
(control groups, the pods' bridge) is taken away here, also what an earlier run that was killed has left.
"""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

from tests.live.kube import Cluster
from tests.live.processes import Missing, Server, free_port, need
from tests.live.realnode import images
from tests.live.realnode.cell import STATE, Cell, cell, environment, need_rights
from tests.live.realnode.control import component, control
from tests.live.realnode.leftovers import BRIDGE, CGROUP, hierarchies, make_cgroup, sweep
from tests.live.registry import Registry
from tests.live.servers import Binaries, started
from tests.live.web import Endpoint

NODE = "live-node"
_PAUSE = "harbor-doctor.test/pause:1"
_SOCKET = f"unix://{STATE}/containerd.sock"
_PLUGINS = Path("/usr/lib/cni")

_CONTAINERD = f"""\
version = 2
root = "{STATE}/containerd"
state = "{STATE}/containerd-state"
[grpc]
address = "{STATE}/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{_PAUSE}"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "{_PLUGINS}"
conf_dir = "{{folder}}/cni"
[plugins."io.containerd.grpc.v1.cri".registry]
config_path = "{{folder}}/registries"
"""

_NETWORK = {
    "cniVersion": "0.4.0",
    "name": "harbor-doctor",
    "plugins": [
        {
            # Neither gateway nor masquerade: the pods need an address, not a way out, and the host stays as it is.
            "type": "bridge",
            "bridge": BRIDGE,
            "isGateway": False,
            "ipMasq": False,
            "ipam": {"type": "host-local", "subnet": "198.51.100.0/24", "dataDir": str(STATE / "addresses")},
        }
    ],
}


def need_machine() -> None:
    """Raise Missing where a node's programs, or what the kernel has to give it, are not there."""
    need_rights()
    for program, package in (("containerd", "containerd"), ("runc", "runc"), ("ip", "iproute2")):
        need(program, package)
    if not (_PLUGINS / "bridge").exists():
        raise Missing(f"no CNI plugins in {_PLUGINS}; Debian's package containernetworking-plugins has them")
    Binaries.find(node=True)
    if not hierarchies():
        raise Missing("no control groups that this process may write")


@contextmanager
def machine(cluster: Cluster, folder: Path, registries: Sequence[Registry]) -> Iterator[None]:
    """Run controllers, scheduler and a node that trusts `registries`, for an API server that has rights for nodes.

    Returns once the node is ready. Raises Missing where the machine cannot have one.
    """
    need_machine()
    binaries = Binaries.find(node=True)
    folder.mkdir()
    names = [registry.host.partition(":")[0] for registry in registries]
    with ExitStack() as stack:
        sweep()
        stack.callback(sweep)
        make_cgroup()
        inside = stack.enter_context(cell(binaries.folder / "sleeper", folder / "cell", names))
        control(binaries, cluster, folder, stack)
        _start_containerd(inside, folder, registries, stack)
        pause = images.build(binaries.folder / "sleeper", "pause")
        ctr = ("ctr", "--address", f"{STATE}/containerd.sock", "--namespace", "k8s.io")
        inside.run(*ctr, "images", "import", "-", given=pause.archive(_PAUSE))
        started(partial(_start_kubelet, inside, binaries, cluster, folder), stack)
        _await_node(cluster)
        yield


def _start_containerd(inside: Cell, folder: Path, registries: Sequence[Registry], stack: ExitStack) -> None:
    (folder / "containerd.toml").write_text(_CONTAINERD.format(folder=folder))
    (folder / "cni").mkdir()
    (folder / "cni" / "10-pods.conflist").write_text(json.dumps(_NETWORK))
    for registry in registries:
        hosts = folder / "registries" / registry.host / "hosts.toml"
        hosts.parent.mkdir(parents=True)
        url = json.dumps(registry.endpoint.url)
        hosts.write_text(f'server = {url}\n[host.{url}]\ncapabilities = ["pull", "resolve"]\nca = "{registry.ca}"\n')
    command = inside.command("containerd", "--config", str(folder / "containerd.toml"))
    server = Server(command, folder, environment(), name="containerd")
    stack.callback(server.close)
    server.wait_until(lambda: "containerd successfully booted" in server.log.read_text(errors="replace"), 30)


def _start_kubelet(inside: Cell, binaries: Binaries, cluster: Cluster, folder: Path) -> tuple[Server, None]:
    health = free_port()
    (folder / "resolv.conf").write_text("nameserver 192.0.2.53\n")
    (folder / "kubelet.json").write_text(json.dumps(_kubelet_configuration(cluster, folder, health)))
    kubeconfig = component(cluster, f"system:node:{NODE}", "system:nodes")
    words = [
        f"--config={folder}/kubelet.json",
        f"--kubeconfig={kubeconfig}",
        f"--root-dir={STATE}/kubelet",
        f"--hostname-override={NODE}",
        "--node-ip=192.0.2.2",
    ]
    server = Server(inside.command(str(binaries.folder / "kubelet"), *words), folder, environment(), name="kubelet")
    endpoint = Endpoint(f"127.0.0.1:{health}")
    server.wait_until(lambda: endpoint.says("/healthz", b"ok"), 60)
    return server, None


def _kubelet_configuration(cluster: Cluster, folder: Path, health: int) -> dict[str, object]:
    authority = cluster.server.authority
    serving = authority.server("kubelet-serving", ("IP:127.0.0.1",))
    signals = ("memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available", "imagefs.inodesFree")
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "address": "127.0.0.1",
        "port": free_port(),
        "readOnlyPort": 0,
        "healthzBindAddress": "127.0.0.1",
        "healthzPort": health,
        "authentication": {"anonymous": {"enabled": False}, "x509": {"clientCAFile": str(authority.certificate)}},
        "tlsCertFile": str(serving.certificate),
        "tlsPrivateKeyFile": str(serving.key),
        "containerRuntimeEndpoint": _SOCKET,
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": f"/{CGROUP}",
        "failCgroupV1": False,
        "failSwapOn": False,
        "makeIPTablesUtilChains": False,
        "evictionHard": dict.fromkeys(signals, "0%"),
        "serializeImagePulls": False,
        "registryPullQPS": 0,
        "resolvConf": str(folder / "resolv.conf"),
        "podLogsDir": str(STATE / "logs"),
    }


def _await_node(cluster: Cluster) -> None:
    """Wait until the node says that it is ready and no taint keeps pods away any more."""
    end = time.monotonic() + 60
    while time.monotonic() < end:
        body = cluster.get("Node", "", NODE) or {}
        conditions = {each["type"]: each["status"] for each in body.get("status", {}).get("conditions", [])}
        if conditions.get("Ready") == "True" and not body["spec"].get("taints"):
            return
        time.sleep(0.2)
    raise TimeoutError(f"the node is not ready after 60 s: {body.get('status', {}).get('conditions')}")
