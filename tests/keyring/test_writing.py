"""Docker configs written: one entry set or cleaned, every other byte as it was."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Origin, OriginKind, Password
from checks.dockerlogin import find_login
from checks.dockerpayload import PayloadError, decode
from checks.dockerwrite import write_dockerconfigjson, write_entry
from checks.errors import UsageError

ORIGIN = Origin(OriginKind.SECRET, "finance/pull")
NAMES = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=":"), max_size=10)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=10)


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def logins(payload: bytes, secret_type: str = DOCKER_CONFIG_JSON) -> dict[str, tuple[str, str]]:
    entries = decode(payload, secret_type, ORIGIN)
    return {e.key: (e.login.username, e.login.password.reveal()) for e in entries}


def test_a_fresh_payload_is_what_kubectl_writes() -> None:
    written = write_dockerconfigjson(None, "https://h.x", "robot$a", Password("p<&>"), "a@b.c")
    auth = b64("robot$a:p<&>")
    assert written == (
        b'{"auths":{"https://h.x":{"username":"robot$a","password":"p\\u003c\\u0026\\u003e","email":"a@b.c",'
        b'"auth":"' + auth.encode() + b'"}}}'
    )


@given(WORDS, NAMES, WORDS)
def test_what_is_written_is_what_the_kubelet_reads(key: str, username: str, password: str) -> None:
    assert logins(write_dockerconfigjson(None, key, username, password)) == {key: (username, password)}
    assert logins(write_entry(None, DOCKER_CFG, key, username, password), DOCKER_CFG) == {key: (username, password)}


@given(st.dictionaries(WORDS, NAMES, max_size=4), WORDS, NAMES)
def test_other_entries_stay(others: dict[str, str], key: str, username: str) -> None:
    base = json.dumps({"auths": {k: {"username": u, "password": "p"} for k, u in others.items()}}, indent=2).encode()
    written = write_dockerconfigjson(base, key, username, "new")
    assert logins(written) == {k: (u, "p") for k, u in others.items()} | {key: (username, "new")}


def test_everything_else_stays_byte_for_byte() -> None:
    base = b'{ "credsStore" : "x",\n "Auths": {"a.x" : {"auth": "dTpw", "n": 1.50}, "b.x":{"auth":"dTpw","z":[1 ]}}}\n'
    written = write_dockerconfigjson(base, "b.x", "u2", "p2")
    head, tail = base.split(b'{"auth":"dTpw","z":[1 ]}')
    assert written.startswith(head)
    assert written.endswith(tail)
    assert b'"z":[1 ]' in written
    assert logins(written) == {"a.x": ("u", "p"), "b.x": ("u2", "p2")}


@pytest.mark.parametrize(
    "base",
    [b"", b" \n", b"{}", b"null", b"[]", b'{"auths":null}', b'{"auths":[]}', b'{"auths":{}}', b'{"AUTHS":{"a":null}}',
     b'{"auths":{"h.x":5}}', b'{"auths":{"h.x":{"auth":"%"},"h.x":{"auth":"%"}}}', b'{"x":1}',
     b'{"auths":{"h.x":{"auth":5,"identitytoken":"t"}}}'],
)  # fmt: skip
def test_the_entry_is_readable_whatever_stood_there(base: bytes) -> None:
    assert logins(write_dockerconfigjson(base, "h.x", "u", "p"))["h.x"] == ("u", "p")


def test_an_old_token_goes_with_the_old_login() -> None:
    base = b'{"auths":{"h.x":{"identitytoken":"t0ken","keep":true}}}'
    written = json.loads(write_dockerconfigjson(base, "h.x", "u", "p"))
    assert written["auths"]["h.x"] == {"username": "u", "password": "p", "auth": b64("u:p"), "keep": True}


def test_bytes_that_are_not_utf8_are_written_into_auth_alone() -> None:
    password = b"\xff".decode("utf-8", "surrogateescape")
    written = write_dockerconfigjson(None, "h.x", "u", password)
    assert logins(written) == {"h.x": ("u", password)}
    assert b"password" not in written


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(UsageError, match="colon"):
        write_dockerconfigjson(None, "h.x", "a:b", "p")
    with pytest.raises(PayloadError):
        write_dockerconfigjson(b"{", "h.x", "u", "p")


@pytest.mark.parametrize(
    ("config", "host", "expected"),
    [
        ({"auths": {"h.x": {"auth": "dTpw"}}}, "h.x", ("h.x", ("u", "p"), "")),
        ({"auths": {"https://h.x/v2/": {"auth": "dTpw"}}}, "h.x", ("h.x", ("u", "p"), "")),
        ({"auths": {"h.x": {}}, "credsStore": "desktop"}, "h.x", ("h.x", None, "desktop")),
        ({"credHelpers": {"h.x": "pass"}, "credsStore": "desktop"}, "h.x", ("h.x", None, "pass")),
        ({"credHelpers": {"h.x": "pass"}}, "other.x", ("other.x", None, "")),
        ({"auths": {"https://index.docker.io/v1/": {"auth": "dTpw"}}}, "docker.io",
         ("https://index.docker.io/v1/", ("u", "p"), "")),
        ({"auths": {"h.x": {"auth": "%"}}}, "h.x", ("h.x", None, "")),
        ({"auths": {"h.x:8443": {"auth": "dTpw"}}}, "h.x", ("h.x", None, "")),
        ([], "h.x", ("h.x", None, "")),
    ],
)  # fmt: skip
def test_a_docker_config_names_the_login_or_the_helper(config: Any, host: str, expected: tuple[Any, ...]) -> None:
    found = find_login(json.dumps(config).encode(), host, "config.json")
    login = (found.login.username, found.login.password.reveal()) if found.login else None
    assert (found.server, login, found.helper) == expected


def test_a_token_in_the_docker_config_is_told_and_a_broken_file_refused() -> None:
    found = find_login(b'{"auths":{"h.x":{"identitytoken":"t"}}}', "h.x", "config.json")
    assert found.token_only
    with pytest.raises(UsageError, match=r"config\.json is not readable: unexpected end"):
        find_login(b"{", "h.x", "config.json")
