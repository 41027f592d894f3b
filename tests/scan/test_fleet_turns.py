"""Several clusters, one after the other: looks that follow each other, logins typed early, answers that come late."""

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.credentials import Login, Origin, OriginKind, Password
from checks.demo.harbor import ADMIN_PASSWORD
from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.fleet import Fleet
from checks.settings import Settings
from tests.headless.twins import NOWHERE, changed, joined

GONE, REFUSED = "HD304:pay/legacy-robot", "HD301:pay/legacy-robot"
"""With a login for Harbor, and without one."""
HOST = "harbor.demo.test"


@pytest.fixture
def world() -> Iterator[World]:
    chosen = tuple(scenario for scenario in SCENARIOS if scenario.id == GONE)
    assert len(chosen) == 1
    with World(chosen, (), moving=False) as made:
        yield made


class Town:
    """One world under two contexts, of which the second can be made to give no answer."""

    def __init__(self, world: World, folder: Path, patience: float | None) -> None:
        self.path = joined(folder / "config", dict.fromkeys(("a", "b"), world.kubeconfig(folder / "made")))
        self._server = json.loads(self.path.read_text())["clusters"][1]["cluster"]["server"]
        settings = Settings(
            kubeconfig=str(self.path), state_dir=folder / "state", resolve=world.resolve, registry_ca=world.ca_file
        )
        self.fleet = Fleet(settings, ("a", "b"), patience)

    def silence(self) -> None:
        changed(self.path, "b", server=NOWHERE)

    def wake(self) -> None:
        changed(self.path, "b", server=self._server)

    def look(self) -> set[str]:
        return {problem.id for problem in self.fleet.look(threading.Event(), None).problems}


@pytest.fixture
def town(world: World, tmp_path: Path) -> Iterator[Town]:
    made = Town(world, tmp_path, None)
    yield made
    made.fleet.close()


@pytest.fixture
def console(world: World, tmp_path: Path) -> Iterator[Town]:
    """As in the console, which does not wait for silent clusters."""
    made = Town(world, tmp_path, 3.0)
    yield made
    made.fleet.close()


def typed(password: str = ADMIN_PASSWORD) -> Login:
    return Login("admin", Password(password), Origin(OriginKind.OPERATOR, "the form", HOST))


def followers() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("follow ")]


def test_a_look_that_was_stopped_before_it_followed_takes_no_news_of_the_next_look(console: Town) -> None:
    first, second = threading.Event(), threading.Event()
    before = console.fleet.look(first, None)
    first.set()
    now = console.fleet.look(second, None)
    assert list(console.fleet.follow(before, first)) == []
    assert followers() == []
    news = console.fleet.follow(now, second)
    report, _ = next(news)
    assert {problem.id for problem in report.problems} == {f"{REFUSED}@a", f"{REFUSED}@b"}
    assert sorted(followers()) == ["follow a", "follow b"]
    second.set()
    assert list(news) == []


def test_a_login_typed_while_a_cluster_is_silent_is_used_when_it_answers(console: Town) -> None:
    console.silence()
    assert console.look() == {f"{REFUSED}@a"}
    assert console.fleet.use_harbor(typed()).known
    console.wake()
    assert console.look() == {f"{GONE}@a", f"{GONE}@b"}


def test_a_login_that_harbor_refused_is_not_kept_for_a_silent_cluster(console: Town, world: World) -> None:
    world.registries.harbor.refusal_seconds = 1.1
    console.silence()
    console.look()
    assert console.fleet.use_harbor(typed("wrong")).refused
    console.wake()
    assert console.look() == {f"{REFUSED}@a", f"{REFUSED}@b"}
    assert world.registries.log.refusals("admin") == 1


def test_a_cluster_that_gave_no_receipts_is_asked_at_the_next_look(town: Town) -> None:
    town.silence()
    town.fleet.receipts()
    assert [sentence for sentence in town.fleet.missing() if sentence]
    town.wake()
    assert town.look() == {f"{REFUSED}@a", f"{REFUSED}@b"}
    assert town.fleet.missing() == ()


def test_a_cluster_that_could_not_be_connected_to_is_not_waited_for_twice(town: Town) -> None:
    town.silence()
    town.fleet.connect(interactive=True)
    town.wake()
    assert town.look() == {f"{REFUSED}@a"}
    assert town.look() == {f"{REFUSED}@a", f"{REFUSED}@b"}
