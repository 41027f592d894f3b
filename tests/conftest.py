"""Runs coroutine tests without a plugin, knows the option that draws the pictures anew, and counts cases."""

import asyncio
import inspect
from typing import Any

import pytest
from hypothesis import settings

# A test that waits for its turn on a busy machine is not a slow example.
settings.register_profile("harbor-doctor", deadline=None)
settings.load_profile("harbor-doctor")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--draw", action="store_true", help="draw the pictures in screenshots/ instead of comparing them")


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    if not inspect.iscoroutinefunction(pyfuncitem.obj):
        return None
    names = inspect.signature(pyfuncitem.obj).parameters
    asyncio.run(pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names}))
    return True


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say with how many cases each property was tried (tests/properties)."""
    reports = [report for outcome in ("passed", "failed") for report in terminalreporter.stats.get(outcome, ())]
    ran = {r.nodeid.rpartition(":")[2]: cases for r in reports for name, cases in r.user_properties if name == "cases"}
    if not ran:
        return
    terminalreporter.section(f"properties: {sum(ran.values()):,} cases")
    for name, cases in sorted(ran.items()):
        terminalreporter.write_line(f"{cases:7,}  {name.removeprefix('test_').replace('_', ' ')}")
