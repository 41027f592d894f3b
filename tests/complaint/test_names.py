"""No name decides: images, hosts, repositories and tags that are called like errors change nothing."""

import json
from pathlib import Path

import pytest

from checks.complaint import read

CORPUS = Path(__file__).resolve().parents[1] / "corpus" / "kubelet_messages.jsonl"
PATHS = ("denied/unauthorized", "timeout/no-such-host", "not-found/manifest-unknown", "eof/x509")
TAGS = ("unauthorized", "connection-refused", "no-space-left-on-device", "i-o-timeout", "EOF", "401", "not-found")
HOSTS = (
    ("lab.test", "no-such-host.example"),
    ("lab.test", "connection-refused.timeout.example"),
    ("lab.test", "x509-certificate-has-expired.proxyconnect"),
)


def texts() -> list[tuple[str, str, str]]:
    with CORPUS.open(encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    return [(r["message"], r["image"], r["reason"]) for r in rows if "/" in r["image"]]


def same(text: str, other: str, reason: str) -> None:
    before, after = read(text, reason), read(other, reason)
    assert (before.cause, before.confidence) == (after.cause, after.confidence), other


@pytest.mark.parametrize("path", PATHS)
def test_a_repository_called_like_an_error_changes_nothing(path: str) -> None:
    for text, image, reason in texts():
        repository = image.partition("@")[0].split("/", 1)[1].rsplit(":", 1)[0]
        if "/" in repository:
            same(text, text.replace(repository, path), reason)


@pytest.mark.parametrize("tag", TAGS)
def test_a_tag_called_like_an_error_changes_nothing(tag: str) -> None:
    for text, image, reason in texts():
        old = image.rsplit(":", 1)[1]
        if "@" in image or len(old) > 6:
            continue
        other = text
        for around in (':{}"', ":{}: not found", 'manifests/{}"', "manifests/{}:", "manifests/{}?", "[manifests {}]"):
            other = other.replace(around.format(old), around.format(tag))
        same(text, other, reason)


@pytest.mark.parametrize(("old", "new"), HOSTS)
def test_a_host_called_like_an_error_changes_nothing(old: str, new: str) -> None:
    for text, _, reason in texts():
        same(text, text.replace(old, new), reason)


@pytest.mark.parametrize(
    "text",
    [
        'Back-off pulling image "timeout.example/denied/no-such-host:unauthorized"',
        'Back-off pulling image "a.example/x509/certificate-has-expired:toomanyrequests"',
        'Pulling image "harbor.example/not-found/no-basic-auth-credentials:401"',
    ],
)
def test_a_name_alone_is_no_cause(text: str) -> None:
    assert read(text).cause == "unknown_ambiguous"


def test_a_project_in_harbors_message_may_be_called_anything() -> None:
    text = "Error response from daemon: unauthorized: project {} not found: project {} not found"
    for name in ("timeout", "denied", "x509", "unknown", "rate-limited"):
        assert read(text.format(name, name)).cause == "not_found_project"
