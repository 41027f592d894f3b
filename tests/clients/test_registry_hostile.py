"""Registries that are written to harm whoever asks them."""

import base64
import gzip
import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator

import pytest
import requests

from checks.clients.prober import Prober
from checks.clients.session import LARGEST, Web
from checks.credentials import Login, Origin, OriginKind, Password
from checks.facts import Beginning, Break, Knows, Platform, Trial, Unknown
from checks.image import parse
from checks.settings import Settings
from tests.clients.scripted import CERTIFICATES, Asked, Script, Scripted, http

HOST = "harbor.demo.test"
IMAGE = parse(f"{HOST}/team/app:1.0")
LOGIN = Login("ann", Password("s3cret-of-ann"), Origin(OriginKind.SECRET, "prod/pull", HOST))
BEARER = f'WWW-Authenticate: Bearer realm="https://{HOST}/token",service="{HOST}"'
SECRET = base64.b64encode(b"ann:s3cret-of-ann").decode()

Serve = Callable[..., Scripted]


@pytest.fixture
def serve() -> Iterator[Serve]:
    servers: list[Scripted] = []

    def start(script: Script, names: tuple[str, ...] = (HOST,), **kwargs: object) -> Scripted:
        servers.append(Scripted(script, names=names, **kwargs))  # type: ignore[arg-type]
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def settings(*servers: Scripted, timeout: float = 3) -> Settings:
    resolve = {name: address for server in servers for name, address in server.resolve.items()}
    return Settings(resolve=resolve, registry_ca=CERTIFICATES / "ca.pem", timeout=timeout)


def by_path(**answers: bytes | Callable[[Asked], bytes | Iterable[bytes]]) -> Script:
    """Answer by the word that a path holds: `v2` (exactly /v2/), `token`, `manifests`, `tags`, `blobs`."""

    def script(asked: Asked) -> bytes | Iterable[bytes]:
        path = asked.path.partition("?")[0]
        word = "v2" if path == "/v2/" else next((w for w in answers if w != "v2" and w in path), "")
        answer = answers.get(word, http(404))
        return answer if isinstance(answer, bytes) else answer(asked)

    return script


def jwt(claims: object) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"eyJhbGciOiJub25lIn0.{part}.c2ln"


def token(text: object, **more: object) -> bytes:
    return http(200, json.dumps({"token": text, **more}).encode())


def carried_login(server: Scripted) -> bool:
    return any(SECRET in value for asked in server.asked for value in asked.headers.values())


