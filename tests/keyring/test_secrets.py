"""Pull Secrets: what the kubelet reads of them, and what a repair could read besides."""

import base64
import json
import pickle
from typing import Any

import pytest

from checks.dockerconfig import read_secret, salvage
from checks.errors import UsageError
from checks.image import parse
from checks.keyring import answer

AUTH = base64.b64encode(b"robot$ci:s3cret").decode()
GOOD = {"harbor.example.com": {"auth": AUTH}}
IMAGE = parse("harbor.example.com/finance/api:v1")


def payload(auths: object) -> bytes:
    return json.dumps({"auths": auths}).encode()


def test_a_good_secret_gives_its_entry(make_secret: Any) -> None:
    secret = read_secret(make_secret(GOOD))
    assert secret.fault is None
    assert not secret.ignored
    assert not secret.hints
    [entry] = secret.entries
    assert entry.key == "harbor.example.com"
    assert (entry.login.username, entry.login.password.reveal()) == ("robot$ci", "s3cret")
    assert entry.login.origin.where == "finance/pull"
    assert entry.login.origin.key == "harbor.example.com"


@pytest.mark.parametrize("type_", ["Opaque", "kubernetes.io/DockerConfigJson", "kubernetes.io/dockerconfigjson ", ""])
def test_a_secret_of_the_wrong_type_is_ignored(make_secret: Any, type_: str) -> None:
    obj = make_secret(GOOD, type_=type_)
    secret = read_secret(obj)
    assert secret.ignored.startswith(f"the Secret has type {type_ or 'Opaque'}, and the kubelet reads")
    assert secret.entries == ()
    assert secret.hints == ("opaque",)
    assert [e.login.username for e in salvage(obj)] == ["robot$ci"]


def test_a_secret_with_another_key_is_ignored(make_secret: Any) -> None:
    obj = make_secret(GOOD, key="config.json")
    secret = read_secret(obj)
    assert "has no data key .dockerconfigjson" in secret.ignored
    assert secret.hints == ("other_key",)
    assert len(salvage(obj)) == 1


def test_an_empty_value_is_ignored_and_blanks_are_an_error(make_secret: Any) -> None:
    assert "is empty" in read_secret(make_secret(payload=b"")).ignored
    blank = read_secret(make_secret(payload=b" "))
    assert blank.fault is not None
    assert blank.fault.text == "unexpected end of JSON input"


def test_a_payload_encoded_twice_is_a_fault_that_a_repair_can_read(make_secret: Any) -> None:
    obj = make_secret(payload=base64.b64encode(payload(GOOD)) + b"\n")
    secret = read_secret(obj)
    assert secret.fault is not None
    assert secret.fault.kind == "json_syntax"
    assert secret.hints == ("double_base64",)
    assert salvage(obj)[0].login.password.reveal() == "s3cret"


def test_a_byte_order_mark_is_a_fault_that_a_repair_can_read(make_secret: Any) -> None:
    obj = make_secret(payload=b"\xef\xbb\xbf" + payload(GOOD))
    assert read_secret(obj).fault is not None
    assert len(salvage(obj)) == 1


def test_the_legacy_shape_under_the_new_type_gives_nothing_but_a_hint(make_secret: Any) -> None:
    obj = make_secret(payload=json.dumps(GOOD).encode())
    secret = read_secret(obj)
    assert (secret.entries, secret.fault, secret.ignored) == ((), None, "")
    assert secret.hints == ("legacy_shape",)
    assert salvage(obj)[0].key == "harbor.example.com"


def test_the_new_shape_under_the_legacy_type_is_a_host_named_auths(make_secret: Any) -> None:
    secret = read_secret(make_secret(GOOD, type_="kubernetes.io/dockercfg", key=".dockercfg"))
    assert [e.key for e in secret.entries] == ["auths"]


def test_wrongs_add_up(make_secret: Any) -> None:
    obj = make_secret(payload=base64.b64encode(json.dumps(GOOD).encode()), type_="Opaque")
    assert read_secret(obj).hints == ("opaque", "double_base64", "legacy_shape")


def test_something_else_entirely_gives_no_hint(make_secret: Any) -> None:
    for other in (b"", b"\xff\x00", b"{}", b"[1]", b'{"data":{"a":1}}', b"aGVsbG8="):
        obj = make_secret(payload=other, type_="Opaque")
        assert read_secret(obj).hints == ()
        assert salvage(obj) == ()


