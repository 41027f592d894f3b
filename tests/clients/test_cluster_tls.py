"""TLS to the API server: trust, names, client certificates, and where their keys lie meanwhile."""

import base64
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import checks
from checks.clients.cluster import Cluster
from checks.clients.keydir import PREFIX, KeyDir, sweep
from checks.errors import Unreachable
from checks.model import ObjectRef
from checks.settings import Settings
from tests.clients.kubeserver import CERTIFICATES, Asked, KubeServer, client_certificate, kubeconfig

CA: dict[str, Any] = {"certificate-authority": str(CERTIFICATES / "ca.pem")}
NAME: dict[str, Any] = {"tls-server-name": "harbor.demo.test"}
SKIP: dict[str, Any] = {"insecure-skip-tls-verify": True}
NODE = ObjectRef("Node", "", "n1")


def answer(asked: Asked) -> None:
    asked.say(200, {"kind": "Node"})


@pytest.fixture
def server() -> Iterator[KubeServer]:
    server = KubeServer(answer, tls=True)
    yield server
    server.close()


def read(folder: Path, url: str, user: dict[str, Any] | None = None, **stanza: Any) -> object:
    path = kubeconfig(folder / "config", url, user, **stanza)
    cluster = Cluster(Settings(kubeconfig=str(path), timeout=2.0))
    try:
        return cluster.read(NODE)
    finally:
        cluster.close()


def test_a_trusted_certificate_with_the_right_name_is_accepted(server: KubeServer, tmp_path: Path) -> None:
    assert read(tmp_path, server.url, **CA, **NAME) == {"kind": "Node"}


def test_the_ca_may_stand_inside_the_kubeconfig(server: KubeServer, tmp_path: Path) -> None:
    data = base64.b64encode((CERTIFICATES / "ca.pem").read_bytes()).decode()
    assert read(tmp_path, server.url, None, **{"certificate-authority-data": data, **NAME}) == {"kind": "Node"}


def test_an_unknown_ca_is_told(server: KubeServer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"^prod: the certificate of the API server 127.0.0.1:\d+ is not trusted: "):
        read(tmp_path, server.url, **NAME)


def test_a_wrong_name_is_told(server: KubeServer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"is not trusted: .*other\.demo\.test"):
        read(tmp_path, server.url, None, **{**CA, "tls-server-name": "other.demo.test"})


def test_verification_may_be_switched_off_in_the_kubeconfig(server: KubeServer, tmp_path: Path) -> None:
    assert read(tmp_path, server.url, None, **SKIP) == {"kind": "Node"}


def test_a_server_without_tls_is_told(tmp_path: Path) -> None:
    plain = KubeServer(answer)
    with pytest.raises(Unreachable, match="does not speak TLS"):
        read(tmp_path, f"https://{plain.host}", **CA)
    plain.close()


def inline_user(made: Path) -> dict[str, str]:
    pem = base64.b64encode(made.read_bytes()).decode()
    return {"client-certificate-data": pem, "client-key-data": pem}


def test_a_client_certificate_inside_the_kubeconfig_is_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    made = client_certificate(tmp_path)
    server = KubeServer(answer, tls=True, client_ca=made)
    path = kubeconfig(tmp_path / "config", server.url, inline_user(made), **CA, **NAME)
    cluster = Cluster(Settings(kubeconfig=str(path), timeout=2.0))
    assert cluster.read(NODE) == {"kind": "Node"}
    (folder,) = tmp_path.glob(f"{PREFIX}*")
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
    cluster.close()
    assert list(tmp_path.glob(f"{PREFIX}*")) == []
    assert cluster.read(NODE) == {"kind": "Node"}
    cluster.close()
    server.close()


def test_without_its_client_certificate_the_server_hangs_up(tmp_path: Path) -> None:
    server = KubeServer(answer, tls=True, client_ca=CERTIFICATES / "ca.pem")
    with pytest.raises(Unreachable):
        read(tmp_path, server.url, **CA, **NAME)
    server.close()


HOLDER = """
import sys, time
from pathlib import Path
from checks.clients.keydir import KeyDir
keys = KeyDir(Path(sys.argv[1]))
keys.write("key", b"secret")
print("ready", flush=True)
if sys.argv[2] == "wait":
    time.sleep(60)
"""


def holder(folder: Path, how: str) -> "subprocess.Popen[str]":
    root = Path(checks.__file__).parents[1]
    started = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder), how], stdout=subprocess.PIPE, text=True, cwd=root
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def test_a_normal_exit_leaves_no_key_behind(tmp_path: Path) -> None:
    with holder(tmp_path, "go") as process:
        process.wait()
    assert list(tmp_path.iterdir()) == []


def test_keys_of_a_killed_process_are_swept_at_the_next_start(tmp_path: Path) -> None:
    with holder(tmp_path, "wait") as process:
        assert sweep(tmp_path) == 0
        process.send_signal(signal.SIGKILL)
        process.wait()
    (left,) = tmp_path.iterdir()
    fresh = KeyDir(tmp_path)
    assert not left.exists()
    fresh.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_directory_that_is_just_being_made_is_not_swept(tmp_path: Path) -> None:
    made = tmp_path / f"{PREFIX}x"
    made.mkdir()
    assert sweep(tmp_path) == 0
    (made / "lock").touch()
    assert sweep(tmp_path) == 0
    old = time.time() - 3600
    os.utime(made, (old, old))
    assert sweep(tmp_path) == 1


def test_a_link_that_looks_like_a_key_directory_is_left_alone(tmp_path: Path) -> None:
    target = tmp_path / "precious"
    target.mkdir()
    os.utime(target, (0, 0))
    (tmp_path / f"{PREFIX}x").symlink_to(target)
    assert sweep(tmp_path) == 0
    assert target.exists()