def test_an_endless_body_is_cut_off(serve: Serve):
    def endless(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n"
        while True:
            yield b"x" * 65536

    server = serve(by_path(v2=endless))
    begun = time.monotonic()
    answer = Web(settings(server)).ask("GET", f"https://{HOST}/v2/")
    assert answer.status == 200
    assert answer.body == b""
    assert "longer than 4 MiB" in answer.failure
    assert time.monotonic() - begun < 3


def test_a_gzip_bomb_is_not_unpacked_beyond_the_limit(serve: Serve):
    bomb = gzip.compress(bytes(200 * 1024 * 1024), 9)
    server = serve(by_path(v2=http(200, bomb, "Content-Encoding: gzip")))
    begun = time.monotonic()
    answer = Web(settings(server)).ask("GET", f"https://{HOST}/v2/")
    assert answer.body == b""
    assert "longer than" in answer.failure
    assert time.monotonic() - begun < 3


def test_a_body_of_the_largest_size_is_read_whole(serve: Serve):
    server = serve(by_path(v2=http(200, b"x" * LARGEST)))
    answer = Web(settings(server)).ask("GET", f"https://{HOST}/v2/")
    assert (len(answer.body), answer.failure) == (LARGEST, "")


def test_a_head_that_drips_is_given_up_in_time(serve: Serve):
    def drip(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\n"
        for number in range(1000):
            time.sleep(0.1)
            yield f"X-{number}: a\r\n".encode()

    server = serve(by_path(v2=drip))
    begun = time.monotonic()
    ping = Prober(settings(server)).ping(HOST)
    assert ping.broken == Break.TIMEOUT
    assert time.monotonic() - begun < 6


def test_a_body_that_drips_is_given_up_in_time(serve: Serve):
    def drip(_: Asked) -> Iterator[bytes]:
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
        for _ in range(1000):
            time.sleep(0.1)
            yield b"x"

    server = serve(by_path(v2=drip))
    begun = time.monotonic()
    answer = Web(settings(server)).ask("GET", f"https://{HOST}/v2/")
    assert (answer.status, answer.body) == (200, b"")
    assert "did not end within 3 s" in answer.failure
    assert time.monotonic() - begun < 6


def test_a_hanging_handshake_holds_up_no_other_registry(serve: Serve):
    hanging = serve(by_path(), names=("slow.demo.test",), certificate=None)
    good = serve(by_path(v2=http(401, b"", BEARER)))
    prober = Prober(settings(hanging, good, timeout=5))
    waiting = threading.Thread(target=prober.ping, args=("slow.demo.test",))
    waiting.start()
    time.sleep(0.2)
    begun = time.monotonic()
    assert prober.ping(HOST).exchange.status == 401
    assert time.monotonic() - begun < 2
    hanging.close()
    waiting.join()


@pytest.mark.parametrize(
    "noise",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 999999 x\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"".join(b"X-%d: y\r\n" % n for n in range(500)) + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 200_000 + b"\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n",
        b"",
    ],
)
def test_noise_instead_of_http_is_survived(serve: Serve, noise: bytes):
    def script(_: Asked) -> Iterator[bytes]:
        yield noise

    server = serve(by_path(v2=script))
    answer = Web(settings(server)).ask("GET", f"https://{HOST}/v2/")
    assert answer.body == b""
    assert answer.failure or answer.broken or answer.status == 200


def test_a_redirect_to_another_host_is_not_followed(serve: Serve):
    elsewhere = serve(by_path(manifests=http(200)), names=("token.demo.test",))
    away = http(307, b"", "Location: https://token.demo.test/v2/team/app/manifests/1.0")
    server = serve(by_path(v2=http(401, b"", BEARER), token=token(jwt({"sub": "ann"})), manifests=away))
    trial = Prober(settings(server, elsewhere)).trial(IMAGE, LOGIN)
    assert trial.manifest is not None
    assert trial.manifest.status == 307
    assert elsewhere.asked == []


def test_a_redirect_of_the_login_test_is_not_followed(serve: Serve):
    elsewhere = serve(by_path(token=token(jwt({"sub": "ann"}))), names=("token.demo.test",))
    away = http(302, b"", "Location: https://token.demo.test/token")
    server = serve(by_path(v2=http(401, b"", BEARER), token=away))
    trial = Prober(settings(server, elsewhere)).trial(IMAGE, LOGIN)
    assert (trial.knows, trial.manifest) == (Knows.UNKNOWN, None)
    assert elsewhere.asked == []


def test_redirects_in_a_circle_end(serve: Serve):
    def circle(asked: Asked) -> bytes:
        return http(301, b"", "Location: " + asked.path.replace("/1.0", "/x/1.0"))

    server = serve(by_path(v2=http(200), manifests=circle))
    trial = Prober(settings(server)).trial(IMAGE, None)
    assert trial.manifest is not None
    assert trial.manifest.status == 301
    assert len(server.asked) < 8


def test_a_realm_on_another_host_never_sees_the_login(serve: Serve):
    evil = serve(by_path(token=token(jwt({"sub": "ann"}))), names=("token.demo.test",))
    challenge = 'WWW-Authenticate: Bearer realm="https://token.demo.test/token",service="x"'
    server = serve(by_path(v2=http(401, b"", challenge), manifests=http(200)))
    prober = Prober(settings(server, evil))
    trial = prober.trial(IMAGE, LOGIN)
    assert trial.knows == Knows.NOT_ASKED
    assert prober.trial(IMAGE, None).pulls
    assert not carried_login(evil)
    assert not carried_login(server)


@pytest.mark.parametrize(
    "realm",
    [
        f"https://{HOST}@token.demo.test/token",
        f"https://ann:pw@{HOST}/token",
        "//token.demo.test/token",
        "/token",
        "file:///etc/passwd",
        "https://",
        f"https://{HOST}:0/token",
        f"https://{HOST}:99999999/token",
        "https://[::1/token",
        "",
        f"https://{HOST}\\@token.demo.test/",
    ],
)
def test_a_crooked_realm_gets_nothing(serve: Serve, realm: str):
    evil = serve(by_path(token=token(jwt({"sub": "ann"}))), names=("token.demo.test",))
    server = serve(by_path(v2=http(401, b"", f'WWW-Authenticate: Bearer realm="{realm}"'), token=token("t")))
    trial = Prober(settings(server, evil)).trial(IMAGE, LOGIN)
    assert trial.knows in (Knows.UNKNOWN, Knows.NOT_ASKED)
    assert evil.asked == []
    assert not carried_login(server)


def test_a_realm_at_the_metadata_service_is_not_asked_even_by_nobody(serve: Serve):
    challenge = 'WWW-Authenticate: Bearer realm="https://169.254.169.254/latest/meta-data"'
    server = serve(by_path(v2=http(401, b"", challenge)))
    trial = Prober(settings(server)).trial(IMAGE, None)
    assert trial.manifest is None
    assert "169.254.169.254" in trial.why


DEEP = "[" * 20_000 + "]" * 20_000


@pytest.mark.parametrize(
    "text",
    [
        "a.b.c",
        "not a jwt",
        "..",
        "x." + base64.urlsafe_b64encode(DEEP.encode()).decode() + ".z",
        jwt([1, 2]),
        jwt({"sub": 5, "access": "all"}),
        jwt({"sub": "x" * 5000, "access": [{"type": "repository", "actions": "pull"}, 7, None]}),
        jwt({"sub": "ann", "access": [{"type": "repository", "actions": [1, ["pull"], "pull"]}]}),
    ],
)
def test_a_garbled_token_is_read_as_far_as_it_goes(serve: Serve, text: str):
    server = serve(by_path(v2=http(401, b"", BEARER), token=token(text), manifests=http(200)))
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert trial.pulls or not text.isprintable()
    assert len(trial.subject) <= 256
    assert trial.actions in (None, frozenset(), frozenset({"pull"}))


@pytest.mark.parametrize("text", ["a\r\nX-Evil: 1", "tök", "", 5, None, "x" * 300_000])
def test_a_token_that_fits_in_no_header_is_none(serve: Serve, text: object):
    server = serve(by_path(v2=http(401, b"", BEARER), token=token(text), manifests=http(200)))
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert (trial.knows, trial.manifest) == (Knows.UNKNOWN, None)
    assert not any("x-evil" in asked.headers for asked in server.asked)


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null", b"\xff\xfe", DEEP.encode(), b'{"errors": 5}'])
def test_an_error_body_of_any_shape_is_survived(serve: Serve, body: bytes):
    server = serve(by_path(v2=http(200), manifests=http(403, body)))
    trial = Prober(settings(server)).trial(IMAGE, None)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.code) == (403, "")


