"""Faults of the node itself, which no registry and no Secret has a part in."""

import threading
from dataclasses import dataclass

from checks.demo.kubelet import words


@dataclass(frozen=True, slots=True)
class Fault:
    """What the runtime says instead of pulling."""

    text: str
    node: str = ""
    """Only on this node; empty: on all."""


class Faults:
    """Image reference → fault; may be changed while the kubelet runs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: dict[str, Fault] = {}
        self.preloaded: set[str] = set()
        """Images that are on every node, for policy Never."""

    def set(self, image: str, text: str, node: str = "") -> None:
        """From now on pulls of this image fail with `text`."""
        with self._lock:
            self._faults[image] = Fault(text, node)

    def clear(self, image: str) -> None:
        """The fault is mended."""
        with self._lock:
            self._faults.pop(image, None)

    def find(self, image: str, node: str) -> str:
        """Return what a pull on this node fails with, or an empty text."""
        with self._lock:
            fault = self._faults.get(image)
        return fault.text if fault and fault.node in ("", node) else ""


def disk_full(ref: str, layer: str) -> str:
    """The node's disk has no room for a layer."""
    mount = "/var/lib/containerd/tmpmounts/containerd-mount1183074559"
    file = f"{mount}/usr/lib/x86_64-linux-gnu/libLLVM-17.so.1"
    return words.failed(ref, f"failed to extract layer sha256:{layer}: write {file}: no space left on device")


def corrupt_layer(ref: str, layer: str, size: int) -> str:
    """What came is not what the manifest says."""
    name = f"layer-sha256:{layer}"
    cause = f'failed commit on ref "{name}": "{name}" failed size validation: {size - 4096} != {size}'
    return f"rpc error: code = FailedPrecondition desc = {words.failed(ref, cause)}: failed precondition"


PULL_QPS = "pull QPS exceeded"
