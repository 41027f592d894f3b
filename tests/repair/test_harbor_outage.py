"""Harbor's API is down for a moment: what could not be asked then is asked again, in the same process."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.clients import harbor_api
from checks.doctor import Doctor
from checks.repair.plan import FixPlan
from tests.repair.harbors import House, plan_of, quiet, undone


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, "HD302")
    yield made
    made.close()


def down(house: House) -> None:
    house.faults.meant = lambda request: request.path.endswith("/users/current")
    house.faults.status = 502


def codes(doctor: Doctor) -> set[str]:
    return {problem.code for problem in doctor.look(threading.Event(), None).problems}


def test_the_next_look_after_an_outage_tells_what_became_of_the_robot_and_offers_to_mend_it(house: House) -> None:
    down(house)
    doctor = house.doctor()
    assert codes(doctor) == {"HD301"}
    house.faults.clear()
    report = doctor.look(threading.Event(), None)
    assert {problem.code for problem in report.problems} == {"HD302"}
    offers = [offer.id for offer in doctor.offers(report.problems[0]) if isinstance(offer, FixPlan)]
    assert {"extend-robot", "mint-robot"} <= set(offers)


def test_a_repair_can_be_undone_in_a_process_whose_first_look_met_an_outage(house: House, monkeypatch) -> None:
    before, doctor, later = house.inside(), house.doctor(), house.doctor()
    down(house)
    assert codes(later) == {"HD301"}
    house.faults.clear()
    assert doctor.apply(plan_of(doctor, "HD302", "extend-robot"), quiet).applied
    monkeypatch.setattr(harbor_api, "_AGAIN", 0.0)
    assert undone(later).applied
    assert house.inside() == before
