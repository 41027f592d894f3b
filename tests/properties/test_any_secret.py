"""Secrets of any shape: read or refused, never a crash, and no password and no control character comes out."""

import base64
import re
from typing import Any

from hypothesis import strategies as st

from checks.credentials import Login, Origin, OriginKind, Password, shown_key
from checks.diagnose import diagnose, group
from checks.dockerconfig import read_secret, salvage
from checks.dockerpayload import decode_auth
from checks.errors import UsageError
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer
from checks.model import ObjectRef
from checks.repair.healing import Tried, mend, with_new_login
from checks.repair.payload import find, new_secret
from checks.repair.plan import LoginProof
from checks.repair.readings import readings
from checks.repair.show import difference
from checks.secrets_report import secrets_report
from tests import builders as b
from tests.properties.conftest import Many
from tests.properties.screen import as_json, clean, harmless, show
from tests.properties.wild import HOST, IMAGES, PLANTED, USERS, secrets
from tui.render import diff_rows, grid
from tui.secrets_table import _lines
from tui.visible import visible

FAULTS = {"json_syntax", "json_depth", "json_type", "auth_base64", "auth_format"}
HINTS = {"opaque", "other_key", "double_base64", "legacy_shape"}
NEAR = {"", "port", "path", "scheme", "case", "labels", "v2_slash", "ui_address", "wildcard", "hub", "host"}
IMAGE, REF = parse(f"{HOST}/shop/web:1.4.2"), ObjectRef("Secret", "shop", "harbor-pull")
PROVEN = LoginProof(True, 1, 1, "pulls 1 of 1 failing images")
CODED = base64.b64encode(f":{PLANTED}".encode()).decode()[4:-4]


def reference(image: str) -> ImageRef | None:
    try:
        return parse(image)
    except ImageNameError as why:
        clean(visible(str(why)))
        return None


def unseen(*shown: object) -> None:
    """The planted password is in none of them, as it is or in base64."""
    for each in shown:
        text = each if isinstance(each, str) else repr(each)
        assert PLANTED not in text
        assert CODED not in text


def test_any_secret_is_read_and_each_of_its_entries_gets_a_verdict(many: Many[Any]) -> None:
    def check(case: tuple[list[dict[str, Any]], str]) -> None:
        bodies, image = case
        try:
            read = [read_secret(body) for body in bodies]
            salvaged = [entry for body in bodies for entry in salvage(body)]
        except UsageError as error:
            unseen(str(error))
            return
        for secret in read:
            assert sum(map(bool, (secret.ignored, secret.fault, secret.entries))) <= 1
            assert secret.fault is None or secret.fault.kind in FAULTS
            assert HINTS.issuperset(secret.hints)
            assert not secret.entries or not secret.hints
        ref = reference(image)
        if ref is not None:
            found = answer(ref, read)
            assert len(found.entries) == sum(len(secret.entries) for secret in read)
            assert all(verdict.why and verdict.near in NEAR for verdict in found.entries)
            assert bool(found.error) == any(secret.fault for secret in read)
            assert not (found.error and found.attempts)
            assert all(attempt.key in {entry.key for s in read for entry in s.entries} for attempt in found.attempts)
            unseen(
                [one for one in found.attempts if PLANTED not in one.key],
                found.error,
                *(verdict.why for verdict in found.entries),
            )
        unseen(read_without_keys(salvaged))
        report = secrets_report(image, bodies)
        harmless(*_lines(image, report, False))
        clean(as_json(report))

    many(st.tuples(st.lists(secrets(), min_size=1, max_size=2), IMAGES), check)


def read_without_keys(entries: list[Any]) -> list[Any]:
    """Keys and user names stand as written, and somebody may have put a password there."""
    return [(entry.login.password, entry.has_auth, entry.disagrees) for entry in entries]


def test_any_secret_is_mended_or_left_and_its_password_is_shown_nowhere(many: Many[Any]) -> None:
    def check(case: tuple[dict[str, Any], str]) -> None:
        body, user = case
        login = Login(typed(user) or "ci", Password(PLANTED), Origin(OriginKind.FORM, "form"))
        (key,), payload = (IMAGE.registry,), find(body)
        assert [entry.login for entry in read_secret(new_secret("shop", "pull", key, login)).entries] == [login]
        made = [with_new_login(body, login, PROVEN, (IMAGE,), ())]
        for entry in payload.entries if payload else ():
            for reading in readings(entry, "shop/harbor-pull", "shop")[:1]:
                tried = Tried(entry.key, reading, PROVEN)
                made += filter(None, [mend(body, payload, tried, (IMAGE,)) if payload else None])
        for mended in made:
            secret = read_secret(mended.body)
            assert (secret.fault, secret.ignored) == (None, "")
            assert mended.login in [attempt.login for attempt in answer(IMAGE, [secret]).attempts]
            lines = [*difference(REF, body, mended.body), *difference(REF, mended.body, body)]
            unseen(*(text for _, text in lines if PLANTED not in names_in(body)), *mended.how, *mended.asks)
            harmless(grid(diff_rows([*lines, *(("+", text) for text in (*mended.how, *mended.asks))]), 7))

    many(st.tuples(secrets(sound=True), USERS), check)


def typed(user: str) -> str:
    """A user name that a docker config can carry: no colon, and of the surrogates those that stand for a byte."""
    return re.sub("[:\ud800-\udc7f\udd00-\udfff]", "", user)


def names_in(body: dict[str, Any]) -> str:
    """User names and keys are shown: somebody may have put a password there."""
    payload = find(body)
    return (
        "".join(f"{shown_key(e.key)} {e.fields.username} {_user(e.fields.auth)}" for e in payload.entries)
        if payload
        else ""
    )


def _user(auth: str) -> str:
    try:
        return decode_auth(auth)[0]
    except ValueError:
        return auth


def test_any_pull_with_any_secrets_is_one_problem_that_can_be_shown(many: Many[Any]) -> None:
    def check(case: tuple[list[dict[str, Any]], str]) -> None:
        bodies, image = case
        found = diagnose(b.evidence(*bodies, image=image, text=""))
        assert found.crashed == ()
        (problem,) = group("lab", [found])
        show(problem)

    many(st.tuples(st.lists(secrets(sound=True), max_size=2), IMAGES), check)
