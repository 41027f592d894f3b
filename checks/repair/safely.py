"""Turns unexpected errors into ones that quote nothing: frames and texts of a repair hold Secrets."""

from collections.abc import Callable
from typing import TypeVar

from checks.errors import DoctorError

T = TypeVar("T")


def where(error: BaseException) -> str:
    """Name an unexpected error and its place, without its text, which may quote a Secret."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f" in {trace.tb_frame.f_globals.get('__name__')}, line {trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{place}"


def safely(call: Callable[[], T], what: str) -> T:
    """Call it; errors of ours pass without the frames they came through, others become one sentence.

    A frame of a repair holds bodies of Secrets, and whoever prints a traceback with locals would print them.
    """
    try:
        return call()
    except DoctorError as error:
        failed: DoctorError = error
    except OSError as error:
        failed = DoctorError(f"{what} failed: {error.strerror or type(error).__name__}")
    except Exception as error:
        failed = DoctorError(f"{what} failed inside: {where(error)}")
    failed.__cause__ = failed.__context__ = None
    raise failed.with_traceback(None)
