"""Several contexts behind one facade: what they share, what they do not, and which of them are looked at."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from checks.clients import kubeconfig
from checks.clients.link import Link
from checks.demo.api.server import CA_FILE
from checks.demo.scenarios import SCENARIOS
from checks.demo.world import World
from checks.doctor import Doctor
from checks.errors import ConfigError, Interrupted, UsageError
from checks.facade import Facade
from checks.fleet import Fleet, doctor_for
from checks.settings import Settings
from checks.shared import Shared
from tests.headless.twins import NOWHERE, changed, joined

REFUSED, USER = "HD301:crm/lena-login", "lena"


@pytest.fixture
def world() -> Iterator[World]:
    chosen = tuple(s for s in SCENARIOS if s.id == REFUSED)
    assert len(chosen) == 1
    with World(chosen, (), moving=False) as made:
        yield made


def settings_of(world: World, folder: Path, *names: str) -> Settings:
    """One world under several contexts."""
    made = world.kubeconfig(folder / "made")
    path = joined(folder / "config", dict.fromkeys(names, made))
    return Settings(kubeconfig=str(path), contexts=names, state_dir=folder / "state")


def found(doctor: Facade) -> set[str]:
    return {problem.id for problem in doctor.look(threading.Event(), None).problems}


def refusals(world: World, settings: Settings) -> int:
    """How often a refused login was sent in one look."""
    before = world.registries.log.refusals(USER)
    doctor = doctor_for(settings)
    try:
        assert any(problem.startswith(REFUSED) for problem in found(doctor))
    finally:
        doctor.close()
    return world.registries.log.refusals(USER) - before


def test_a_refused_login_is_sent_no_oftener_for_many_clusters_than_for_one(world: World, tmp_path: Path) -> None:
    many = settings_of(world, tmp_path, "a", "b", "c", "d")
    one = refusals(world, replace(many, contexts=("a",)))
    assert one > 0
    assert refusals(world, many) == one


def test_links_made_at_once_with_the_same_authority_have_files_of_their_own(world: World, tmp_path: Path) -> None:
    names = tuple(f"c{n}" for n in range(12))
    settings = settings_of(world, tmp_path, *names)
    links = [Link(kubeconfig.load(replace(settings, context=name)), settings) for name in names]
    with ThreadPoolExecutor(len(links)) as pool:
        files = [made.connection_pool_kw["ca_certs"] for made in pool.map(Link.pool, links)]
    assert {Path(file).read_bytes() for file in files} == {CA_FILE.read_bytes()}
    assert len(set(files)) == len(links)
    for link in links[1:]:
        link.close()
    assert Path(files[0]).is_file()
    links[0].close()
    assert not any(Path(file).exists() for file in files)


def test_contexts_with_other_settings_for_registries_share_nothing() -> None:
    shared, settings = Shared(), Settings(context="a")
    assert shared.prober(settings) is shared.prober(replace(settings, context="b"))
    assert shared.prober(settings) is not shared.prober(replace(settings, resolve={"harbor.corp": "10.0.0.7"}))
    assert shared.prober(settings) is not shared.prober(replace(settings, registry_ca=CA_FILE))


def test_two_contexts_of_one_cluster_are_both_looked_at(world: World, tmp_path: Path) -> None:
    doctor = doctor_for(settings_of(world, tmp_path, "a", "a@b"))
    assert isinstance(doctor, Fleet)
    assert found(doctor) == {f"{REFUSED}@a", f"{REFUSED}@a@b"}
    doctor.close()


def test_what_is_said_before_a_look_asks_no_network(tmp_path: Path, world: World) -> None:
    settings = settings_of(world, tmp_path, "a", "b")
    assert settings.kubeconfig is not None
    for name in ("a", "b"):
        changed(Path(settings.kubeconfig), name, server=NOWHERE)
    info = doctor_for(settings).connect()
    assert (info.context, info.several) == ("a,b", ("a", "b"))


def test_one_context_is_a_doctor_and_no_fleet(world: World, tmp_path: Path) -> None:
    settings = settings_of(world, tmp_path, "a", "b")
    assert isinstance(doctor_for(replace(settings, contexts=(), context="a")), Doctor)
    assert isinstance(doctor_for(replace(settings, contexts=("b,",))), Doctor)
    assert isinstance(doctor_for(replace(settings, contexts=(), all_contexts=True)), Fleet)


def test_a_stopped_look_ends_at_once_though_a_cluster_is_silent(world: World, tmp_path: Path) -> None:
    doctor, stop = doctor_for(settings_of(world, tmp_path, "a", "b")), threading.Event()
    stop.set()
    with pytest.raises(Interrupted):
        doctor.look(stop, None)


def test_a_receipt_that_nobody_has_is_said_not_to_be_there(world: World, tmp_path: Path) -> None:
    doctor = doctor_for(settings_of(world, tmp_path, "a", "b"))
    with pytest.raises(UsageError, match="there is no receipt 20260101-000000-abcdef: it was undone"):
        doctor.undo("20260101-000000-abcdef", lambda _: None)
    doctor.close()


def test_of_all_contexts_the_current_one_comes_first(world: World, tmp_path: Path) -> None:
    settings = settings_of(world, tmp_path, "a", "b", "c")
    path = Path(settings.kubeconfig or "")
    path.write_text(json.dumps({**json.loads(path.read_text()), "current-context": "c"}))
    assert doctor_for(replace(settings, contexts=(), all_contexts=True)).connect().several == ("c", "a", "b")


def test_contexts_that_are_not_there_are_told_together(world: World, tmp_path: Path) -> None:
    settings = replace(settings_of(world, tmp_path, "a", "b"), contexts=("a,x", "y"))
    with pytest.raises(ConfigError, match="no context x, y; there are: a, b"):
        doctor_for(settings)
