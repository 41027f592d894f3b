"""A program in a pseudo-terminal: when which bytes came, and what it costs."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType

from tests.bench.measure import cpu_seconds, peak

SIZE = (120, 40)
"""Columns and lines."""


class Terminal:
    """A program as a person at a terminal runs it; everything it writes is kept with its time."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", SIZE[1], SIZE[0], 0, 0))
        self.began = time.monotonic()
        self._process = subprocess.Popen(
            list(command),
            env={**environment, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        self.written = bytearray()
        self._came: list[tuple[int, float]] = []
        """Length of `written` after each piece, and when it came."""
        self._news = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> "Terminal":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    @property
    def pid(self) -> int:
        """The program's process."""
        return self._process.pid

    @property
    def cpu(self) -> float:
        """Seconds of processor time until now."""
        return cpu_seconds(self.pid)

    @property
    def peak(self) -> int:
        """Most bytes of memory held until now."""
        return peak(self.pid)

    def press(self, keys: str) -> float:
        """Type; returns when."""
        at = time.monotonic()
        os.write(self._master, keys.encode())
        return at

    def wait(self, pattern: str, since: int = 0, seconds: float = 120.0) -> float:
        """Return when bytes matching `pattern` had come, looking from position `since`; raises TimeoutError."""
        wanted, end = re.compile(pattern.encode(), re.DOTALL), time.monotonic() + seconds
        with self._news:
            while (found := wanted.search(self.written, since)) is None:
                self._more(end, pattern)
            return self._time(found.end())

    def after(self, since: int, seconds: float = 30.0) -> float:
        """Return when the next bytes after position `since` came."""
        end = time.monotonic() + seconds
        with self._news:
            while len(self.written) <= since:
                self._more(end, "anything")
            return self._time(since + 1)

    def quiet(self, seconds: float, most: float = 300.0) -> None:
        """Return once nothing was written for `seconds`."""
        end = time.monotonic() + most
        while True:
            before = len(self.written)
            time.sleep(seconds)
            if len(self.written) == before:
                return
            if time.monotonic() > end:
                raise TimeoutError(f"never quiet for {seconds:g} s")

    def close(self) -> None:
        """End the program: ctrl+c, and KILL after ten seconds."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        os.close(self._master)

    def _more(self, end: float, what: str) -> None:
        left = end - time.monotonic()
        if left <= 0 or self._process.poll() is not None:
            raise TimeoutError(f"{what!r} did not come; last: {bytes(self.written[-300:])!r}")
        self._news.wait(min(left, 1.0))

    def _time(self, position: int) -> float:
        return next(at for length, at in self._came if length >= position)

    def _read(self) -> None:
        while True:
            try:
                piece = os.read(self._master, 1 << 16)
            except OSError:
                return
            with self._news:
                self.written += piece
                self._came.append((len(self.written), time.monotonic()))
                self._news.notify_all()
