"""The console script as many processes, forked from one that has loaded it: each has its own id, memory and end.

A crash matrix is hundreds of runs; loading the program anew for each would take longer than all that they do.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import checks

PACE = 0.1
"""Of a Harbor's time: a refused login is tried again after so much of the usual pause."""
_SOURCE = Path(checks.__file__).resolve().parents[1]
_LOADED = (
    "checks.fleet", "checks.doctor", "checks.mender", "checks.workbench", "checks.evidence", "checks.clients.cluster",
    "checks.clients.prober", "checks.clients.harbor_writes", "tui.mending", "tui.onboarding", "tui.headless",
    "tui.commands",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Ended:
    """A run that has ended; `code` is negative where a signal ended it."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Warm:
    """One loaded program that forks a process for each command, one at a time."""

    def __init__(self) -> None:
        # -c, so that no folder of the tests gets into the path of the program.
        code = Path(__file__).read_text(encoding="utf-8")
        environment = {"PATH": os.environ.get("PATH", ""), "LANG": "C.UTF-8", "PYTHONPATH": str(_SOURCE)}
        self._process = subprocess.Popen(
            [sys.executable, "-c", f"{code}\n_serve()"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            env=environment, start_new_session=True,
        )  # fmt: skip

    def run(
        self, home: Path, environment: dict[str, str], *arguments: str, stdin: str = "",
        begun: Callable[[int], object] = lambda pid: None, seconds: float = 60.0,
    ) -> Ended:  # fmt: skip
        """Run a command to its end; `begun` is told its process id before it does anything."""
        out, err, given = (home / name for name in ("out", "err", "given"))
        given.write_text(stdin)
        clean = {"HOME": str(home), "XDG_STATE_HOME": str(home / "state"), "TMPDIR": str(home), "LANG": "C.UTF-8"}
        ask = {"argv": arguments, "env": clean | environment, "fd": [str(given), str(out), str(err)], "cwd": str(home)}
        pid = int(self._answer(ask))
        begun(pid)
        late = threading.Timer(seconds, _kill, (pid,))
        late.start()
        code = int(self._answer("go"))
        late.cancel()
        return Ended(code, out.read_text(), err.read_text())

    def _answer(self, ask: Any) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(ask) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline()

    def __enter__(self) -> "Warm":
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()


def _kill(pid: int) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, 9)


def _serve() -> None:
    """Fork for each line that asks for it; the child waits until it is told to go."""
    import importlib

    for name in _LOADED:
        importlib.import_module(name)
    from checks.clients import admission, gate

    for name in ("FINAL", "PAUSE_AFTER_LOCK", "PAUSE_BETWEEN_PASSWORDS"):
        setattr(gate, name, getattr(gate, name) * PACE)
    setattr(admission, "PAUSE_AFTER_LOCK", gate.PAUSE_AFTER_LOCK)  # noqa: B010 - imported there by name
    while line := sys.stdin.readline():
        read, write = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(write)
            os.read(read, 1)
            _become(json.loads(line))
        _tell(pid)
        sys.stdin.readline()
        os.write(write, b"g")
        os.close(read)
        os.close(write)
        _tell(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


def _tell(number: int) -> None:
    os.write(1, f"{number}\n".encode())


def _become(ask: Any) -> None:
    os.setsid()
    os.environ.clear()
    os.environ.update(ask["env"])
    os.chdir(ask["cwd"])
    for fd, path in enumerate(ask["fd"]):
        opened = os.open(path, os.O_RDONLY if fd == 0 else os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(opened, fd)
    sys.argv = ["harbor-doctor", *ask["argv"]]
    from tui.cli import main

    main()
    os._exit(0)
