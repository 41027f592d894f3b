"""Tokens and certificates, read from bytes that anybody may have written."""

import base64
import json
import ssl
import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks.clients import certificate
from checks.clients.exchange import errors
from checks.clients.token import from_body
from checks.facts import Certificate, RegistryMessage
from tests.clients.scripted import CERTIFICATES


def body(claims: object, **more: object) -> bytes:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return json.dumps({"token": f"e30.{part}.c2ln", **more}).encode()


def test_harbors_token_tells_subject_and_actions():
    token = from_body(
        body({"sub": "ann", "access": [{"type": "repository", "name": "a/b", "actions": ["push", "pull"]}]})
    )
    assert token is not None
    assert (token.subject, token.actions) == ("ann", frozenset({"pull", "push"}))
    assert token.claims == (("sub", "ann"), ("actions", "pull,push"))
    assert "e30" not in repr(token)


def test_a_token_of_nobody_has_no_subject_and_no_actions():
    token = from_body(body({"access": None}))
    assert token is not None
    assert (token.readable, token.subject, token.actions) == (True, "", frozenset())


def test_access_token_counts_where_token_is_empty():
    token = from_body(b'{"token": "", "access_token": "opaque"}')
    assert token is not None
    assert (token.text, token.readable, token.actions) == ("opaque", False, None)


@pytest.mark.parametrize(("life", "over"), [(1800, False), (1, True), (-5, False), ("x", False), (None, False)])
def test_a_token_ends_when_its_life_is_nearly_over(life: object, over: bool):
    token = from_body(body({}, expires_in=life))
    assert token is not None
    assert (token.ends < time.monotonic()) is over


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_no_json_does_harm(value: object):
    for written in (value, {"token": value}, {"errors": value}, {"errors": [value]}):
        from_body(json.dumps(written).encode())
        errors(json.dumps(written).encode())
    token = from_body(body(value))
    assert token is not None
    from_body(body({"sub": value, "access": [{"type": "repository", "actions": value}, value]}))


def test_errors_of_registries_and_of_token_services_are_read():
    assert errors(b'{"errors":[{"code":"DENIED","message":"no"}]}') == (RegistryMessage("DENIED", "no"),)
    assert errors(b'{"details":"incorrect username or password"}') == (
        RegistryMessage("", "incorrect username or password"),
    )
    assert errors(b"<html>502</html>") == ()


def der(name: str) -> bytes:
    text = (CERTIFICATES / name).read_text()
    return ssl.PEM_cert_to_DER_cert(text[text.index("-----BEGIN CERTIFICATE") :])


def test_a_certificate_is_read():
    assert certificate.read(der("expired.pem")) == Certificate(
        "O=harbor-doctor demo, CN=expired.demo.test",
        "O=harbor-doctor demo, CN=harbor-doctor demo CA",
        ("expired.demo.test",),
        datetime(2019, 1, 1, tzinfo=UTC),
        datetime(2020, 1, 1, tzinfo=UTC),
    )
    far = certificate.read(der("misnamed.pem"))
    assert far is not None
    assert far.not_after == datetime(2126, 1, 1, tzinfo=UTC)


def test_a_certificate_that_names_nothing_else_is_read_too():
    authority = certificate.read(der("ca.pem"))
    assert authority is not None
    assert (authority.subject, authority.names) == (authority.issuer, ())


@given(st.data())
def test_a_damaged_certificate_is_read_or_left(data: st.DataObject):
    raw = bytearray(der("misnamed.pem"))
    for place in data.draw(st.lists(st.integers(0, len(raw) - 1), min_size=1, max_size=5)):
        raw[place] = data.draw(st.integers(0, 255))
    certificate.read(bytes(raw[: data.draw(st.integers(0, len(raw)))]))


@given(st.binary(max_size=300))
def test_noise_is_no_certificate(raw: bytes):
    assert certificate.read(raw) is None
