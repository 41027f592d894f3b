"""Exit codes, and the one place where an error becomes a sentence on stderr."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from enum import IntEnum
from types import FrameType
from typing import Any

import click

from checks.errors import ClusterError, DoctorError, Interrupted, Refused, UsageError


class Exit(IntEnum):
    """What a process tells its caller."""

    FINE = 0
    """Nothing failing and everything could be looked at; fix: mended."""
    FAILING = 1
    """Failing pods found; fix: not mended."""
    USAGE = 2
    CLUSTER = 3
    """Cluster not reachable or not allowed."""
    INCOMPLETE = 4
    """Nothing failing as far as could be looked."""
    REFUSED = 5
    """Refused by the gate or by the person."""
    INTERRUPTED = 130


def run(command: Any) -> int:
    """Run a click command and return the exit code; every known error is one sentence on stderr."""
    try:
        result = command.main(standalone_mode=False, prog_name="harbor-doctor")
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.ClickException as error:
        error.show()
        return Exit.USAGE
    except (click.Abort, KeyboardInterrupt):
        say("interrupted")
        return Exit.INTERRUPTED
    except Interrupted as stopped:
        say(str(stopped))
        return Exit.INTERRUPTED
    except (BrokenPipeError, SystemExit):
        # click and rich answer a reader that has gone away with SystemExit(1), which would mean "failing pods" here.
        _close_quietly()
        return Exit.FINE
    except DoctorError as error:
        say(str(error))
        return code_of(error)
    return int(result or 0)


def leave(code: int) -> None:
    """End the process. An interrupted one does not wait for what it asked of registries: nobody wants to know now."""
    if code == Exit.INTERRUPTED:
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
        os._exit(code)
    raise SystemExit(code)


@contextlib.contextmanager
def on_interrupt(call: Callable[[], object], *, hold: bool = False) -> Iterator[None]:
    """Within the block ctrl+c calls `call` first and then raises Interrupted; with `hold` it only calls.

    Writes hold it: a repair is never cut midway. Off the main thread, where Python takes no signals, nothing changes.
    """

    def handle(number: int, frame: FrameType | None) -> None:
        call()
        if not hold:
            signal.default_int_handler(number, frame)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, handle)
    try:
        yield
    except KeyboardInterrupt:
        raise Interrupted("interrupted") from None
    finally:
        signal.signal(signal.SIGINT, before)


def _close_quietly() -> None:
    """Keep the interpreter from complaining that what is left cannot be written."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def code_of(error: DoctorError) -> Exit:
    """Return the exit code that belongs to an error."""
    if isinstance(error, UsageError):
        return Exit.USAGE
    if isinstance(error, Refused):
        return Exit.REFUSED
    return Exit.CLUSTER if isinstance(error, ClusterError) else Exit.FAILING


def say(text: str) -> None:
    """Write one line of words to stderr, with control characters made visible."""
    from tui.visible import visible

    sys.stderr.write(f"harbor-doctor: {visible(text)}\n")
    sys.stderr.flush()
