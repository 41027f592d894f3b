"""Namespaces of its own for the node: process, mount and host names. When its first process ends, all of it is gone.

The kernel kills every process of a PID namespace with its first one, and takes away the mounts of a mount namespace
with its last one: no container, shim or mount outlives the tests, even were they killed.
"""

import os
import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.live.processes import Missing, Server, need

_HIDDEN = ("/run", "/var/lib", "/var/log")
"""What containerd, CNI and kubelet write to there whatever they are told: memory of the cell's own lies over it."""

STATE = Path("/run/node")
"""Where the node keeps all that it writes: in the cell's memory."""


class Cell:
    """The running namespaces. `command` is how to start a server in them, `run` runs a command to its end."""

    def __init__(self, process: int) -> None:
        self._first = process
        self._enter = ["nsenter", "--target", str(process), "--mount", "--pid", "--"]

    def command(self, *words: str) -> list[str]:
        """Return the command that runs `words` in here."""
        return [*self._enter, *words]

    def run(self, *words: str, given: bytes = b"") -> str:
        """Run a command in here with `given` on standard input and return what it printed; raises RuntimeError."""
        done = subprocess.run(self.command(*words), input=given, capture_output=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout.decode(errors="replace")

    def end(self) -> None:
        """End the first process, and with it all others; they are gone as soon as their parent has noticed."""
        with suppress(ProcessLookupError):
            os.kill(self._first, signal.SIGTERM)


@contextmanager
def cell(sleeper: Path, folder: Path, names: Iterable[str]) -> Iterator[Cell]:
    """Open the namespaces, where `names` are hosts on this machine.

    Raises Missing where this process may not do so, or the programs or `folder` lie where nobody in there sees them.
    """
    need_rights()
    for path in (sleeper.resolve(), folder.resolve()):
        if any(path.is_relative_to(hidden) for hidden in _HIDDEN):
            raise Missing(f"{path} is not seen from the node's namespaces, which hide {', '.join(_HIDDEN)}")
    folder.mkdir()
    (folder / "hosts").write_text(f"127.0.0.1 localhost {' '.join(names)}\n")
    covers = " && ".join(f"mount -t tmpfs -o mode=0755 node {path}" for path in _HIDDEN)
    script = f"mount --bind hosts /etc/hosts && {covers} && mkdir {STATE} && : > ready && exec {sleeper}"
    flags = ["--mount", "--pid", "--mount-proc", "--fork", "--kill-child"]
    server = Server(["unshare", *flags, "--", "sh", "-c", script], folder)
    try:
        server.wait_until((folder / "ready").exists, 10)
        opened = Cell(_child_of(server.pid))
        try:
            yield opened
        finally:
            opened.end()
            server.wait(5)
    finally:
        server.close()


def need_rights() -> None:
    """Raise Missing where this process may not have namespaces of its own."""
    if os.geteuid() != 0:
        raise Missing("a node's containers need root")
    for program in ("unshare", "nsenter", "setpriv"):
        need(program, "util-linux")
    tried = subprocess.run(
        ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "mount", "-t", "tmpfs", "node", "/run"],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode:
        raise Missing(f"this machine lets nobody have mounts of its own: {tried.stderr.strip()}")


def _child_of(process: int) -> int:
    return int(Path(f"/proc/{process}/task/{process}/children").read_text().split()[0])


def environment() -> Mapping[str, str]:
    """Return an environment for the node's programs: nothing of the tests' own but the path."""
    return {"PATH": os.environ.get("PATH", "") + ":/usr/sbin:/sbin", "HOME": str(STATE)}
