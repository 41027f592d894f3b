"""This machine's clock is wrong: a robot's end is judged, and put off, by the clock that Harbor tells."""

import math
import threading
import time
from collections.abc import Iterator
from email.utils import formatdate
from pathlib import Path

import pytest

from checks.demo.harbor import server
from checks.doctor import Doctor
from checks.model import Problem
from checks.repair.mint import DAYS
from tests.repair.harbors import House, plan_of, quiet

DAY = 86400
ROBOT = "data+nightly"


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    """A house whose Harbor tells its own time, as each one does."""
    made = House(tmp_path, "HD302")
    told = lambda *_: formatdate(made.harbor.clock(), usegmt=True)  # noqa: E731
    monkeypatch.setattr(server._Handler, "date_time_string", told)
    yield made
    made.close()


def problem(doctor: Doctor) -> Problem:
    (found,) = doctor.look(threading.Event(), None).problems
    return found


def test_a_robot_with_a_wrong_secret_that_still_lasts_by_harbors_clock_is_not_said_to_have_expired(house) -> None:
    house.harbor.clock = lambda: time.time() - 3 * DAY
    house.harbor.update_robot(ROBOT, expires_at=int(time.time() - DAY), duration=30)
    house.harbor.rotate_robot(ROBOT)
    doctor = house.doctor()
    found = problem(doctor)
    assert found.code == "HD301"
    assert "extend-robot" not in [offer.id for offer in doctor.offers(found)]


def test_a_robot_that_has_expired_by_harbors_clock_only_is_named_with_that_clock_and_extended_by_it(house) -> None:
    house.harbor.clock = lambda: time.time() + 3 * DAY
    house.harbor.update_robot(ROBOT, expires_at=int(time.time() + 2 * DAY), duration=30)
    born = house.harbor.robot(ROBOT).created
    doctor = house.doctor()
    found = problem(doctor)
    assert found.code == "HD302"
    assert "expired 23 hours ago" in found.sentence or "expired 1 day ago" in found.sentence
    assert found.sentence.endswith(", by the registry's clock.")
    assert doctor.apply(plan_of(doctor, "HD302", "extend-robot"), quiet).applied
    robot = house.harbor.robot(ROBOT)
    assert robot.duration == math.ceil((house.harbor.clock() - born) / DAY) + DAYS
    assert not robot.expired(house.harbor.clock())