def test_error_messages_are_cut_to_size(serve: Serve):
    body = json.dumps({"errors": [{"code": "X" * 10**4, "message": "m" * 10**4}] * 100}).encode()
    server = serve(by_path(v2=http(200), manifests=lambda a: http(404, b"" if a.method == "HEAD" else body)))
    trial = Prober(settings(server)).trial(IMAGE, None)
    assert trial.manifest is not None
    assert len(trial.manifest.message) == 1000 == len(trial.manifest.code)
    assert len(trial.exchanges[-1].errors) <= 20


@pytest.mark.parametrize(
    "body",
    [
        b'{"manifests": [5, null, {"platform": 1}, {"platform": {"os": 1, "architecture": []}}]}',
        b'{"manifests": {"a": 1}}',
        b'{"config": {"digest": "../../../etc/passwd"}}',
        b'{"config": []}',
        b"[" * 50_000,
    ],
)
def test_a_crooked_manifest_offers_no_platform(serve: Serve, body: bytes):
    server = serve(by_path(v2=http(200), manifests=lambda a: http(200, b"" if a.method == "HEAD" else body)))
    trial = Prober(settings(server)).trial(IMAGE, None, Platform("linux", "amd64"))
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.platforms) == (200, ())
    assert not any("etc/passwd" in asked.path for asked in server.asked)


