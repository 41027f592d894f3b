"""HD2xx: the way to the registry and its certificate. The kubelet's word decides; what was measured stands beside."""

from dataclasses import replace

import pytest

from checks.facts import Break, Knows, Unknown
from tests import builders as b

SOUND_HERE = ("HD212", "HD213", "HD214")
"""What cannot be so where we got an answer."""
CAUSES = {
    "HD201": ("dial tcp: lookup harbor.example.com on 10.0.0.2:53: no such host", Break.DNS),
    "HD202": ("dial tcp 192.0.2.7:443: connect: connection refused", Break.REFUSED),
    "HD203": ("dial tcp 192.0.2.7:443: i/o timeout", Break.TIMEOUT),
    "HD204": ("proxyconnect tcp: dial tcp 10.0.0.9:3128: connect: connection refused", Break.PROXY),
    "HD206": ("read tcp 10.1.0.4:41124->192.0.2.7:443: read: connection reset by peer", Break.RESET),
    "HD211": (
        "tls: failed to verify certificate: x509: certificate signed by unknown authority",
        Break.TLS_UNKNOWN_CA,
    ),
    "HD212": (
        "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time "
        "2026-11-24T12:00:00Z is after 2026-11-01T00:00:00Z",
        Break.TLS_EXPIRED,
    ),
    "HD213": (
        "tls: failed to verify certificate: x509: certificate is valid for ingress.local, not harbor.example.com",
        Break.TLS_HOSTNAME,
    ),
    "HD214": ("http: server gave HTTP response to HTTPS client", Break.PLAIN_HTTP),
}


def _unreached(cause: str, broken: Break | None):
    text = b.unreached(b.IMAGE, cause)
    trial = b.not_asked(b.login(), "no answer")
    if broken is None:
        return b.evidence(b.secret(), text=text)
    nobody = b.nobody(None, "no answer")
    return b.evidence(b.secret(), text=text, trials=[trial], anonymous=nobody, ping=b.ping(broken=broken))


@pytest.mark.parametrize("code", CAUSES)
def test_what_the_node_met_on_its_way_is_named(named, code) -> None:
    cause, broken = CAUSES[code]
    seen = named(_unreached(cause, broken), code, b.HOST)
    assert ", and the same is seen from here" in seen.cause.params["here"]


@pytest.mark.parametrize("code", CAUSES)
def test_a_registry_that_answers_from_here_is_told_so_and_the_node_still_believed(named, code) -> None:
    cause, _ = CAUSES[code]
    said = "says the node; from here it is in order" if code in SOUND_HERE else "though it answers from here"
    assert named(_unreached(cause, None), code, b.HOST).cause.params["here"] == f", {said}"


@pytest.mark.parametrize("code", CAUSES)
def test_a_break_seen_from_here_alone_blames_nobody(named, silent, code) -> None:
    """This machine is not the node: it may lack a CA, a route or a name."""
    _, broken = CAUSES[code]
    alone = b.evidence(
        b.secret(),
        trials=[b.not_asked(b.login(), "no answer")],
        anonymous=b.nobody(None, "no answer"),
        ping=b.ping(broken=broken),
    )
    silent(alone, code)
    named(alone, "HD000", "shop/web")


@pytest.mark.parametrize("code", CAUSES)
def test_a_text_that_proves_a_refusal_is_no_network_fault(silent, code) -> None:
    silent(b.evidence(b.secret(b.entry("alice", "wrong")), text=b.unauthorized()), code)


def test_a_server_error_is_named_with_what_is_seen_from_here(named) -> None:
    down = b.ping()
    down = replace(down, value=replace(down.value, harbor=False, scheme="", exchange=b.exchange(None, 502)))
    seen = b.evidence(
        b.secret(),
        text=b.answered(b.IMAGE, "502 Bad Gateway"),
        trials=[b.not_asked(b.login(), "it answered 502")],
        anonymous=b.nobody(None, "it answered 502"),
        ping=down,
    )
    assert named(seen, "HD205", b.HOST).cause.params["here"] == ", and answers 502 from here too"


def test_a_text_without_5xx_is_no_server_error(silent) -> None:
    silent(b.evidence(b.secret(), text=b.not_found()), "HD205")


def test_two_witnesses_make_a_likely_cause_sure(named) -> None:
    """ "No route to host" may be a refusal or a silence; that nobody gets through from here either decides."""
    found = _unreached("dial tcp 192.0.2.7:443: connect: no route to host", Break.REFUSED)
    assert found.reading.confidence == "likely"
    named(found, "HD202", b.HOST)


def test_one_witness_leaves_a_likely_cause_open(named) -> None:
    named(_unreached("dial tcp 192.0.2.7:443: connect: no route to host", None), "HD000", "shop/web")


def test_a_storage_that_cannot_be_reached_is_not_blamed_on_the_registry(named) -> None:
    text = (
        f'failed to pull and unpack image "{b.IMAGE}": failed to copy: httpReadSeeker: failed open: failed to do '
        'request: Get "https://blobs.storage.example.net/x": dial tcp: lookup blobs.storage.example.net on '
        "10.0.0.2:53: no such host"
    )
    found = named(b.evidence(b.secret(), text=text), "HD201", "blobs.storage.example.net")
    assert found.cause.params["here"] == ""


def test_the_same_host_without_its_port_is_still_the_registry(named) -> None:
    image = "harbor.example.com:8443/shop/web:1"
    text = b.unreached(image, "dial tcp: lookup harbor.example.com on 10.0.0.2:53: no such host")
    named(b.evidence(image=image, text=text), "HD201", "harbor.example.com:8443")