@pytest.mark.parametrize(
    ("auth", "meant"),
    [(f" {AUTH}\t", ("robot$ci", "s3cret")), ("robot$ci:s3cret", ("robot$ci", "s3cret")), ("%%%", ("user", "pass"))],
)
def test_a_repair_reads_what_a_broken_auth_meant(make_secret: Any, auth: str, meant: tuple[str, str]) -> None:
    fields = {"auth": auth} | ({"username": "user", "password": "pass"} if auth == "%%%" else {})
    obj = make_secret({"harbor.example.com": fields})
    fault = read_secret(obj).fault
    assert fault is not None
    assert (fault.kind, fault.key) == ("auth_base64", "harbor.example.com")
    [entry] = salvage(obj)
    assert (entry.login.username, entry.login.password.reveal()) == meant


def test_auth_wins_and_a_difference_is_seen(make_secret: Any) -> None:
    fields = {"auth": AUTH, "username": "robot$ci", "password": "old"}
    [entry] = read_secret(make_secret({"h.x": fields})).entries
    assert entry.login.password.reveal() == "s3cret"
    assert entry.disagrees
    [same] = read_secret(make_secret({"h.x": fields | {"password": "s3cret"}})).entries
    assert not same.disagrees


def test_a_token_alone_is_an_empty_login(make_secret: Any) -> None:
    secret = read_secret(make_secret({"harbor.example.com": {"identitytoken": "t0ken"}}))
    [entry] = secret.entries
    assert entry.token_only
    assert entry.login.username == ""
    [verdict] = answer(IMAGE, [secret]).entries
    assert verdict.serves
    assert verdict.why.endswith("holds only a token, which the kubelet does not read, so an empty login is sent")


def test_bytes_that_are_not_utf8_stay_as_they_are_in_auth(make_secret: Any) -> None:
    auth = base64.b64encode(b"u:\xff\xfe\x00").decode()
    [entry] = read_secret(make_secret({"h.x": {"auth": auth}})).entries
    assert entry.login.password.reveal().encode("utf-8", "surrogateescape") == b"\xff\xfe\x00"


def test_string_data_counts_and_wins() -> None:
    manifest = {
        "metadata": {"name": "pull"},
        "type": "kubernetes.io/dockerconfigjson",
        "data": {".dockerconfigjson": base64.b64encode(b"{}").decode()},
        "stringData": {".dockerconfigjson": json.dumps({"auths": GOOD})},
    }
    secret = read_secret(manifest)
    assert [e.key for e in secret.entries] == ["harbor.example.com"]
    assert secret.keys == (".dockerconfigjson",)


@pytest.mark.parametrize(
    "change",
    [{"data": {"a": "%%"}}, {"data": {"a": 5}}, {"data": []}, {"metadata": "x"}, {"stringData": {"a": 1}}],
)
def test_what_is_no_secret_is_refused_in_one_sentence(make_secret: Any, change: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=r"^[A-Z][^\n]*\.$"):
        read_secret(make_secret(GOOD) | change)


def test_metadata_is_kept() -> None:
    meta = {
        "name": "pull",
        "namespace": "finance",
        "uid": "u-1",
        "resourceVersion": "7",
        "labels": {"a": "b"},
        "annotations": {"c": "d"},
        "ownerReferences": [{"kind": "ExternalSecret", "name": "pull"}],
    }
    secret = read_secret({"metadata": meta, "immutable": True})
    assert (secret.namespace, secret.name, secret.uid, secret.resource_version) == ("finance", "pull", "u-1", "7")
    assert (secret.labels, secret.annotations) == ({"a": "b"}, {"c": "d"})
    assert secret.owners == ("ExternalSecret/pull",)
    assert secret.immutable


def test_no_password_shows_in_any_text(make_secret: Any) -> None:
    secret = read_secret(make_secret({"harbor.example.com": {"auth": AUTH, "password": "0ther"}}))
    result = answer(IMAGE, [secret])
    for shown in (repr(secret), str(secret), repr(result), f"{result.attempts[0].login.password}"):
        assert "s3cret" not in shown
        assert "0ther" not in shown
    with pytest.raises(TypeError):
        pickle.dumps(secret.entries[0].login.password)


def test_a_broken_auth_is_not_shown_in_the_fault(make_secret: Any) -> None:
    fault = read_secret(make_secret({"h.x": {"auth": "user:s3cret"}})).fault
    assert "s3cret" not in repr(fault)
