"""Whatever a registry answers: a verdict, never an exception, and no login where it does not belong."""

import base64
import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from hypothesis import strategies as st

from checks.clients import admission, challenge, gate
from checks.clients.exchange import document, errors
from checks.clients.prober import Prober
from checks.clients.session import Web
from checks.clients.token import from_body
from checks.credentials import Login, Origin, OriginKind, Password
from checks.diagnose import diagnose, group
from checks.facts import Break, Fact, Knows, Nearby, Platform, Trial, Unknown
from checks.image import parse
from checks.settings import Settings
from tests import builders as b
from tests.clients.scripted import CERTIFICATES, Asked, Scripted
from tests.properties.conftest import Many
from tests.properties.screen import clean, harmless, show
from tests.properties.wild import JSON
from tests.properties.wire import AWAY, CHALLENGES, NAME, PATHS, REGISTRIES, Wire, bodies
from tui.render import safe
from tui.visible import visible

IMAGE = parse(f"{NAME}/team/app:1.0")
PASSWORD = "s3cret-of-ann"
LOGIN = Login("ann", Password(PASSWORD), Origin(OriginKind.SECRET, "shop/harbor-pull", NAME))
CODED = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
AMD64 = Platform("linux", "amd64")


class Registry:
    """One registry that is there for all cases, and one elsewhere; each case gives them other answers."""

    def __init__(self, stack: ExitStack) -> None:
        self.answers: dict[str, Wire] = {}
        self.here = stack.enter_context(closing(Scripted(self._answer, names=(NAME,))))
        self.away = stack.enter_context(closing(Scripted(self._answer, names=(AWAY,))))
        resolve = {**self.here.resolve, **self.away.resolve}
        settings = Settings(resolve=resolve, registry_ca=CERTIFICATES / "ca.pem", timeout=5)
        self._settings, self._web = settings, stack.enter_context(closing(Web(settings)))

    def prober(self, answers: dict[str, Wire]) -> Prober:
        """A prober that remembers nothing, and from now on these answers."""
        self.answers = answers
        for server in (self.here, self.away):
            server.asked.clear()
        return Prober(self._settings, self._web)

    def _answer(self, asked: Asked) -> bytes | list[bytes]:
        path = asked.path.partition("?")[0]
        word = "v2" if path == "/v2/" else next((word for word in PATHS[1:] if word in path), "manifests")
        wire = self.answers[word]
        return wire.sent(asked.method) if wire.keeps else [wire.raw]


@pytest.fixture(scope="module")
def registry() -> Iterator[Registry]:
    with ExitStack() as stack, pytest.MonkeyPatch.context() as patch:
        # The pauses keep a directory from locking a user; none is here.
        patch.setattr(gate, "PAUSE_AFTER_LOCK", 0.0)
        patch.setattr(gate, "PAUSE_BETWEEN_PASSWORDS", 0.0)
        patch.setattr(admission, "PAUSE_AFTER_LOCK", 0.0)
        # The system's store is read for each connection; a hundred authorities that are never asked take their time.
        patch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "ca.pem"))
        yield Registry(stack)


def test_any_answers_of_a_registry_give_a_verdict_that_can_be_shown(many: Many[Any], registry: Registry) -> None:
    def check(case: tuple[dict[str, Wire], bool]) -> None:
        answers, about_platform = case
        begun, prober = time.monotonic(), registry.prober(answers)
        ping = prober.ping(NAME)
        trials = [prober.trial(IMAGE, login, AMD64 if about_platform else None) for login in (LOGIN, None)]
        tags = prober.tags(IMAGE, LOGIN)
        assert time.monotonic() - begun < 20
        assert ping.broken is None or ping.broken in Break
        for trial in trials:
            sound(trial)
        assert isinstance(tags, Unknown) or all(isinstance(tag, str) for tag in tags.value)
        assert not any(CODED in value for asked in registry.away.asked for value in asked.headers.values())
        for shown in (repr(ping), repr(trials), repr(tags)):
            assert PASSWORD not in shown
            assert CODED not in shown
        looked = b.evidence(image=IMAGE.written, text=b.unauthorized(IMAGE.written), trials=trials[:1],
                            anonymous=trials[1], ping=Fact(ping, "ping", b.NOW), nearby=Nearby(tags))  # fmt: skip
        found = diagnose(looked)
        assert found.crashed == ()
        (problem,) = group("lab", [found])
        show(problem)

    many(st.tuples(REGISTRIES, st.booleans()), check)


@pytest.mark.parametrize("digest", ["\ud83d", "../../secret", "", "sha256:zz", "sha256:" + "0" * 64 + "?x"])
def test_what_is_no_digest_is_never_asked_for(digest: str, registry: Registry) -> None:
    manifest = json.dumps({"config": {"digest": digest}}).encode()
    answers = dict.fromkeys(PATHS, _answered(b"{}")) | {"manifests": _answered(manifest)}
    trial = registry.prober(answers).trial(IMAGE, None, AMD64)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.platforms) == (200, ())
    assert not any("/blobs/" in asked.path for asked in registry.here.asked)


def _answered(body: bytes) -> Wire:
    return Wire(b"HTTP/1.1 200 x\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body), keeps=True)


def sound(trial: Trial) -> None:
    """It holds together: a manifest is an answer, and a verdict about a login rests on a question with it."""
    assert trial.knows in Knows
    assert trial.pulls is None or trial.pulls == (trial.manifest is not None and trial.manifest.status == 200)
    assert trial.manifest is not None or trial.why
    assert trial.login is not None or trial.knows in (Knows.NOT_ASKED, Knows.UNKNOWN)
    if trial.knows in (Knows.ACCEPTED, Knows.REFUSED, Knows.LOCKED):
        assert any(seen.user == "ann" and seen.status is not None for seen in trial.exchanges)
    assert len(trial.subject) <= 256
    for seen in trial.exchanges:
        assert all(len(said.code) <= 1000 and len(said.message) <= 1000 for said in seen.errors)


def test_any_challenge_and_any_body_are_read(many: Many[Any]) -> None:
    def check(case: tuple[str, bytes, bytes]) -> None:
        header, body, token = case
        begun = time.process_time()
        offered = challenge.parse(header)
        assert all(one.scheme == one.scheme.lower() != "" for one in offered)
        for one in offered[:9]:
            harmless(safe(f"{one.scheme} {one.realm} {one.params}"))
        for said in errors(body):
            assert len(said.code) <= 1000 >= len(said.message)
            clean(visible(f"{said.code} {said.message}"))
        document(body)
        found = from_body(token)
        if found is not None:
            assert found.text.isascii()
            assert found.text.isprintable()
            assert len(found.text) < 9 or found.text not in repr(found)
            assert found.actions is None or all(isinstance(action, str) for action in found.actions)
            clean(visible(f"{found.subject} {found.claims}"))
        assert time.process_time() - begun < 1

    texts = st.sampled_from(PATHS).flatmap(bodies) | JSON.map(lambda value: repr(value).encode("utf-8", "replace"))
    many(st.tuples(CHALLENGES, texts, bodies("token")), check)
