"""Onboarding to a project whose content is not shown: it is not called empty, and what was not fetched is said."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.clients.harbor import Harbor
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Unknown
from checks.repair.onboard import Wanted
from checks.settings import Settings
from tests.repair.harbors import ADMIN, HOST, House, quiet


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path, "HD101")
    yield made
    made.close()


@pytest.mark.parametrize(("status", "why"), [
    (403, "admin may not list what it holds"), (500, "Harbor did not list what it holds: somebody said no (500)"),
    (0, "Harbor did not list what it holds: "),
])  # fmt: skip
@pytest.mark.parametrize("part", ["/repositories", "/artifacts"])
def test_a_project_that_could_not_be_looked_at_is_not_called_empty(house: House, status: int, why: str, part) -> None:
    house.faults.meant = lambda request: request.method == "GET" and request.path.endswith(part)
    house.faults.status = status
    doctor = house.doctor()
    made = doctor.onboarding(Wanted("monitoring", HOST, "web"))
    assert made.nothing.startswith(f"web could not be looked at ({why}")
    assert made.plan is not None
    assert doctor.apply(made.plan, quiet).applied
    pulled = doctor.test_pull(made)
    assert pulled is not None
    assert pulled.proven
    (robot,) = house.minted()
    assert pulled.sentence == f"{made.nothing}, so nothing was fetched: the token of robot${robot} grants pull there"


def test_a_project_without_repositories_and_one_that_is_not_there_are_empty(house: House) -> None:
    house.harbor.add_project("void")
    doctor = house.doctor()
    assert doctor.onboarding(Wanted("monitoring", HOST, "void")).nothing == "void is empty"
    house.faults.fail("GET", "/repositories", 403)
    assert doctor.onboarding(Wanted("monitoring", HOST, "fresh")).nothing == "fresh is empty"


def test_a_project_whose_first_repositories_hold_nothing_is_not_called_empty(house: House) -> None:
    for number in range(12):
        house.harbor.push_image(f"hollow/r{number:02}", "1.0", seed=str(number))
    house.faults.meant = lambda request: request.path.endswith("/artifacts")
    house.faults.status = 404
    login = Login("admin", Password(ADMIN), Origin(OriginKind.OPERATOR, "HARBOR_PASSWORD", HOST))
    harbor = Harbor(Settings(resolve=house.world.resolve, registry_ca=house.world.ca_file, harbor_login=login))
    found = harbor.writes.sample(HOST, "hollow")
    harbor.close()
    assert found == Unknown("the first 10 repositories hold no image, and no more were looked at")
