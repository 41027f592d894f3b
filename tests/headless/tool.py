"""Runs the console script as its own process: in a clean environment, with its own home, from anywhere."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import checks

SCRIPT = (sys.executable, "-c", "from tui.cli import main; main()")
"""The same for a checkout and for an installed wheel: whatever `import checks` finds here."""
_SOURCE = Path(checks.__file__).resolve().parents[1]


@dataclass(frozen=True, slots=True)
class Done:
    """A process that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """The words on stderr, each without the program's name."""
        return [line.removeprefix("harbor-doctor: ") for line in self.err.splitlines()]

    @property
    def last(self) -> str:
        return self.lines[-1]


class Running:
    """A process under way."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._readers = [
            threading.Thread(target=self._read, args=(stream, lines), daemon=True)
            for stream, lines in ((process.stdout, self.out), (process.stderr, self.err))
        ]
        for reader in self._readers:
            reader.start()

    def _read(self, stream: Any, lines: list[str]) -> None:
        for line in stream:
            lines.append(line)
        stream.close()

    def until(self, ready: Callable[[], object], seconds: float = 60.0) -> None:
        """Wait until something is so; the process may not end before."""
        end = time.monotonic() + seconds
        while not ready():
            assert self.process.poll() is None, f"ended: {self.err}"
            assert time.monotonic() < end, f"still not so after {seconds:g} s: {self.err}"
            time.sleep(0.02)

    def says(self, text: str, seconds: float = 60.0) -> None:
        self.until(lambda: any(text in line for line in [*self.out, *self.err]), seconds)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it for the time of the block; none of its patience passes meanwhile."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def interrupt(self) -> None:
        self.process.send_signal(signal.SIGINT)

    def end(self, seconds: float = 60.0) -> Done:
        code = self.process.wait(seconds)
        for reader in self._readers:
            reader.join(10)
        return Done(code, "".join(self.out), "".join(self.err))


class Tool:
    """The program with one home folder; `environment` is all that it gets besides."""

    def __init__(self, home: Path, environment: dict[str, str] | None = None) -> None:
        self.home = home
        self.environment = environment or {}
        home.mkdir(parents=True, exist_ok=True)

    @property
    def state(self) -> Path:
        return self.home / "state" / "harbor-doctor"

    def with_(self, **more: str) -> "Tool":
        return Tool(self.home, {**self.environment, **more})

    def run(self, *arguments: str, stdin: str | None = None, seconds: float = 120.0) -> Done:
        done = subprocess.run(
            [*SCRIPT, *arguments], cwd=self.home, env=self._environment(), capture_output=True, text=True,
            input=stdin if stdin is not None else "", timeout=seconds, check=False,
        )  # fmt: skip
        assert "Traceback" not in done.stderr, done.stderr
        return Done(done.returncode, done.stdout, done.stderr)

    def run_into_nothing(self, *arguments: str) -> Done:
        """Run it with a stdout that nobody reads any more."""
        read, write = os.pipe()
        os.close(read)
        try:
            done = subprocess.run(
                [*SCRIPT, *arguments], cwd=self.home, env=self._environment(), stdin=subprocess.DEVNULL, stdout=write,
                stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            )  # fmt: skip
        finally:
            os.close(write)
        return Done(done.returncode, "", done.stderr)

    @contextmanager
    def start(self, *arguments: str, stdin: str = "") -> Iterator[Running]:
        """Run it beside the test; killed at the end where it still runs."""
        process = subprocess.Popen(
            [*SCRIPT, *arguments], cwd=self.home, env=self._environment(), text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(stdin)
        process.stdin.close()
        running = Running(process)
        try:
            yield running
        finally:
            if process.poll() is None:
                process.kill()
            running.end()

    def _environment(self) -> dict[str, str]:
        clean = {
            "PATH": os.environ.get("PATH", ""),
            "HOME": str(self.home),
            "XDG_STATE_HOME": str(self.home / "state"),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(_SOURCE),
            "PYTHONUNBUFFERED": "1",
        }
        return {**clean, **self.environment}
