"""Runs coroutine tests without a plugin, and knows the option that draws the pictures anew."""

import asyncio
import inspect

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
