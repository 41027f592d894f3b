"""Worlds for the console: one full of trouble that nobody changes, and small ones made to be mended."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.settings import Settings
from tests.app.console import ATTACH, FORM, PAYLOAD, PORT, first_workload, settings_for, small_world

QUICK = (
    *("HD000", "HD001", "HD003", "HD101", "HD102", "HD103", "HD104", "HD105", "HD106", "HD107", "HD202", "HD211"),
    *("HD212", "HD402", "HD403", "HD501", "HD502", "HD503", "HD504", "HD601", "HD701", "HD702"),
)


@pytest.fixture(scope="session")
def full() -> Iterator[World]:
    """A running world with all its troubles, some of them slow to look at; tests only look at it."""
    with World() as made:
        yield made


@pytest.fixture(scope="session")
def world() -> Iterator[World]:
    """A running world with those of its troubles that are quick to look at; tests only look at it."""
    with World(tuple(s for s in SCENARIOS if s.code in QUICK)) as made:
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
