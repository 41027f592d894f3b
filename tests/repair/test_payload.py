"""Payloads found where the kubelet would not look, and written back without losing anything."""

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Login, Origin, OriginKind, Password
from checks.dockerconfig import read_secret
from checks.image import parse
from checks.keyring import answer
from checks.repair.healing import Tried, mend
from checks.repair.payload import find, new_secret, put
from checks.repair.plan import LoginProof
from checks.repair.readings import readings

HOST = "harbor.example.com"
LOGIN = Login("u", Password("p"), Origin(OriginKind.FORM, "form"))


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def secret(kind: str, key: str, text: str) -> dict[str, Any]:
    return {"metadata": {"namespace": "n", "name": "s"}, "type": kind, "data": {key: b64(text)}}


def written(body: dict[str, Any], key: str = ".dockerconfigjson") -> Any:
    return json.loads(base64.b64decode(body["data"][key]))


def test_other_entries_and_unknown_fields_stay_as_they_are() -> None:
    text = '{"credsStore":"x","auths":{"o.io":{"auth":"YTpi","x-own":[1,{"y":2.50}]},"h.io":{"auth":"YTpi","x-id":7}}}'
    payload = find(secret(DOCKER_CONFIG_JSON, ".dockerconfigjson", text))
    assert payload is not None
    new = payload.with_login("h.io", LOGIN)
    assert b'"o.io":{"auth":"YTpi","x-own":[1,{"y":2.50}]}' in new.text
    assert b'"credsStore":"x"' in new.text
    assert b'"x-id":7' in new.text


@pytest.mark.parametrize("key", ["config.json", ".dockercfg", "x"])
def test_a_payload_under_another_key_is_found_and_put_where_the_kubelet_looks(key: str) -> None:
    body = secret("Opaque", key, '{"auths":{"h.io":{"auth":"dTpw"}}}')
    payload = find(body)
    assert payload is not None
    new = put(body, payload)
    assert [e.login.username for e in read_secret(new).entries] == ["u"]
    assert new["data"][key] == body["data"][key]


def test_a_payload_encoded_twice_is_read() -> None:
    body = secret("Opaque", ".dockerconfigjson", b64('{"auths":{"h.io":{"auth":"dTpw"}}}'))
    payload = find(body)
    assert payload is not None
    assert payload.twice
    assert [e.login.username for e in read_secret(put(body, payload)).entries] == ["u"]


def test_a_bare_map_of_hosts_gets_its_auths_and_keeps_what_is_no_host() -> None:
    body = secret(DOCKER_CONFIG_JSON, ".dockerconfigjson", '{"h.io":{"auth":"dTpw"},"psFormat":"x"}')
    payload = find(body)
    assert payload is not None
    assert written(put(body, payload)) == {"auths": {"h.io": {"auth": "dTpw"}}, "psFormat": "x"}


def test_auths_inside_a_dockercfg_secret_become_its_bare_map() -> None:
    body = secret(DOCKER_CFG, ".dockercfg", '{"auths":{"h.io":{"auth":"dTpw"}}}')
    payload = find(body)
    assert payload is not None
    new = put(body, payload)
    assert new["type"] == DOCKER_CFG
    assert written(new, ".dockercfg") == {"h.io": {"auth": "dTpw"}}


def test_a_secret_without_a_docker_config_has_no_payload() -> None:
    assert find(secret("Opaque", "password", "hunter2")) is None
    assert find({"type": "Opaque"}) is None


def test_an_entry_can_be_taken_out_without_touching_the_others() -> None:
    text = '{"auths":{"h.io":{"auth":"bad"},"o.io":{"auth":"YTpi","n":1.0}},"k":1e3}'
    payload = find(secret(DOCKER_CONFIG_JSON, ".dockerconfigjson", text))
    assert payload is not None
    assert payload.without("h.io").text == b'{"auths":{"o.io":{"auth":"YTpi","n":1.0}},"k":1e3}'


