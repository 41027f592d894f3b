"""`harbor-doctor demo`: one process serves the pretend world, others work on it with what it wrote."""

import json
import re
import shlex
import ssl
import stat
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from checks.demo.api.server import CA_FILE
from checks.demo.scenarios import SCENARIOS
from tests.headless.ground import NEWLINE, waiting_reasons
from tests.headless.tool import Running, Tool

FAILS = {"ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull", "ImageInspectError"}


class Served:
    """A demo that runs in its own process."""

    def __init__(self, running: Running, folder: Path, home: Path) -> None:
        self.running, self.folder = running, folder
        self.environment = dict(_exported(line) for line in (folder / "env").read_text().splitlines())
        self.config = json.loads((folder / "kubeconfig").read_text())
        self.tool = Tool(home, self.environment)
        self.bare = Tool(home, {"KUBECONFIG": str(folder / "kubeconfig")})

    def get(self, path: str) -> Any:
        """Ask the API server as kubectl would."""
        server = self.config["clusters"][0]["cluster"]["server"]
        token = self.config["users"][0]["user"]["token"]
        request = urllib.request.Request(server + path, headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=20, context=ssl.create_default_context(cafile=CA_FILE)) as answer:
            return json.load(answer)

    def failing(self) -> set[tuple[str, str, str]]:
        """(namespace, pod, container) of all that waits for an image."""
        return {
            (pod["metadata"]["namespace"], pod["metadata"]["name"], status["name"])
            for pod in self.get("/api/v1/pods")["items"]
            for key, statuses in pod["status"].items()
            if key.lower().endswith("containerstatuses")
            for status in statuses
            if _fails(status["state"].get("waiting", {}))
        }

    def declared(self) -> str:
        """Every Secret and ServiceAccount as declared."""
        found = []
        for kind in ("secrets", "serviceaccounts"):
            for obj in self.get(f"/api/v1/{kind}")["items"]:
                meta = {k: obj["metadata"].get(k) for k in ("namespace", "name", "labels", "annotations", "uid")}
                found.append([meta, *(obj.get(key) for key in ("type", "data", "immutable", "imagePullSecrets"))])
        return json.dumps(found, sort_keys=True)


def _fails(waiting: dict[str, str]) -> bool:
    unreadable = waiting.get("reason") == "CreateContainerConfigError" or "illegal base64" in waiting.get("message", "")
    return waiting.get("reason") in FAILS or unreadable


def _exported(line: str) -> tuple[str, str]:
    word, pair = shlex.split(line)
    assert word == "export"
    name, _, value = pair.partition("=")
    return name, value


@contextmanager
def serving(root: Path) -> Iterator[Served]:
    maker, folder = Tool(root / "maker"), root / "made here"
    with maker.start("demo", "--directory", str(folder)) as running:
        running.says("a pretend cluster is served until you press ctrl+c")
        yield Served(running, folder, root / "user")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("demo")) as made:
        yield made


def test_what_is_exported_is_the_only_thing_on_stdout(served: Served) -> None:
    assert "".join(served.running.out) == (served.folder / "env").read_text()
    assert {"KUBECONFIG", "HARBOR_DOCTOR_REGISTRY_CA", "HARBOR_DOCTOR_RESOLVE"} <= set(served.environment)


def test_files_with_tokens_or_passwords_are_their_owners_alone(served: Served) -> None:
    for name in ("kubeconfig", "env"):
        assert stat.S_IMODE((served.folder / name).stat().st_mode) == 0o600, name


def test_the_kubeconfig_is_an_ordinary_one(served: Served) -> None:
    assert served.config["kind"] == "Config"
    assert served.config["current-context"] == "demo"
    assert served.get("/version")["gitVersion"].startswith("v1.")


def test_a_scan_of_another_process_finds_each_failing_container_once(served: Served) -> None:
    before = served.failing()
    done = served.tool.run("scan", "-o", "json")
    after = served.failing()
    assert done.code == 1
    listed = [(pod["namespace"], pod["name"], pod["container"]) for p in done.json["problems"] for pod in p["pods"]]
    assert len(listed) == len(set(listed))
    assert before & after <= set(listed) <= before | after
    assert {p["code"] for p in done.json["problems"]} == {scenario.code for scenario in SCENARIOS}


@pytest.mark.parametrize("kind", ["bare", "tool"])
def test_plan_fix_and_undo_work_with_the_kubeconfig_alone_and_with_the_environment(served: Served, kind: str) -> None:
    tool: Tool = getattr(served, kind)
    problem, space = {"bare": ("HD106:crm/harbor-8443", "crm"), "tool": ("HD106:web/harbor-ui", "web")}[kind]
    before = served.declared()
    planned = tool.run("plan", problem, "-n", space, "-o", "json")
    assert planned.json["problems"][0]["fixes"][0]["id"] == "add-entry"
    fixed = tool.run("fix", problem, "-n", space, "--wait", "30s", "-o", "json")
    assert (fixed.code, fixed.json["mended"]) == (0, True), fixed
    assert served.declared() != before
    assert tool.run("undo", fixed.json["receipt"], "--yes").code == 0
    assert served.declared() == before


def test_the_line_break_of_all_eleven_pods_is_mended_and_taken_back(served: Served) -> None:
    before = served.declared()
    fixed = served.bare.run("fix", NEWLINE, "-n", "shop", "--wait", "60s")
    assert fixed.code == 0, fixed
    assert fixed.out == "11 of 11 pods have pulled\n"
    mine = [pod for pod in served.get("/api/v1/namespaces/shop/pods")["items"] if _uses(pod, "harbor-pull")]
    assert len(mine) == 11
    assert not any(waiting_reasons(pod) for pod in mine)
    assert {pod["status"]["phase"] for pod in mine} == {"Running"}
    assert served.bare.run("undo", "--yes").code == 0
    assert served.declared() == before


def _uses(pod: dict[str, Any], secret: str) -> bool:
    return secret in {item["name"] for item in pod["spec"].get("imagePullSecrets") or ()}


def test_with_the_kubeconfig_alone_the_registries_are_found(served: Served) -> None:
    done = served.bare.run("scan", "-n", "crm", "-o", "json")
    by_id = {p["id"]: p for p in done.json["problems"]}
    assert "HD301:crm/lena-login" in by_id, "the registry itself refuses this one"
    assert not any("does not resolve" in line for p in by_id.values() for line in p["unknowns"])


def test_a_demo_ends_on_ctrl_c_with_0_and_nothing_left_behind(tmp_path: Path) -> None:
    with serving(tmp_path) as other:
        port = re.search(r":(\d+)$", other.config["clusters"][0]["cluster"]["server"])
        other.running.interrupt()
        done = other.running.end(10)
    assert port
    assert done.code == 0
    assert done.last == "the demo has ended"
    assert "Traceback" not in done.err
    said = other.bare.run("scan")
    assert said.code == 3
    assert said.last == f"demo: the API server 127.0.0.1:{port[1]} refuses the connection"


def test_a_directory_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = Tool(tmp_path).run("demo", "--directory", str(tmp_path / "file"))
    assert (done.code, done.out) == (2, "")
    assert str(tmp_path / "file") in done.last
    assert len(done.lines) == 1


def test_a_namespace_of_the_demo_is_shown_onboard_without_naming_the_harbor(tmp_path: Path) -> None:
    done = Tool(tmp_path).run("onboard", "web", "--project", "brandnew", "--demo", "--dry-run")
    assert done.code == 0, done.err
    assert "Onboard web: pulls from project brandnew at harbor.demo.test" in done.out
