"""A login for Harbor's API out of the docker config: only for the Harbor that was named, and only because it was."""

import base64
import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from checks.demo.harbor import ADMIN_PASSWORD
from tests.headless.ground import Ground
from tests.headless.tool import Done, Tool

HOST = "harbor.demo.test"
GONE, REFUSED = "HD304:pay/legacy-robot", "HD301:pay/legacy-robot"


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    """A world whose one trouble is a robot that somebody deleted."""
    with Ground(tmp_path_factory.mktemp("ground"), GONE) as made:
        yield made


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A docker folder that holds the administrator's login."""
    return config(tmp_path, auths={HOST: auth("admin", ADMIN_PASSWORD)})


def auth(user: str, password: str) -> dict[str, str]:
    return {"auth": base64.b64encode(f"{user}:{password}".encode()).decode()}


def config(folder: Path, **content: object) -> Path:
    (folder / "config.json").write_text(json.dumps(content))
    return folder


def tool(ground: Ground, docker: Path | None, **more: str) -> Tool:
    world = ground.world.registries
    known = {
        "HARBOR_DOCTOR_REGISTRY_CA": str(world.ca_file),
        "HARBOR_DOCTOR_RESOLVE": ",".join(f"{host}={address}" for host, address in world.resolve.items()),
        "DOCKER_CONFIG": str(docker or ground.folder / "none"),
    }
    return ground.tool().with_(**known, **more)


def problems(done: Done) -> dict[str, str]:
    assert ADMIN_PASSWORD not in done.out + done.err
    return {problem["id"]: problem["sentence"] for problem in done.json["problems"]}


def asked_as(ground: Ground) -> set[str | None]:
    log = ground.world.registries.log.entries
    return {entry.user for entry in log if entry.path.startswith("/api/") and entry.user}


def refusal(done: Done) -> str:
    assert (done.code, done.out) == (2, "")
    assert "Traceback" not in done.err
    assert len(done.lines) == 1
    return done.last


@pytest.mark.parametrize("how", ["variable", "option"])
def test_the_docker_login_for_the_named_harbor_tells_who_deleted_the_robot(
    ground: Ground, docker: Path, how: str
) -> None:
    ground.world.registries.log.clear()
    if how == "variable":
        done = tool(ground, docker, HARBOR_HOST=HOST).run("scan", "-o", "json")
    else:
        done = tool(ground, docker).run("scan", "-o", "json", "--harbor-host", HOST)
    assert list(problems(done)) == [GONE]
    assert problems(done)[GONE].endswith(", by dmitri.")
    assert asked_as(ground) == {"admin"}
    lines = [line for line in done.json["problems"][0]["evidence"] if line["source"] == "harbor"]
    assert any(line["text"].startswith("audit log: dmitri deleted robot robot$pay+legacy on ") for line in lines)
    assert all(line["at"] for line in lines)


def test_a_docker_login_that_nobody_named_a_harbor_for_is_not_sent_to_its_api(ground: Ground, docker: Path) -> None:
    ground.world.registries.log.clear()
    assert list(problems(tool(ground, docker).run("scan", "-o", "json"))) == [REFUSED]
    assert asked_as(ground) == set()


def test_a_credential_helper_may_hold_it(ground: Ground, tmp_path: Path) -> None:
    program = tmp_path / "docker-credential-chest"
    told = json.dumps({"Username": "admin", "Secret": ADMIN_PASSWORD})
    program.write_text(f"#!/bin/sh\ncat > {tmp_path}/server\necho '{told}'\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    helped = tool(ground, config(tmp_path, credHelpers={HOST: "chest"}), HARBOR_HOST=HOST, PATH=path)
    assert list(problems(helped.run("scan", "-o", "json"))) == [GONE]
    assert (tmp_path / "server").read_text() == HOST


def test_an_empty_or_foreign_docker_config_is_named(ground: Ground, tmp_path: Path) -> None:
    foreign = config(tmp_path, auths={"other.demo.test": auth("admin", ADMIN_PASSWORD)})
    for folder, why in ((None, "there is no docker config"), (foreign, f"names none for {HOST}")):
        said = refusal(tool(ground, folder, HARBOR_HOST=HOST).run("scan"))
        assert why in said
        assert "give HARBOR_USERNAME and HARBOR_PASSWORD" in said


def test_a_helper_that_is_not_there_is_named(ground: Ground, tmp_path: Path) -> None:
    folder = config(tmp_path, credsStore="nowhere")
    said = refusal(tool(ground, folder, HARBOR_HOST=HOST).run("scan"))
    assert "docker-credential-nowhere is not installed here" in said


@pytest.mark.parametrize("entry", [
    {"auth": base64.b64encode(b"lena:").decode(), "identitytoken": "ID-OF-LENA"}, {"identitytoken": "ID-OF-LENA"},
    auth("<token>", "ID-OF-LENA"),
])  # fmt: skip
def test_an_identity_token_is_no_login_for_harbors_api_and_is_not_sent(
    ground: Ground, tmp_path: Path, entry: dict[str, str]
) -> None:
    ground.world.registries.log.clear()
    said = refusal(tool(ground, config(tmp_path, auths={HOST: entry}), HARBOR_HOST=HOST).run("scan"))
    assert f"{tmp_path}/config.json holds an identity token" in said
    assert said.endswith("give HARBOR_USERNAME and HARBOR_PASSWORD")
    assert "ID-OF-LENA" not in said
    assert asked_as(ground) == set()


def test_a_form_for_many_hosts_names_no_login(ground: Ground, docker: Path) -> None:
    said = refusal(tool(ground, docker, HARBOR_HOST="*.demo.test").run("scan"))
    assert "*.demo.test names no single host" in said


def test_half_a_login_is_no_reason_to_look_into_the_docker_config(ground: Ground, docker: Path) -> None:
    said = refusal(tool(ground, docker, HARBOR_HOST=HOST, HARBOR_USERNAME="olivia").run("scan"))
    assert "HARBOR_PASSWORD" in said
