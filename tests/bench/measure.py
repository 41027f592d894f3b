"""What a process costs: time, processor time, peak memory; and medians with their spread."""

import os
import re
import subprocess
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

MIB = 1 << 20
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Run:
    """One finished run."""

    seconds: float
    first: float
    """Seconds until the awaited text was written; as `seconds` where none was awaited."""
    cpu: float
    peak: int
    """Bytes."""


class WentWrong(Exception):
    """A program ended otherwise than expected; says what it wrote last."""


def run(command: Sequence[str], env: Mapping[str, str], awaited: str = "", codes: tuple[int, ...] = (0,)) -> Run:
    """Run a program to its end; raises WentWrong for an exit code that is not in `codes`."""
    with tempfile.TemporaryFile() as errors:
        began = time.monotonic()
        process = subprocess.Popen(list(command), env=dict(env), stdin=subprocess.DEVNULL, stdout=-1, stderr=errors)
        watch = _Peak(process.pid)
        first = _read(process, awaited)
        _, status, used = os.wait4(process.pid, 0)
        ended = time.monotonic()
        process.returncode = os.waitstatus_to_exitcode(status)
        watch.end()
        if process.returncode not in codes:
            errors.seek(0)
            raise WentWrong(f"{command[0]} ended with {process.returncode}: {errors.read()[-500:].decode()}")
    return Run(ended - began, (first or ended) - began, used.ru_utime + used.ru_stime, watch.most)


def _read(process: "subprocess.Popen[bytes]", awaited: str) -> float | None:
    wanted, tail, first = re.compile(awaited.encode()), b"", None
    assert process.stdout is not None
    while piece := os.read(process.stdout.fileno(), 1 << 16):
        if first is None and awaited and wanted.search(tail + piece):
            first = time.monotonic()
        tail = piece[-200:]
    process.stdout.close()
    return first


class _Peak:
    """Reads VmHWM until the process is gone: what wait4 tells includes the parent's memory before exec."""

    def __init__(self, pid: int) -> None:
        self.most = 0
        self._pid, self._over = pid, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def end(self) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(0.02):
            try:
                self.most = max(self.most, peak(self._pid))
            except OSError:
                return


def peak(pid: int) -> int:
    """Return the most bytes that a process has held (VmHWM); 0 where it has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(found[1]) * 1024 if found else 0


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a running process."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Spread:
    """The middle of several measurements, with the least and the most."""

    values: tuple[float, ...]

    @property
    def middle(self) -> float:
        """The median."""
        return median(self.values)

    def text(self, unit: str = "", digits: int = 2) -> str:
        """`0.21 (0.19–0.24)`, or one figure where there is but one."""
        middle, least, most = (f"{v:,.{digits}f}" for v in (self.middle, min(self.values), max(self.values)))
        spread = f" ({least}–{most})" if len(self.values) > 1 else ""
        return f"{middle}{unit and ' ' + unit}{spread}"


def ratios(ours: Sequence[float], theirs: Sequence[float]) -> Spread:
    """Divide what was measured one after the other: the machine's mood is the same for both."""
    return Spread(tuple(mine / other for mine, other in zip(ours, theirs, strict=True)))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value below which `share` of all lie, the next greater one where it falls between two."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
