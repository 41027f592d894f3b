"""Memory that holds passwords is nobody else's: no core dump, no look from other processes of the same user."""

from contextlib import suppress

_PR_SET_DUMPABLE = 4
"""linux/prctl.h; prctl(2): neither a core dump nor ptrace(2), and /proc/PID/mem and environ belong to root."""


def seal_memory() -> None:
    """Do this for the whole process, as far as its system can; programs that it starts are not concerned."""
    import ctypes
    import sys

    if sys.platform == "linux":
        with suppress(AttributeError, OSError, TypeError):
            ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0)
            return
    _no_core()


def _no_core() -> None:
    """Elsewhere at least no core dump, here and in what is started from here."""
    with suppress(ImportError, OSError, ValueError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
