"""Servers as child processes: started in a folder of their own, awaited, and gone at the end."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path


class Missing(Exception):
    """A program that these tests need is not on this machine; says which and how to get it."""


class DidNotStart(Exception):
    """A server ended, or was not ready in time; says what it wrote last."""


class Server:
    """One running server. `close()` ends it; were this process killed, the kernel would end it too."""

    def __init__(
        self, command: list[str], folder: Path, environment: Mapping[str, str] | None = None, name: str = ""
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name or Path(command[0]).name
        self.log = folder / f"{self.name}.log"
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [*_dies_with_parent(), *command],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    @property
    def pid(self) -> int:
        """The server's process."""
        return self._process.pid

    def wait_until(self, ready: Callable[[], bool], seconds: float) -> None:
        """Return once `ready()` is true; raises DidNotStart and ends the server where that does not come."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._process.poll() is not None:
                raise DidNotStart(f"{self.name} ended with {self._process.returncode}: {self.last_words()}")
            if ready():
                return
            time.sleep(0.05)
        self.close()
        raise DidNotStart(f"{self.name} was not ready after {seconds:.0f} s: {self.last_words()}")

    def last_words(self) -> str:
        """Return the end of what the server wrote."""
        return self.log.read_text(errors="replace")[-2000:]

    def wait(self, seconds: float) -> None:
        """Return once the server has ended by itself, or after `seconds`."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(seconds)

    def close(self) -> None:
        """End the server: TERM, and KILL after five seconds."""
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def need(program: str, package: str) -> None:
    """Raise Missing where a program is not on the path."""
    if shutil.which(program) is None:
        raise Missing(f"no {program} on this machine; Debian's package {package} has it")


def free_port() -> int:
    """Return a TCP port on 127.0.0.1 that the kernel says is free."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _dies_with_parent() -> list[str]:
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv else []
