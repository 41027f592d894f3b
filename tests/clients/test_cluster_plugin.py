"""Login plugins of a kubeconfig (exec): what they are given, what is made of what they print, and how they fail."""

import base64
import json
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from checks.clients import kubeconfig, plugin
from checks.clients.kubeconfig import Access
from checks.errors import ConfigError
from checks.model import ObjectRef
from checks.settings import Settings
from tests.clients.kubeserver import Asked, KubeServer, client_certificate, cluster_at
from tests.clients.kubeserver import kubeconfig as write_kubeconfig

V1 = "client.authentication.k8s.io/v1"


def script(folder: Path, body: str) -> str:
    """A plugin in Python; its name."""
    path = folder / "plugin"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return "./plugin"


def printing(**status: Any) -> str:
    answer = {"apiVersion": V1, "kind": "ExecCredential", "status": status}
    return f"print({json.dumps(answer)!r})"


def access(folder: Path, body: str, cluster: dict[str, Any] | None = None, **spec: Any) -> Access:
    user = {"exec": {"apiVersion": V1, "command": script(folder, body), "interactiveMode": "IfAvailable", **spec}}
    path = write_kubeconfig(folder / "config", "https://10.0.0.1:6443", user, **(cluster or {}))
    return kubeconfig.load(Settings(kubeconfig=str(path)), {})


def test_a_token_is_taken_from_what_the_plugin_prints(tmp_path: Path) -> None:
    issued = plugin.issue(access(tmp_path, printing(token="issued-1", expirationTimestamp="2030-01-01T00:00:00Z")))
    assert issued.header is not None
    assert issued.header.reveal() == "Bearer issued-1"
    assert issued.expires is not None
    assert issued.expires.year == 2030
    assert "issued-1" not in repr(issued)


def test_the_plugin_gets_its_environment_and_the_cluster(tmp_path: Path) -> None:
    ca = tmp_path / "ca.pem"
    ca.write_text("the CA")
    body = (
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "told = [os.environ['REGION'], sys.argv[1], info, sys.stdin.read()]\n"
        "status = {'token': json.dumps(told)}\n"
        f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential', 'status': status}}))"
    )
    found = access(
        tmp_path,
        body,
        cluster={
            "certificate-authority": "ca.pem",
            "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"audience": "x"}}],
        },
        args=["--login"],
        env=[{"name": "REGION", "value": "eu"}],
        provideClusterInfo=True,
    )
    header = plugin.issue(found).header
    assert header is not None
    region, argument, info, stdin = json.loads(header.reveal().removeprefix("Bearer "))
    assert (region, argument, stdin) == ("eu", "--login", "")
    assert info["spec"] == {
        "interactive": False,
        "cluster": {
            "server": "https://10.0.0.1:6443",
            "certificate-authority-data": base64.b64encode(b"the CA").decode(),
            "config": {"audience": "x"},
        },
    }


def test_what_a_failing_plugin_says_is_in_the_error_and_not_on_the_terminal(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        plugin.issue(access(tmp_path, "sys.stderr.write('session\\n expired'); sys.exit(3)"))
    assert str(caught.value) == "prod: the login plugin ./plugin failed with exit code 3: session expired"
    assert capfd.readouterr() == ("", "")


def test_a_plugin_that_hangs_is_ended_with_its_children(tmp_path: Path) -> None:
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '60'])\n"
        "open('PIDS', 'w').write(str(child.pid))\n"
        "time.sleep(60)"
    ).replace("PIDS", str(tmp_path / "pid"))
    with pytest.raises(ConfigError, match="did not finish within 1 s; log in with kubectl first"):
        plugin.issue(access(tmp_path, body), seconds=1.0)
    child = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text():
            break
        time.sleep(0.02)
    else:
        pytest.fail("the plugin's child still runs")


def test_a_child_in_a_session_of_its_own_that_keeps_the_pipes_open_holds_nothing_up(tmp_path: Path) -> None:
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '20'], start_new_session=True)\n"
        f"open({str(tmp_path / 'pid')!r}, 'w').write(str(child.pid))"
    )
    began = time.monotonic()
    with pytest.raises(ConfigError, match="did not finish within 1 s"):
        plugin.issue(access(tmp_path, body), seconds=1.0)
    took = time.monotonic() - began
    os.kill(int((tmp_path / "pid").read_text()), signal.SIGKILL)
    assert took < 10


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (printing(), "issued no token and no client certificate"),
        (printing(clientCertificateData="x"), "issued no token and no client certificate"),
        ("print('Welcome, hunter2')", "printed something that is no ExecCredential"),
        (printing(token="t").replace("k8s.io/v1", "k8s.io/v1beta1"), "speaks client.authentication.k8s.io/v1beta1"),
    ],
)
def test_a_plugin_without_a_credential_is_an_error(tmp_path: Path, body: str, told: str) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        plugin.issue(access(tmp_path, body))
    assert "hunter2" not in str(caught.value)


def test_a_missing_plugin_tells_how_to_install_it(tmp_path: Path) -> None:
    found = access(tmp_path, "", command="no-such-plugin", installHint="brew install it")
    with pytest.raises(
        ConfigError, match="no-such-plugin cannot be started: No such file or directory; brew install it"
    ):
        plugin.issue(found)