def _realm(realm: str, at: str, **known):
    cause = f'failed to authorize: failed to fetch oauth token: Post "{at}/service/token": dial tcp 192.0.2.9:443: '
    known = {"ping": b.ping(realm=f"{realm}/service/token")} | known
    text = b.resolving(b.IMAGE, f"{cause}connect: connection refused")
    return b.evidence(b.secret(), text=text, anonymous=b.nobody(None, "no answer"),
                      trials=[b.not_asked(b.login(), "not sent unasked", Knows.NOT_ASKED)], **known)  # fmt: skip


@pytest.mark.parametrize(("realm", "how"), [
    ("https://core.internal.example", "on another host"),
    (f"https://{b.HOST}:9443", "on another port"),
    (f"http://{b.HOST}", "over plain HTTP"),
])  # fmt: skip
def test_a_token_service_at_an_odd_address_is_named_with_it(named, realm, how) -> None:
    found = named(_realm(realm, realm), "HD215", b.HOST)
    assert found.cause.params["how"] == how
    assert found.cause.params["here"] == "; from here: no answer"
    assert found.behind == ()


def test_a_token_service_that_gives_this_machine_a_token_is_told_so(named) -> None:
    realm = "https://core.internal.example"
    found = _realm(realm, realm)
    found = replace(found, anonymous=b.nobody(b.denied()))
    assert named(found, "HD215", b.HOST).cause.params["here"] == ", though this machine gets one"


_UNREACHED = 'failed to fetch oauth token: Post "{}/service/token": dial tcp 192.0.2.9:443: connect: connection refused'


@pytest.mark.parametrize(("code", "realm", "cause", "here"), [
    ("HD215", "https://core.internal.example", _UNREACHED, ", though this machine gets one"),
    ("HD216", f"https://{b.HOST}", "authorization server did not include a token in the response",
     ", though it answers from here"),
])  # fmt: skip
def test_a_login_that_harbor_answered_here_shows_that_this_machine_gets_a_token(
    named, code, realm, cause, here
) -> None:
    text = b.resolving(b.IMAGE, f"failed to authorize: {cause.format(realm)}")
    served = replace(b.accepted(b.login(), b.served(), "pull"), exchanges=(b.exchange("robot$shop+pull", 200),))
    found = b.evidence(b.secret(), text=text, ping=b.ping(realm=f"{realm}/service/token"), trials=[served])
    assert found.anonymous.knows is Knows.NEEDLESS
    told = named(found, code, b.HOST)
    assert told.cause.params["here"] == here
    assert any("robot$shop+pull" in proof.text for proof in told.cause.proofs)


@pytest.mark.parametrize("realm", [f"https://{b.HOST}", f"https://{b.HOST}:443", f"https://{b.HOST.upper()}"])
def test_a_token_service_at_the_registrys_own_address_is_not_elsewhere(silent, realm) -> None:
    silent(_realm(realm, f"https://{b.HOST}"), "HD215")


def test_an_odd_token_service_is_not_blamed_for_what_failed_at_another_host(named, silent) -> None:
    found = _realm("https://core.internal.example", "https://other.example.net")
    silent(found, "HD215")
    named(found, "HD216", b.HOST)


def test_an_odd_token_service_that_did_its_work_is_not_blamed_for_a_refusal(silent) -> None:
    ping = b.ping(realm="https://core.internal.example/service/token")
    silent(b.evidence(b.secret(b.entry("alice", "old")), text=b.unauthorized(), ping=ping), "HD215")


def test_a_registry_that_is_no_harbor_may_have_its_token_service_elsewhere(named, silent) -> None:
    realm = "https://auth.example.net"
    found = _realm(realm, realm, ping=b.ping(harbor=False, realm=f"{realm}/token"))
    silent(found, "HD215")
    named(found, "HD216", b.HOST)


@pytest.mark.parametrize("realm", ["https://[::1", "", "core", "//x", "https://h:x/"])
def test_a_realm_that_is_no_address_breaks_nothing(silent, realm) -> None:
    silent(_realm(f"https://{b.HOST}", f"https://{b.HOST}", ping=b.ping(realm=realm)), "HD215")


TOKEN = 'failed to authorize: failed to fetch oauth token: Post "https://auth.example.com/token"'


@pytest.mark.parametrize("cause", [
    "dial tcp: lookup auth.example.com on 10.0.0.2:53: no such host",
    "dial tcp 192.0.2.9:443: connect: connection refused",
    "tls: failed to verify certificate: x509: certificate signed by unknown authority",
])  # fmt: skip
def test_a_token_service_that_cannot_be_reached_is_named_at_its_registry(named, cause) -> None:
    found = b.evidence(b.secret(), text=b.resolving(b.IMAGE, f"{TOKEN}: {cause}"), ping=Unknown("not asked"))
    named(found, "HD216", b.HOST)


def test_a_token_service_that_answers_no_token_is_named(named) -> None:
    text = b.resolving(b.IMAGE, "failed to authorize: authorization server did not include a token in the response")
    nobody = b.nobody(None, "the token service at harbor.example.com answered with something that is no token")
    found = named(b.evidence(b.secret(), text=text, anonymous=nobody), "HD216", b.HOST)
    assert "from here: the token service at" in found.cause.params["here"]


def test_a_token_refused_to_a_login_is_no_failing_token_service(silent) -> None:
    text = b.resolving(b.IMAGE, f"{TOKEN.partition(': Post')[0]}: unexpected status from GET request to "
                       "https://auth.example.com/token?scope=x: 401 Unauthorized")  # fmt: skip
    silent(b.evidence(b.secret(b.entry("alice", "wrong")), text=text), "HD216")