def test_a_blob_is_fetched_from_its_storage_without_the_token_and_its_key_is_not_shown(serve: Serve):
    config = json.dumps({"os": "linux", "architecture": "s390x"}).encode()
    storage = serve(by_path(bucket=http(200, config)), names=("broken.demo.test",))
    manifest = json.dumps({"config": {"digest": "sha256:" + "a" * 64}}).encode()
    signed = http(307, b"", "Location: https://broken.demo.test/bucket/x?X-Amz-Signature=topsecret")
    server = serve(
        by_path(
            v2=http(401, b"", BEARER),
            token=token(jwt({"sub": "ann"})),
            manifests=lambda a: http(200, b"" if a.method == "HEAD" else manifest),
            blobs=signed,
        )
    )
    trial = Prober(settings(server, storage)).trial(IMAGE, LOGIN, Platform("linux", "amd64"))
    assert trial.manifest is not None
    assert trial.manifest.platforms == (Platform("linux", "s390x"),)
    assert "authorization" not in storage.asked[0].headers
    assert "topsecret" not in repr(trial)


def test_a_tag_list_that_never_ends_is_left(serve: Serve):
    def pages(asked: Asked) -> bytes:
        number = len(asked.path)
        body = json.dumps({"tags": [f"t{number}"]}).encode()
        return http(200, body, f'Link: <{asked.path}x>; rel="next"')

    server = serve(by_path(v2=http(200), tags=pages))
    tags = Prober(settings(server)).tags(IMAGE, None)
    assert isinstance(tags, Beginning)
    assert len(server.asked) < 30


def test_a_tag_list_does_not_lead_to_another_host(serve: Serve):
    elsewhere = serve(by_path(tags=http(200, b'{"tags": ["evil"]}')), names=("token.demo.test",))
    first = http(200, b'{"tags": ["1.0"]}', 'Link: <https://token.demo.test/v2/a/tags/list>; rel="next"')
    server = serve(by_path(v2=http(200), tags=first))
    tags = Prober(settings(server, elsewhere)).tags(IMAGE, None)
    assert isinstance(tags, Beginning)
    assert tags.value == ("1.0",)
    assert elsewhere.asked == []


@pytest.mark.parametrize("body", [b"", b"[]", b'{"tags": 5}', b'{"tags": [1, null, "ok"]}'])
def test_a_crooked_tag_list_is_survived(serve: Serve, body: bytes):
    server = serve(by_path(v2=http(200), tags=http(200, body)))
    tags = Prober(settings(server)).tags(IMAGE, None)
    assert isinstance(tags, Unknown) or set(tags.value) <= {"ok"}


def test_a_login_with_line_breaks_puts_no_header_of_its_own_on_the_request(serve: Serve):
    login = Login("ann\r\nX-Evil: 1", Password("p\r\nX-Evil: 2"), Origin(OriginKind.SECRET, "prod/pull", HOST))
    server = serve(by_path(v2=http(401, b"", BEARER), token=http(401)))
    assert Prober(settings(server)).trial(IMAGE, login).knows == Knows.REFUSED
    assert not any("x-evil" in asked.headers for asked in server.asked)


def test_a_reset_connection_gives_no_verdict_and_sends_the_login_once(serve: Serve):
    def cut(_: Asked) -> Iterator[bytes]:
        return iter(())

    server = serve(by_path(v2=http(401, b"", BEARER), token=cut))
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert (trial.knows, trial.manifest) == (Knows.UNKNOWN, None)
    assert HOST in trial.why
    assert sum("/token" in asked.path for asked in server.asked) == 1


