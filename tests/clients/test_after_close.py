"""A program that ends: threads that go on for a moment get no answer, and open nothing that nobody would close."""

from pathlib import Path

import pytest

from checks.clients.cluster import Cluster
from checks.clients.session import Web
from checks.clients.transport import Ask
from checks.demo.world import World
from checks.errors import Unreachable
from checks.settings import Settings


def settings_of(world: World, folder: Path) -> Settings:
    return Settings(
        kubeconfig=str(world.kubeconfig(folder / "config")), resolve=world.resolve, registry_ca=world.ca_file,
        allow_loopback=True, state_dir=folder,
    )  # fmt: skip


def test_a_registry_is_not_asked_after_the_end(tmp_path: Path) -> None:
    with World(()) as world:
        web = Web(settings_of(world, tmp_path))
        url = "https://harbor.demo.test/v2/"
        assert web.ask("GET", url).status == 401
        web.close()
        asked = len(world.registries.log.entries)
        answer = web.ask("GET", url)
        assert (answer.status, answer.failure) == (None, "harbor-doctor ends")
        assert len(world.registries.log.entries) == asked


def test_the_api_server_is_not_asked_by_who_still_holds_the_old_connection(tmp_path: Path) -> None:
    with World(()) as world:
        cluster = Cluster(settings_of(world, tmp_path))
        transport = cluster._transport
        assert transport.get(Ask("/version"), None).status == 200
        cluster.close()
        with pytest.raises(Unreachable, match="is not asked any more"):
            transport.get(Ask("/version"), None)