@given(user=st.text(min_size=1).filter(lambda t: ":" not in t), password=st.text(min_size=1))
def test_a_new_secret_gives_the_kubelet_exactly_the_login(user: str, password: str) -> None:
    try:
        f"{user}{password}".encode()
    except UnicodeEncodeError:
        return
    body = new_secret("n", "s", "h.io", Login(user, Password(password), LOGIN.origin))
    (entry,) = read_secret(body).entries
    assert entry.login == Login(user, Password(password), LOGIN.origin)
    assert not entry.disagrees


def meanings(fields: dict[str, str], project: str = "shop") -> list[tuple[str, str]]:
    payload = find(secret(DOCKER_CONFIG_JSON, ".dockerconfigjson", json.dumps({"auths": {"h.io": fields}})))
    assert payload is not None
    return [(r.login.username, r.login.password.reveal()) for r in readings(payload.entries[0], "n/s", project)]


def test_what_stands_there_is_tried_first_and_then_without_white_space() -> None:
    assert meanings({"auth": b64("u:p\n")}) == [("u", "p\n"), ("u", "p")]


def test_auth_and_the_fields_beside_it_are_both_read() -> None:
    assert meanings({"auth": b64("u:old"), "username": "u", "password": "new"}) == [("u", "old"), ("u", "new")]


@pytest.mark.parametrize(
    "eaten", ["robot+ci", "robotshop+ci", "shop+ci", "$shop+ci", "+ci", "robot\\$shop+ci", "robot$$shop+ci"]
)
def test_a_robot_name_that_a_shell_has_eaten_is_completed(eaten: str) -> None:
    assert ("robot$shop+ci", "p") in meanings({"username": eaten, "password": "p"})


def test_a_robot_name_is_not_guessed_without_a_project_or_for_another_one() -> None:
    assert meanings({"username": "robot+ci", "password": "p"}, project="") == [("robot+ci", "p")]
    assert meanings({"username": "crm+ci", "password": "p"}) == [("crm+ci", "p")]


@pytest.mark.parametrize(
    "fields",
    [
        {"auth": "u:p"},
        {"auth": b64(b64("u:p"))},
        {"auth": b64("p"), "username": "u"},
        {"auth": b64("u:p")[:2] + "\n " + b64("u:p")[2:]},
        {"auth": "%%%", "username": "u", "password": "p"},
    ],
)
def test_an_auth_that_the_kubelet_cannot_decode_is_read_as_it_was_meant(fields: dict[str, str]) -> None:
    assert ("u", "p") in meanings(fields)


def test_an_empty_entry_means_no_login() -> None:
    assert meanings({}) == []
    assert meanings({"identitytoken": "x"}) == []
    assert meanings({"username": "u"}) == []


def test_every_empty_entry_that_serves_the_image_is_given_the_login() -> None:
    """One of them would be sent before the login that stands under another port."""
    auth = b64("ci:right")
    text = json.dumps({"auths": {HOST: {}, f"https://{HOST}": {}, f"{HOST}:443": {"auth": auth}}})
    body = secret(DOCKER_CONFIG_JSON, ".dockerconfigjson", text)
    payload = find(body)
    assert payload is not None
    entry = next(e for e in payload.entries if e.key.endswith(":443"))
    tried = Tried(entry.key, readings(entry, "shop/pull", "shop")[0], LoginProof(True, 1, 1, "pulls 1 of 1"))
    image = parse(f"{HOST}/shop/web:1.4.2")
    mended = mend(body, payload, tried, (image,))
    assert mended is not None
    assert {attempt.login.username for attempt in answer(image, [read_secret(mended.body)]).attempts} == {"ci"}
    assert {key: e["auth"] for key, e in written(mended.body)["auths"].items()} == dict.fromkeys(
        (HOST, f"https://{HOST}", f"{HOST}:443"), auth
    )
