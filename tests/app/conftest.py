"""Worlds for the console: one full of trouble that nobody changes, and small ones made to be mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.demo.world import World
from checks.settings import Settings
from tests.app.console import ATTACH, FORM, PAYLOAD, PORT, first_workload, settings_for, small_world


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
def payload() -> Iterator[World]:
    """A world with one problem, which one key mends: a Secret's payload is half broken, and oddly written."""
    with small_world(PAYLOAD) as made:
        yield made


@pytest.fixture
def port() -> Iterator[World]:
    """A world with one small problem, which one key mends."""
    with small_world(PORT) as made:
        yield made


@pytest.fixture
def attach() -> Iterator[World]:
    """A world with one problem, whose cure asks first."""
    with first_workload(ATTACH) as made:
        yield made


@pytest.fixture
def form() -> Iterator[World]:
    """A world with one problem, for which a person has to give a login."""
    with small_world(FORM) as made:
        yield made
