"""Worlds for the console: one full of trouble that nobody changes, and small ones made to be mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.demo.world import World
from checks.settings import Settings
from tests.app.console import settings_for, small_world


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A running world with all its troubles; tests only look at it."""
    with World() as made:
        yield made


@pytest.fixture
def settings(world: World, tmp_path: Path) -> Settings:
    """What the console runs with on `world`."""
    return settings_for(world, tmp_path)


@pytest.fixture
def newline() -> Iterator[World]:
    """A world with one problem of eleven pods, which one key mends."""
    with small_world("HD109") as made:
        yield made
