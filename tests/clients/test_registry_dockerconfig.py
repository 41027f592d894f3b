"""The user's own login: from the docker config file, or from a credential helper, which is a real program here."""

import base64
import json
import os
import stat
import time
from pathlib import Path

import pytest

from checks.clients.dockerconfig_helper import ask_helper, own_login
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Unknown


@pytest.fixture(autouse=True)
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return folder


def helper(folder: Path, name: str, script: str) -> None:
    program = folder / f"docker-credential-{name}"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(program.stat().st_mode | stat.S_IXUSR)


def config(folder: Path, **content: object) -> Path:
    path = folder / "config.json"
    path.write_text(json.dumps(content))
    return path


def auth(text: str) -> dict[str, str]:
    return {"auth": base64.b64encode(text.encode()).decode()}


def test_a_login_in_the_file_is_found(tmp_path: Path):
    found = own_login(config(tmp_path, auths={"harbor.test": auth("ann:pw:with:colons")}), "harbor.test")
    assert isinstance(found, Login)
    assert (found.username, found.password.reveal()) == ("ann", "pw:with:colons")
    assert found.origin.kind == OriginKind.DOCKER_CONFIG
    assert found.origin.key == "harbor.test"


def test_another_registrys_login_is_none(tmp_path: Path):
    assert own_login(config(tmp_path, auths={"other.test": auth("ann:pw")}), "harbor.test") is None


def test_no_file_is_no_login(tmp_path: Path):
    assert own_login(tmp_path / "config.json", "harbor.test") is None


def test_a_file_that_is_no_json_is_told(tmp_path: Path):
    (tmp_path / "config.json").write_text("{")
    assert isinstance(own_login(tmp_path / "config.json", "harbor.test"), Unknown)


def test_a_helper_is_asked_on_its_standard_input(tmp_path: Path, programs: Path):
    seen = tmp_path / "seen"
    answer = '{"ServerURL":"harbor.test","Username":"ann","Secret":"from the keychain"}'
    helper(programs, "vault", f"[ $1 = get ] && cat > {seen} && echo '{answer}'\n")
    found = own_login(config(tmp_path, credHelpers={"harbor.test": "vault"}), "harbor.test")
    assert isinstance(found, Login)
    assert (found.username, found.password.reveal()) == ("ann", "from the keychain")
    assert (found.origin.kind, found.origin.where) == (OriginKind.HELPER, "docker-credential-vault")
    assert found.origin.key == "harbor.test"
    assert seen.read_text() == "harbor.test"


def test_the_store_for_all_hosts_is_asked_too(tmp_path: Path, programs: Path):
    helper(programs, "desktop", 'cat > /dev/null; echo \'{"Username":"ann","Secret":"s"}\'\n')
    found = own_login(config(tmp_path, credsStore="desktop", auths={"harbor.test": {}}), "harbor.test")
    assert isinstance(found, Login)
    assert found.origin.kind == OriginKind.HELPER


def test_a_helper_that_knows_nothing_leaves_the_file(tmp_path: Path, programs: Path):
    helper(programs, "empty", "cat > /dev/null; echo 'credentials not found in native keychain'; exit 1\n")
    assert ask_helper("empty", "harbor.test") is None
    found = own_login(config(tmp_path, credsStore="empty", auths={"harbor.test": auth("ann:pw")}), "harbor.test")
    assert isinstance(found, Login)
    assert found.origin.kind == OriginKind.DOCKER_CONFIG


def test_a_helper_that_fails_is_told_without_its_words(programs: Path):
    helper(programs, "broken", "cat > /dev/null; echo 'the secret is hunter2' >&2; exit 3\n")
    failed = ask_helper("broken", "harbor.test")
    assert isinstance(failed, Unknown)
    assert "status 3" in failed.why
    assert "hunter2" not in failed.why


def test_a_helper_that_hangs_is_stopped(programs: Path):
    helper(programs, "slow", "exec sleep 30\n")
    begun = time.monotonic()
    hung = ask_helper("slow", "harbor.test", seconds=0.3)
    assert isinstance(hung, Unknown)
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("output", ["", "no json", "[]", '{"Username": 5, "Secret": "x"}', '{"Username": "ann"}'])
def test_an_answer_that_cannot_be_read_is_told(programs: Path, output: str):
    helper(programs, "odd", f"cat > /dev/null; echo '{output}'\n")
    assert isinstance(ask_helper("odd", "harbor.test"), Unknown)


def test_an_identity_token_of_a_helper_is_known_as_one(programs: Path):
    helper(programs, "token", 'cat > /dev/null; echo \'{"Username":"<token>","Secret":"eyJ"}\'\n')
    told = ask_helper("token", "harbor.test")
    assert isinstance(told, Login)
    assert (told.username, told.password.reveal(), told.identity) == ("<token>", "eyJ", True)
    assert "eyJ" not in repr(told)


@pytest.mark.parametrize("beside", [{}, {"auth": base64.b64encode(b"00000000-0000-0000-0000-000000000000:").decode()}])
def test_an_identity_token_in_the_file_is_known_as_one(tmp_path: Path, beside: dict[str, str]):
    """Beside it `docker login` leaves an `auth` whose password is empty."""
    found = own_login(config(tmp_path, auths={"harbor.test": {"identitytoken": "eyJ", **beside}}), "harbor.test")
    assert isinstance(found, Login)
    assert (found.username, found.password.reveal(), found.identity) == ("<token>", "eyJ", True)
    assert found.origin.key == "harbor.test"


def test_a_password_is_of_more_use_than_the_identity_token_beside_it(tmp_path: Path):
    entry = {"identitytoken": "eyJ", **auth("ann:pw")}
    found = own_login(config(tmp_path, auths={"harbor.test": entry}), "harbor.test")
    assert isinstance(found, Login)
    assert (found.username, found.identity) == ("ann", False)


def test_a_bearer_token_in_the_file_is_no_login(tmp_path: Path):
    told = own_login(config(tmp_path, auths={"harbor.test": {"registrytoken": "eyJ"}}), "harbor.test")
    assert isinstance(told, Unknown)
    assert "only a token" in told.why


def test_a_login_is_not_the_same_as_an_identity_token_that_looks_like_it():
    origin = Origin(OriginKind.HELPER, "docker-credential-x", "harbor.test")
    assert Login("<token>", Password("eyJ"), origin) != Login("<token>", Password("eyJ"), origin, identity=True)


@pytest.mark.parametrize("name", ["../evil", "a;b", "a b", "", "-x", "/bin/sh", "missing"])
def test_a_helper_that_is_no_plain_installed_name_is_not_run(programs: Path, name: str):
    assert isinstance(ask_helper(name, "harbor.test"), Unknown)