def test_a_plugin_that_must_ask_is_not_run_without_a_terminal(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="wants a terminal to itself"):
        plugin.issue(access(tmp_path, printing(token="t"), interactiveMode="Always"))


def test_an_unknown_protocol_version_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="the exec plugin of user u is malformed or too old"):
        plugin.issue(access(tmp_path, "", apiVersion="client.authentication.k8s.io/v1alpha1"))


def counting(folder: Path, expires: str = "") -> dict[str, Any]:
    """A plugin that issues tok-1, tok-2, ..."""
    body = (
        f"path = {str(folder / 'count')!r}\n"
        "number = int(open(path).read()) + 1 if os.path.exists(path) else 1\n"
        "open(path, 'w').write(str(number))\n"
        f"status = {{'token': f'tok-{{number}}', 'expirationTimestamp': {expires or None!r}}}\n"
        f"print(json.dumps({{'apiVersion': '{V1}', 'kind': 'ExecCredential', 'status': status}}))"
    )
    return {"exec": {"apiVersion": V1, "command": script(folder, body), "interactiveMode": "Never"}}


def served(folder: Path, user: dict[str, Any], good: str) -> list[str]:
    """Read two objects; return the Authorization headers seen. Only `good` is accepted, or all if it is empty."""

    def answer(asked: Asked) -> None:
        known = not good or asked.all("Authorization") == [f"Bearer {good}"]
        asked.say(200, {"items": []}) if known else asked.refuse(401, "Unauthorized")

    server = KubeServer(answer)
    cluster = cluster_at(folder, server.url, user)
    cluster.namespaces()
    cluster.namespaces()
    cluster.close()
    server.close()
    return [asked.all("Authorization")[0].removeprefix("Bearer ") for asked in server.asked]


def test_the_plugin_runs_once_while_its_token_is_good(tmp_path: Path) -> None:
    assert served(tmp_path, counting(tmp_path), "") == ["tok-1", "tok-1"]


def test_the_plugin_runs_again_after_a_401(tmp_path: Path) -> None:
    assert served(tmp_path, counting(tmp_path), "tok-2") == ["tok-1", "tok-2", "tok-2"]


def test_the_plugin_runs_again_when_its_token_has_expired(tmp_path: Path) -> None:
    seen = served(tmp_path, counting(tmp_path, "2020-01-01T00:00:00Z"), "")
    assert len(set(seen)) == 2


def test_a_certificate_that_the_plugin_issues_is_shown_to_the_server(tmp_path: Path) -> None:
    made = client_certificate(tmp_path)
    pem = made.read_text()
    body = printing(clientCertificateData=pem, clientKeyData=pem)
    spec = {"exec": {"apiVersion": V1, "command": script(tmp_path, body), "interactiveMode": "Never"}}
    server = KubeServer(lambda asked: asked.say(200, {"items": []}), tls=True, client_ca=made)
    cluster = cluster_at(tmp_path, server.url, spec)
    write_kubeconfig(tmp_path / "config", server.url, spec, **{"insecure-skip-tls-verify": True})
    assert cluster.namespaces() == ()
    cluster.close()
    server.close()


def at_a_terminal(found: Access, interactive: bool, typed: str = "") -> str:
    """Run the plugin in a process whose stdin is a terminal; return the sentence of its failure."""
    code = (
        "import sys; from checks.clients import kubeconfig, plugin; from checks.settings import Settings\n"
        f"found = kubeconfig.load(Settings(kubeconfig={str(found.folder / 'config')!r}), {{}})\n"
        f"try: plugin.issue(found, {interactive})\n"
        "except Exception as e: print(str(e))\n"
    )
    parent, child = os.openpty()
    os.write(parent, typed.encode())
    root = str(Path(kubeconfig.__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", code], stdin=child, capture_output=True, text=True, cwd=root, check=True
    )
    os.close(parent)
    os.close(child)
    assert done.stderr == ""
    return done.stdout


def test_the_plugin_does_not_see_a_terminal_even_where_there_is_one(tmp_path: Path) -> None:
    found = access(tmp_path, "sys.exit(9 if os.isatty(0) else 4)")
    assert "exit code 4" in at_a_terminal(found, interactive=False)


def test_a_plugin_may_ask_at_the_terminal_when_it_is_let(tmp_path: Path) -> None:
    body = "sys.stderr.write('code: '); sys.exit(7 if sys.stdin.readline() == '123\\n' else 8)"
    found = access(tmp_path, body, interactiveMode="Always")
    assert "exit code 7: code:" in at_a_terminal(found, interactive=True, typed="123\n")


def test_one_run_of_the_plugin_serves_all_requests_refused_together(tmp_path: Path) -> None:
    barrier = threading.Barrier(4)

    def answer(asked: Asked) -> None:
        if asked.all("Authorization") == ["Bearer tok-1"]:
            barrier.wait(10)
            asked.refuse(401, "Unauthorized")
        else:
            asked.say(200, {"kind": "Node"})

    server = KubeServer(answer)
    cluster = cluster_at(tmp_path, server.url, counting(tmp_path))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(cluster.read, [ObjectRef("Node", "", f"n{n}") for n in range(4)]))
    assert found == [{"kind": "Node"}] * 4
    assert (tmp_path / "count").read_text() == "2"
    cluster.close()
    server.close()