def test_no_failure_shows_the_login(serve: Serve, monkeypatch: pytest.MonkeyPatch):
    """Whatever breaks inside the HTTP library must not carry a header into a traceback."""
    server = serve(by_path(v2=http(401, b"", BEARER)))
    prober = Prober(settings(server))
    prober.ping(HOST)

    def broken(*_: object, **__: object) -> object:
        raise KeyError("a bug in the library")

    monkeypatch.setattr(requests.adapters.HTTPAdapter, "send", broken)
    trial: Trial = prober.trial(IMAGE, LOGIN)
    assert trial.knows == Knows.UNKNOWN
    assert SECRET not in repr(trial)
    assert "s3cret" not in repr(trial)


def test_a_kept_connection_that_was_closed_meanwhile_is_no_verdict(serve: Serve):
    """The server closes after each answer without saying so."""

    def once(_: Asked) -> Iterator[bytes]:
        yield http(200)

    closed: list[str] = []

    def closing(asked: Asked) -> bytes | Iterator[bytes]:
        closed.append(asked.path)
        return iter(()) if len(closed) == 1 else http(200)

    server = serve(by_path(v2=once, manifests=closing))
    trial = Prober(settings(server)).trial(IMAGE, None)
    assert trial.pulls
    assert len(closed) == 2


def test_a_login_that_is_known_but_gets_no_token_for_the_repository_is_still_known(serve: Serve):
    def service(asked: Asked) -> bytes:
        if "scope" in asked.path:
            return http(401, b'{"errors":[{"code":"UNAUTHORIZED","message":"not yours"}]}')
        return token("opaque")

    server = serve(by_path(v2=http(401, b"", BEARER), token=service))
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert (trial.knows, trial.pulls) == (Knows.ACCEPTED, False)
    assert trial.manifest is not None
    assert (trial.manifest.status, trial.manifest.message) == (401, "not yours")


def test_a_forgetful_token_service_gives_no_verdict_on_the_login(serve: Serve):
    """It hands out a token for nobody instead of refusing."""
    server = serve(by_path(v2=http(401, b"", BEARER), token=token(jwt({"access": []})), manifests=http(401)))
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert (trial.knows, trial.pulls) == (Knows.UNKNOWN, False)
    assert "names nobody" in trial.why


def test_a_token_that_has_run_out_is_replaced(serve: Serve):
    server = serve(by_path(v2=http(401, b"", BEARER), token=token("t", expires_in=6), manifests=http(404)))
    prober = Prober(settings(server))
    prober.trial(IMAGE, None)
    time.sleep(1.2)
    prober.trial(parse(f"{HOST}/team/app:2.0"), None)
    assert sum("/token" in asked.path for asked in server.asked) == 2


def test_a_login_refused_by_harbor_within_a_second_twice_is_locked_or_refused(serve: Serve):
    challenge = f'WWW-Authenticate: Bearer realm="https://{HOST}/token",service="harbor-registry"'
    server = serve(
        by_path(v2=http(401, b"", challenge), token=lambda a: token("t") if "scope" in a.path else http(401))
    )
    begun = time.monotonic()
    trial = Prober(settings(server)).trial(IMAGE, LOGIN)
    assert trial.knows == Knows.LOCKED
    assert time.monotonic() - begun >= 2
    assert sum(SECRET in a.headers.get("authorization", "") for a in server.asked) == 2


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b'{"errors":[{"code":"NOT_FOUND","message":"artifact team/app:1.0 not found"}]}', True),
        (b'{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}', False),
        (b"<html>not found</html>", True),
        (b"", False),
    ],
)
def test_a_proxys_header_on_every_answer_makes_no_missing_tag_a_lost_one(serve: Serve, body: bytes, kept: bool):
    header = "Docker-Distribution-Api-Version: registry/2.0"
    challenge = f'WWW-Authenticate: Bearer realm="https://{HOST}/token",service="harbor-registry"'
    server = serve(
        by_path(
            v2=http(401, b"", challenge, header),
            token=token(jwt({"sub": "ann"})),
            manifests=lambda a: http(404, b"" if a.method == "HEAD" else body, header),
        )
    )
    manifest = Prober(settings(server)).trial(IMAGE, LOGIN).manifest
    assert manifest is not None
    assert (manifest.status, manifest.in_database) == (404, kept)
