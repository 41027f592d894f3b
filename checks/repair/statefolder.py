"""Files in the state folder: 0700 and 0600, written whole or not at all."""

import contextlib
import fcntl
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

_PATIENCE = 10.0
"""Seconds that a lock is waited for: whoever holds it needs milliseconds, unless it was stopped."""


def folder(path: Path) -> Path:
    """Make a folder that only its owner may enter, and return it; `~` is the home folder."""
    path = path.expanduser()
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.chmod(path, 0o700)
    return path


def write(path: Path, text: str) -> None:
    """Write a file atomically with mode 0600, and have it on the disk before returning."""
    folder(path.parent)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".new")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def append(path: Path, line: str) -> None:
    """Append one line to a file with mode 0600; O_APPEND keeps lines of several processes whole."""
    folder(path.parent)
    handle = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        os.write(handle, (line + "\n").encode("utf-8", "surrogateescape"))
    finally:
        os.close(handle)


@contextlib.contextmanager
def alone(path: Path) -> Iterator[None]:
    """Keep all other threads and processes that do so from changing a file meanwhile: flock on a file beside it.

    The lock ends with the process however that ends. Where it is not to be had, because the file system knows none or
    its holder was stopped, the work is done without.
    """
    folder(path.parent)
    handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
    try:
        _wait(handle, time.monotonic() + _PATIENCE)
        yield
    finally:
        os.close(handle)


def _wait(handle: int, until: float) -> None:
    while time.monotonic() < until:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.01)
        except OSError:
            return
        else:
            return


def read(path: Path) -> str | None:
    """Return a file's text, or None where it is not there or cannot be read."""
    try:
        return path.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return None


def remove(path: Path) -> None:
    """Remove a file; one that is not there is no error."""
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
