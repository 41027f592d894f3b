"""The answer about manifests: which logins the kubelet would send."""

import base64
import json
from typing import Any

import pytest

from checks.errors import UsageError
from checks.secrets_report import manifests, secrets_report

AUTH = base64.b64encode(b"robot$ci:s3cret").decode()
IMAGE = "harbor.example.com/finance/api:v1"


def test_a_password_is_shown_only_on_demand(make_secret: Any) -> None:
    secret = make_secret({"harbor.example.com": {"auth": AUTH}})
    hidden, shown = secrets_report(IMAGE, [secret]), secrets_report(IMAGE, [secret], reveal=True)
    row = {"secret": "pull", "key": "harbor.example.com", "username": "robot$ci"}
    assert hidden["logins"] == [row]
    assert shown["logins"] == [row | {"password": "s3cret"}]
    assert "s3cret" not in json.dumps(hidden)
    assert hidden["image"] == {
        "repository": "harbor.example.com/finance/api",
        "tag": "v1",
        "digest": "",
        "error": None,
    }
    assert hidden["error"] is None
    assert hidden["entries"] == [
        {"secret": "pull", "key": "harbor.example.com", "serves": True, "why": "the key names the image's host"}
    ]


def test_a_random_order_is_marked(make_secret: Any) -> None:
    keys = ("harbor.example.com", "https://harbor.example.com", "harbor.example.com/finance")
    report = secrets_report(IMAGE, [make_secret({key: {"auth": AUTH} for key in keys})])
    assert [row.get("group") for row in report["logins"]] == [None, 1, 1]


def test_an_unreadable_secret_is_named_and_nothing_is_tried(make_secret: Any) -> None:
    good = make_secret({"harbor.example.com": {"auth": AUTH}}, name="good")
    bad = make_secret({"quay.io": {"auth": "%"}}, name="bad")
    report = secrets_report(IMAGE, [good, bad])
    assert report["error"] == {"kind": "auth_base64", "secret": "bad", "text": "illegal base64 data at input byte 0"}
    assert report["logins"] == []
    assert [(row["secret"], row["key"], row["serves"]) for row in report["entries"]] == [
        ("good", "harbor.example.com", False),
        ("bad", "quay.io", False),
    ]


def test_an_ignored_secret_is_listed_with_its_reason(make_secret: Any) -> None:
    report = secrets_report(IMAGE, [make_secret({"harbor.example.com": {"auth": AUTH}}, type_="Opaque")])
    [row] = report["entries"]
    assert row["key"] == "harbor.example.com"
    assert not row["serves"]
    assert "has type Opaque" in row["why"]


def test_an_invalid_image_gets_no_login(make_secret: Any) -> None:
    report = secrets_report("Bad Image!", [make_secret({"harbor.example.com": {"auth": "%"}})])
    assert report["image"]["error"].startswith("couldn't parse image name")
    assert report["logins"] == []
    assert report["error"]["kind"] == "auth_base64"


def test_bytes_that_are_not_utf8_are_given_in_base64_too(make_secret: Any) -> None:
    auth = base64.b64encode(b"u\xff:p\xfe").decode()
    report = secrets_report(IMAGE, [make_secret({"harbor.example.com": {"auth": auth}})], reveal=True)
    [row] = report["logins"]
    assert (row["username"], base64.b64decode(row["username_b64"])) == ("u\ufffd", b"u\xff")
    assert (row["password"], base64.b64decode(row["password_b64"])) == ("p\ufffd", b"p\xfe")
    json.dumps(report)


def test_lists_are_taken_apart_in_order_and_other_kinds_left_out(make_secret: Any) -> None:
    one, two, three = (make_secret({}, name=name) for name in ("one", "two", "three"))
    bare = {k: v for k, v in two.items() if k not in ("kind", "apiVersion")}
    documents = [
        None,
        one,
        {"kind": "Deployment", "metadata": {"name": "api"}},
        {"kind": "SecretList", "items": [bare]},
        {"kind": "List", "items": [{"kind": "List", "items": [three]}, {"kind": "ConfigMap"}]},
    ]
    assert [obj["metadata"]["name"] for obj in manifests(documents)] == ["one", "two", "three"]


@pytest.mark.parametrize(
    "documents",
    [[], [None], [{"kind": "Pod"}], ["text"], [5], [[]], [{}], [{"kind": 5}], [{"kind": "List", "items": "x"}],
     [{"kind": "List", "items": [1]}], [{"kind": "Secret"}], [{"kind": "Secret", "metadata": {"name": ""}}]],
)  # fmt: skip
def test_what_holds_no_secret_is_refused_in_one_sentence(documents: list[Any]) -> None:
    with pytest.raises(UsageError, match=r"^[A-Z][^\n]*\.$"):
        manifests(documents)


def test_a_manifest_with_bad_base64_is_refused(make_secret: Any) -> None:
    secret = make_secret({}) | {"data": {".dockerconfigjson": "not base64!"}}
    with pytest.raises(UsageError, match=r"^The value under data\.\.dockerconfigjson of Secret pull is not base64"):
        secrets_report(IMAGE, [secret])
