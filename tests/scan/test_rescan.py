"""A verdict rests on what stands there now: looking again reads Secrets and asks registries anew."""

import base64
import json
import threading
from pathlib import Path

from checks.credentials import Login, Origin, OriginKind
from checks.demo.world import World
from checks.doctor import Doctor
from checks.model import ObjectRef
from checks.settings import Settings

SECRET = ObjectRef("Secret", "shop", "harbor-pull")


def codes(doctor: Doctor) -> set[str]:
    stop = threading.Event()
    scan = list(doctor.find(stop))[-1]
    return {problem.id for problem in doctor.diagnose(scan, stop).problems}


def settings(world: World, folder: Path) -> Settings:
    user, password = world.harbor_login
    login = Login(user, password, Origin(OriginKind.OPERATOR, "test", "harbor.demo.test"))
    path = world.kubeconfig(folder / "kubeconfig")
    return Settings(kubeconfig=str(path), namespaces=("shop",), harbor_login=login, state_dir=folder / "state")


def test_a_secret_changed_between_two_scans_gets_a_new_verdict(tmp_path: Path) -> None:
    with World(moving=False) as world:
        doctor = Doctor(settings(world, tmp_path))
        assert "HD109:shop/harbor-pull" in codes(doctor)
        cluster = doctor._open().cluster
        body = cluster.read(SECRET)
        assert body is not None
        config = json.loads(base64.b64decode(body["data"][".dockerconfigjson"]))
        for entry in config["auths"].values():
            entry.pop("auth", None)
            entry["password"] = "wrong-but-clean"
        body["data"][".dockerconfigjson"] = base64.b64encode(json.dumps(config).encode()).decode()
        cluster.replace(SECRET, body)
        found = codes(doctor)
        doctor.close()
    assert "HD109:shop/harbor-pull" not in found
    assert "HD301:shop/harbor-pull" in found


def test_a_tag_pushed_between_two_scans_is_no_longer_missing(tmp_path: Path) -> None:
    tag = "HD503:harbor.demo.test/shop/search:0.9.9"
    with World(moving=False) as world:
        doctor = Doctor(settings(world, tmp_path))
        assert tag in codes(doctor)
        world.registries.harbor.push_image("shop/search", "0.9.9")
        found = codes(doctor)
        doctor.close()
    assert tag not in found
