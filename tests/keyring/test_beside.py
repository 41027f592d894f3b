"""`auth` and what stands beside it: the kubelet sends the one; the other is kept for whoever asks what was meant."""

import base64
from typing import Any

import pytest

from checks.dockerconfig import read_secret

AUTH = base64.b64encode(b"alice:old").decode()
HOST = "harbor.example.com"


def _entry(make_secret: Any, **fields: str) -> Any:
    [entry] = read_secret(make_secret({HOST: fields})).entries
    return entry


@pytest.mark.parametrize(("fields", "beside"), [
    ({"username": "alice", "password": "new"}, ("alice", "new")),
    ({"username": "bob", "password": "old"}, ("bob", "old")),
    ({"password": "new"}, ("alice", "new")),
    ({"username": "bob"}, ("bob", "old")),
])  # fmt: skip
def test_a_login_beside_auth_that_differs_is_kept_and_not_sent(make_secret: Any, fields, beside) -> None:
    entry = _entry(make_secret, auth=AUTH, **fields)
    assert (entry.login.username, entry.login.password.reveal()) == ("alice", "old")
    assert (entry.beside.username, entry.beside.password.reveal()) == beside
    assert entry.beside.origin == entry.login.origin
    assert "new" not in repr(entry)


@pytest.mark.parametrize("fields", [
    {"auth": AUTH}, {"auth": AUTH, "username": "alice", "password": "old"}, {"auth": AUTH, "username": "alice"},
    {"username": "alice", "password": "old"}, {},
])  # fmt: skip
def test_where_nothing_disagrees_nothing_is_kept_beside(make_secret: Any, fields) -> None:
    assert _entry(make_secret, **fields).beside is None
