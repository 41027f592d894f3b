"""What the kernel keeps beyond a node's namespaces: its control groups and its pods' bridge, by this process's number.

The number tells runs apart that go on at the same time, and what a run that was killed has left.
"""

import os
import re
import subprocess
import time
from contextlib import suppress
from pathlib import Path

CGROUP = f"harbor-doctor-live-{os.getpid()}"
BRIDGE = f"hdlive{os.getpid()}"
"""An interface's name has 15 letters at most."""

_CGROUPS = Path("/sys/fs/cgroup")
_NUMBERED = re.compile(r"(?:harbor-doctor-live-|hdlive)(\d+)")


def hierarchies() -> list[Path]:
    """Return where control groups are made: one place in version 2, a folder for each controller in version 1."""
    if (_CGROUPS / "cgroup.controllers").exists():
        found = [_CGROUPS]
    else:
        found = [path.parent for path in _CGROUPS.glob("*/cgroup.procs")]
    return [path for path in dict.fromkeys(p.resolve() for p in found) if os.access(path, os.W_OK)]


def make_cgroup() -> None:
    """Make the control group that the kubelet's lie in; raises OSError where that is not allowed."""
    for place in hierarchies():
        if (place / "cgroup.subtree_control").exists():
            _hand_down(place)
        (place / CGROUP).mkdir()


def _hand_down(place: Path) -> None:
    """Version 2: let groups below have the controllers that a kubelet asks for."""
    for controller in (place / "cgroup.controllers").read_text().split():
        with suppress(OSError):
            (place / "cgroup.subtree_control").write_text(f"+{controller}")


def sweep() -> None:
    """Take away the control groups and bridges of this process, and of those that are no more; raises where one stays.

    All processes in them must be dead, or about to be.
    """
    for link in Path("/sys/class/net").iterdir():
        if _is_ours(link.name):
            subprocess.run(["ip", "link", "delete", link.name], capture_output=True, check=True)
    for place in hierarchies():
        for top in place.glob("harbor-doctor-live-*"):
            if _is_ours(top.name):
                _remove(top)


def _is_ours(name: str) -> bool:
    found = _NUMBERED.fullmatch(name)
    return found is not None and (int(found[1]) == os.getpid() or not Path(f"/proc/{found[1]}").exists())


def _remove(top: Path, seconds: float = 5) -> None:
    """Remove a control group with all below it, once the processes in it, which are being killed, have ended."""
    end = time.monotonic() + seconds
    while top.exists():
        for folder, _, _ in os.walk(top, topdown=False):
            with suppress(OSError):
                Path(folder).rmdir()
        if top.exists():
            if time.monotonic() > end:
                raise TimeoutError(f"{top} cannot be removed: {[p.name for p in top.iterdir()]}")
            time.sleep(0.1)
