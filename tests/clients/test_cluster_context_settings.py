"""Settings kept beside a kubeconfig's context, as an extension that kubectl ignores."""

import json
from pathlib import Path
from typing import Any

import pytest

from checks.clients.cluster import Cluster
from checks.demo.world import World
from checks.errors import ConfigError, Refused
from checks.model import ObjectRef
from checks.settings import Settings


def kubeconfig(folder: Path, extension: Any, server: str = "http://127.0.0.1:1") -> str:
    context = {"cluster": "c", "user": "u", "extensions": [{"name": "harbor-doctor", "extension": extension}]}
    config = {
        "current-context": "prod",
        "clusters": [{"name": "c", "cluster": {"server": server}}],
        "users": [{"name": "u", "user": {"token": "t"}}],
        "contexts": [{"name": "prod", "context": context}],
    }
    path = folder / "config"
    path.write_text(json.dumps(config))
    return str(path)


def test_places_and_authorities_come_from_the_context_and_the_command_line_wins(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("x")
    path = kubeconfig(tmp_path, {"registry-ca": "ca.pem", "resolve": {"a.test": "10.0.0.1", "b.test": "10.0.0.2"}})
    settings = Cluster(Settings(kubeconfig=path, resolve={"b.test": "10.9.9.9"})).settings
    assert settings.registry_ca == tmp_path / "ca.pem"
    assert settings.resolve == {"a.test": "10.0.0.1", "b.test": "10.9.9.9"}


def test_a_read_only_context_takes_no_write_whatever_the_command_line_says(tmp_path: Path) -> None:
    with World(scenarios=(), healthy=(), moving=False) as world:
        config = json.loads(world.kubeconfig(tmp_path / "config").read_text())
        config["contexts"][0]["context"]["extensions"][0]["extension"]["read-only"] = True
        (tmp_path / "config").write_text(json.dumps(config))
        cluster = Cluster(Settings(kubeconfig=str(tmp_path / "config"), read_only=False))
        ref = ObjectRef("Secret", "default", "x")
        body = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "x", "namespace": "default"}}
        with pytest.raises(Refused, match="read-only"):
            cluster.create(ref, body)
        assert cluster.read(ref) is None
        cluster.close()


@pytest.mark.parametrize(
    ("extension", "says"),
    [
        ("yes", "holds no mapping"),
        ({"readonly": True}, "knows no readonly"),
        ({"read-only": "true"}, "read-only of the extension harbor-doctor is neither true nor false: 'true'"),
        ({"read-only": 1}, "neither true nor false: 1"),
        ({"read-only": None}, "neither true nor false: None"),
        ({"registry-ca": "gone.pem"}, "names no file: gone.pem"),
        ({"resolve": ["a"]}, "maps no names to addresses"),
    ],
)
def test_a_malformed_extension_is_one_sentence(tmp_path: Path, extension: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        _ = Cluster(Settings(kubeconfig=kubeconfig(tmp_path, extension))).settings
