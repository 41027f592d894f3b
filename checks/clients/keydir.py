"""A private directory for client keys that TLS can read from files only.

Removed at exit. A killed process leaves its directory behind, so that every start sweeps those whose owner is gone:
the owner holds a lock (flock) on a file inside for as long as it lives, whatever its process number is.
"""

import atexit
import fcntl
import os
import shutil
import stat
import tempfile
import time
from pathlib import Path

PREFIX = "harbor-doctor-keys-"
_LOCK = "lock"
_UNLOCKED_GRACE = 60.0
"""Seconds that a directory may live before its lock was first taken: its maker is about to."""


class KeyDir:
    """A directory (0700) that only this user can read, alive until `remove()` or exit."""

    def __init__(self, base: Path | None = None) -> None:
        base = base or default_base()
        sweep(base)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._lock = os.open(self.path / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(self._lock, b"locked")
        atexit.register(self.remove)

    def write(self, name: str, content: bytes) -> Path:
        """Write one file (0600), replacing it in one move; return its path."""
        path = self.path / name
        fresh = path.with_suffix(".new")
        with os.fdopen(os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), "wb") as out:
            out.write(content)
        fresh.replace(path)
        return path

    def remove(self) -> None:
        """Remove the directory with all keys; calling it again does nothing."""
        if self._lock < 0:
            return
        atexit.unregister(self.remove)
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)
        self._lock = -1


def default_base() -> Path:
    """Return $XDG_RUNTIME_DIR (in memory, per user) where it is one, else the directory for temporary files."""
    runtime = Path(os.environ.get("XDG_RUNTIME_DIR") or "/nonexistent")
    try:
        mine = runtime.is_dir() and runtime.stat().st_uid == os.getuid() and os.access(runtime, os.W_OK)
    except OSError:
        mine = False
    return runtime if mine else Path(tempfile.gettempdir())


def sweep(base: Path) -> int:
    """Remove the key directories of this user whose owner is gone; return how many."""
    swept = 0
    for path in base.glob(f"{PREFIX}*"):
        if _ours(path) and _abandoned(path):
            shutil.rmtree(path, ignore_errors=True)
            swept += 1
    return swept


def _ours(path: Path) -> bool:
    try:
        seen = path.lstat()
    except OSError:
        return False
    return stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.getuid()


def _abandoned(path: Path) -> bool:
    try:
        lock = os.open(path / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except OSError:
        return _age(path) > _UNLOCKED_GRACE
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return os.fstat(lock).st_size > 0 or _age(path) > _UNLOCKED_GRACE
    except OSError:
        return False
    finally:
        os.close(lock)


def _age(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except OSError:
        return 0.0
