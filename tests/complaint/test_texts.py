# ruff: noqa: E501  (texts stand as the runtimes write them)
"""Texts of our own, built from the runtimes' templates with other names: each with the causes that are honest."""

import pytest

from checks.complaint import read

PULL = 'failed to pull and unpack image "{ref}": '
OLD = PULL + 'failed to resolve reference "{ref}": '
NEW = PULL + "failed to resolve image: "
REF = "reg.acme.example:8443/shop/cart:2.7"
URL = "https://reg.acme.example:8443/v2/shop/cart/manifests/2.7"
HEAD = f'failed to do request: Head "{URL}": '


def old(rest: str) -> str:
    return OLD.format(ref=REF) + rest


def new(rest: str) -> str:
    return NEW.format(ref=REF) + rest


PROVEN = [
    (old(HEAD + "dial tcp: lookup reg.acme.example on 10.96.0.10:53: no such host"), "dns"),
    (old(HEAD + "dial tcp: lookup reg.acme.example on [fd00::a]:53: server misbehaving"), "dns"),
    (old(HEAD + "dial tcp: lookup reg.acme.example: Temporary failure in name resolution"), "dns"),
    (new(HEAD + "dial tcp [2001:db8::7]:8443: connect: connection refused"), "connection_refused"),
    (new(HEAD + "dial tcp 192.0.2.7:8443: i/o timeout"), "timeout"),
    (new(HEAD + "net/http: TLS handshake timeout"), "timeout"),
    (old(HEAD + "dial tcp 192.0.2.7:8443: connect: connection timed out"), "timeout"),
    (
        new(HEAD + "read tcp [2001:db8::1]:40112->[2001:db8::7]:8443: read: connection reset by peer"),
        "connection_reset",
    ),
    (new(HEAD + "http: server gave HTTP response to HTTPS client"), "http_vs_https"),
    (new(HEAD + "tls: first record does not look like a TLS handshake"), "http_vs_https"),
    (
        new(HEAD + "x509: certificate is valid for ingress.local, www.ingress.local, not reg.acme.example"),
        "tls_hostname",
    ),
    (
        new(
            HEAD + "tls: failed to verify certificate: x509: cannot validate certificate for 192.0.2.7 because it"
            " doesn't contain any IP SANs"
        ),
        "tls_hostname",
    ),
    (
        new(
            HEAD + "tls: failed to verify certificate: x509: certificate signed by unknown authority (possibly because"
            ' of "x509: invalid signature: parent certificate cannot sign this kind of certificate" while trying to'
            ' verify candidate authority certificate "acme: root")'
        ),
        "tls_unknown_ca",
    ),
    (
        new(
            HEAD + "tls: failed to verify certificate: x509: certificate has expired or is not yet valid: current time"
            " 2026-01-01T00:00:00Z is before 2026-05-01T00:00:00Z"
        ),
        "tls_expired",
    ),
    (new(HEAD + "proxyconnect tcp: dial tcp 10.1.1.1:3128: connect: connection refused"), "proxy"),
    (new(HEAD + "proxyconnect tcp: tls: first record does not look like a TLS handshake"), "proxy"),
    (new(f'failed to do request: Head "{URL}": Forbidden'), "proxy"),
    (new(f'failed to do request: Head "{URL}": Proxy Authentication Required'), "proxy"),
    (new(f"unexpected status from HEAD request to {URL}: 407 Proxy Authentication Required"), "proxy"),
    (new(f"unexpected status from HEAD request to {URL}: 429 Too Many Requests"), "rate_limited"),
    (new(f"unexpected status from HEAD request to {URL}: 502 Bad Gateway"), "registry_5xx"),
    (
        old("pulling from host reg.acme.example:8443 failed with status code [manifests 2.7]: 503 Service Unavailable"),
        "registry_5xx",
    ),
    (
        old(
            "failed to authorize: failed to fetch oauth token: unable to decode token response: invalid character '<'"
            " looking for beginning of value"
        ),
        "token_service_failure",
    ),
    (old("failed to authorize: no realm specified for token auth challenge"), "token_service_failure"),
    (
        old(
            "failed to authorize: failed to fetch oauth token: unexpected status from GET request to"
            " https://reg.acme.example:8443/service/token?scope=%5BREDACTED%5D&service=%5BREDACTED%5D: 500 Internal"
            " Server Error"
        ),
        "token_service_failure",
    ),
    (
        f"rpc error: code = NotFound desc = {PULL.format(ref=REF)}no match for platform in manifest: not found",
        "platform_mismatch",
    ),
    (
        'choosing image instance: no image found in image index for architecture "arm64", variant "v8", OS "linux"',
        "platform_mismatch",
    ),
    (
        "Error response from daemon: no matching manifest for windows/amd64 10.0.19045 in the manifest list entries",
        "platform_mismatch",
    ),
    (
        f"rpc error: code = FailedPrecondition desc = {PULL.format(ref=REF)}failed commit on ref"
        f' "layer-sha256:{"a" * 64}": unexpected commit digest sha256:{"b" * 64}, expected sha256:{"a" * 64}:'
        " failed precondition",
        "corrupt_layer",
    ),
    (
        PULL.format(ref=REF) + f"failed to extract layer sha256:{'a' * 64}: mount callback failed on"
        " /var/lib/containerd/tmpmounts/containerd-mount1: write /var/lib/containerd/x: no space left on device: unknown",
        "disk_full",
    ),
    (
        'writing blob: storing blob to file "/var/tmp/container_images_storage1/2": write /x: no space left on device',
        "disk_full",
    ),
    (
        "reading manifest 2.7 in reg.acme.example/shop/cart: unauthorized: project shop not found: project shop not found",
        "not_found_project",
    ),
    ("reading manifest 2.7 in reg.acme.example/shop/cart: unknown: artifact shop/cart:2.7 not found", "not_found_tag"),
    (
        "initializing source docker://reg.acme.example/shop/cart:2.7: reading manifest 2.7 in"
        " reg.acme.example/shop/cart: name unknown: repository name not known to registry",
        "not_found_repository",
    ),
    (
        "unable to pull image or OCI artifact: pull image err: initializing source docker://reg.acme.example/a/b:1:"
        " reading manifest 1 in reg.acme.example/a/b: manifest unknown; artifact err: provided artifact is a"
        " container image",
        "not_found_tag",
    ),
    (
        'RegistryUnavailable: pinging container registry reg.acme.example: Get "https://reg.acme.example/v2/": dial'
        " tcp 192.0.2.7:443: connect: connection refused",
        "connection_refused",
    ),
    (
        "Source image rejected: A signature was required, but no signature exists",
        "policy_signature",
    ),
    (
        f"{PULL.format(ref=REF)}failed to copy: httpReadSeeker: failed open: unexpected status code {URL}: 412"
        " Precondition Failed - Server message: unknown: current image with 12 vulnerabilities cannot be pulled due to"
        " configured policy in 'Prevent images with vulnerability severity of \"High\" or higher from running.' To"
        " continue with pull, please contact your project administrator.",
        "policy_vulnerability",
    ),
    (
        f"{PULL.format(ref=REF)}failed to copy: httpReadSeeker: failed open: unexpected status from GET request to"
        f" {URL}: 412 Precondition Failed\nunknown: The image is not signed by cosign.",
        "policy_signature",
    ),
    ("Error response from daemon: unknown: The image is not signed by notation.", "policy_signature"),
    (
        "Error response from daemon: unknown: current image without vulnerability scanning cannot be pulled due to"
        " configured policy in 'Prevent images with vulnerability severity of \"Low\" or higher from running.'",
        "policy_vulnerability",
    ),
    (
        "Error response from daemon: manifest for shop/cart:2.7 not found: manifest unknown: manifest unknown",
        "not_found_tag",
    ),
    ('Get "https://reg.acme.example/v2/": unauthorized: incorrect username or password', "bad_credentials"),
    ("Error response from daemon: toomanyrequests: slow down", "rate_limited"),
    ("pull QPS exceeded", "rate_limited"),
    (
        'Failed to apply default image tag "Shop/Cart": couldn\'t parse image name "Shop/Cart": invalid reference format: repository name (Shop/Cart) must be lowercase',
        "invalid_image_name",
    ),
    ("illegal base64 data at input byte 16", "secret_malformed"),
    (
        "json: cannot unmarshal array into Go struct field DockerConfigJSON.auths of type credentialprovider.DockerConfig",
        "secret_malformed",
    ),
    ('Failed to pull image "a.example/b:1": illegal base64 data at input byte 3', "secret_malformed"),
    (
        'short-name "cart:2" did not resolve to an alias and no unqualified-search registries are defined in'
        ' "/etc/containers/registries.conf"',
        "short_name",
    ),
    (
        f"rpc error: code = NotFound desc = get image config descriptor: unexpected media type application/vnd.cncf.helm.config.v1+json for sha256:{'c' * 64}: not found",
        "unsupported_format",
    ),
    ("invalid character 'x' after top-level value", "secret_malformed"),
    (
        'Failed to pull image "a.example/b:1": json: cannot unmarshal number into Go struct field dockerConfigEntryWithAuth.auth of type string',
        "secret_malformed",
    ),
    (
        "Error response from daemon: pull access denied for 1.dkr.ecr.example/a, repository does not exist or may require 'docker login': denied: Your authorization token has expired. Reauthenticate and try again.",
        "bad_credentials",
    ),
    (
        "failed to extract layer sha256:00: exit status 1: unpigz: skipping: <stdin>: corrupted -- crc32 mismatch",
        "corrupt_layer",
    ),
    ("Error response from daemon: unknown: too many requests", "rate_limited"),
    ("reading blob sha256:00: fetching blob: received unexpected HTTP status: 504 Gateway Timeout", "registry_5xx"),
    ("registry a.example is blocked in /etc/containers/registries.conf", "policy_other"),
    (
        'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to get sandbox image "a.example/pause:3.9": failed to pull image "a.example/pause:3.9": failed to pull and unpack image "a.example/pause:3.9": failed to resolve reference "a.example/pause:3.9": failed to do request: Head "https://a.example/v2/pause/manifests/3.9": x509: certificate signed by unknown authority',
        "tls_unknown_ca",
    ),
]
OPEN = [
    (
        old("pulling from host reg.acme.example:8443 failed with status code [manifests 2.7]: 401 Unauthorized"),
        {"bad_credentials", "no_credentials", "no_permission", "not_found_project"},
    ),
    (
        new(f"unexpected status from HEAD request to {URL}: 401 Unauthorized"),
        {"bad_credentials", "no_permission", "not_found_project"},
    ),
    (
        new(f"unexpected status from HEAD request to {URL}: 412 Precondition Failed"),
        {"policy_vulnerability", "policy_signature", "policy_other"},
    ),
    (new(f"unexpected status from HEAD request to {URL}: 403 Forbidden"), {"no_permission", "no_credentials"}),
    (
        old(
            "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials"
        ),
        {"no_credentials", "secret_missing", "bad_credentials"},
    ),
    (f"rpc error: code = NotFound desc = {new(REF)}: not found", {"not_found_tag", "not_found_repository"}),
    (
        OLD.format(ref="docker.io/library/cart:2")
        + "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed",
        {"short_name", "not_found_repository"},
    ),
    (
        "Error response from daemon: pull access denied for shop/cart, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
        {"no_credentials", "not_found_repository"},
    ),
    (new(HEAD + "EOF"), {"connection_reset", "proxy"}),
    (new(HEAD + "dial tcp 192.0.2.7:8443: connect: no route to host"), {"connection_refused", "timeout"}),
    (
        old(f'failed to do request: Head "{URL}?ns=docker.io": x509: certificate signed by unknown authority'),
        {"tls_unknown_ca", "not_found_tag"},
    ),
    (
        "Unable to retrieve some image pull secrets (harbor-pull); attempting to pull the image may not succeed.",
        {"secret_missing", "no_credentials"},
    ),
    (f'Container image "{REF}" is not present with pull policy of Never', {"never_pull", "no_credentials"}),
    (
        "Error response from daemon: repository a.example/b not found: does not exist or no pull access",
        {"not_found_repository", "no_credentials", "no_permission"},
    ),
    (
        old(
            'failed to authorize: failed to fetch oauth token: Post "https://auth.elsewhere.example/token": dial tcp 192.0.2.9:443: i/o timeout'
        ),
        {"token_service_failure", "timeout"},
    ),
    (
        "Source image rejected: Required item 1: no policy",
        {"policy_signature", "policy_other"},
    ),
]
SILENT = [
    "",
    "   ",
    f'Back-off pulling image "{REF}"',
    "Error: ErrImagePull",
    "Error: ImagePullBackOff",
    "back-off 10s restarting failed container=app pod=app_shop(0d0e)",
    "The container could not be located when the pod was terminated",
    "failed to pull image: something that nobody has seen before",
    new(HEAD + "remote error: tls: handshake failure"),
    'rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial unix'
    ' /run/containerd/containerd.sock: connect: connection refused"',
    "failed to dial: dial unix /run/containerd/containerd.sock: connect: connection refused",
    "failed to extract layer sha256:00: operation not permitted: unknown",
    new(f"unexpected status from HEAD request to {URL}: 405 Method Not Allowed"),
    "Error response from daemon: unknown: disk: write /storage/x: something else",
    "Error response from daemon: error parsing HTTP 403 response body: invalid character '<' looking for beginning of value: \"<html>denied</html>\"",
]


DEADLINE = "rpc error: code = DeadlineExceeded desc = context deadline exceeded"
INSPECTED = f'Failed to inspect image "{REF}": '


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (INSPECTED + DEADLINE, "ImageInspectError"),
        (INSPECTED + DEADLINE, ""),
        (INSPECTED + "rpc error: code = Unknown desc = dial tcp 127.0.0.1:3735: i/o timeout", "ImageInspectError"),
        ("rpc error: code = Unknown desc = dial tcp 127.0.0.1:3735: i/o timeout", "InspectFailed"),
        (new("context canceled"), "ErrImagePull"),
    ],
)
def test_a_time_that_is_up_without_a_request_may_be_the_runtimes_own(text: str, reason: str) -> None:
    reading = read(text, reason)
    assert (reading.cause, reading.alternatives, reading.confidence) == ("unknown_ambiguous", ("timeout",), "none")


@pytest.mark.parametrize("text", [DEADLINE, f'Failed to pull image "{REF}": {DEADLINE}'])
def test_a_deadline_without_a_request_is_likely_a_timeout_whoever_was_waited_for(text: str) -> None:
    reading = read(text, "ErrImagePull")
    assert (reading.cause, reading.alternatives, reading.confidence) == ("timeout", ("unknown_ambiguous",), "likely")


def test_a_time_that_is_up_on_the_line_is_the_registrys_without_a_request_too() -> None:
    for text in ("dial tcp 192.0.2.7:443: i/o timeout", "net/http: TLS handshake timeout"):
        assert read(text, "ErrImagePull").cause == "timeout"


def test_an_inspection_blames_no_registry_for_a_broken_connection() -> None:
    reading = read(INSPECTED + "rpc error: code = Unavailable desc = error reading from server: EOF")
    assert (reading.cause, reading.alternatives[0]) == ("unknown_ambiguous", "connection_reset")


def test_a_deadline_while_a_token_is_fetched_is_the_token_services() -> None:
    reading = read(old("failed to authorize: failed to fetch oauth token: context deadline exceeded"))
    assert (reading.cause, reading.alternatives) == ("token_service_failure", ("timeout",))


@pytest.mark.parametrize(("text", "cause"), PROVEN)
def test_a_text_that_proves_its_cause_is_read_so(text: str, cause: str) -> None:
    reading = read(text)
    assert (reading.cause, reading.confidence, reading.alternatives) == (cause, "proven", ())


@pytest.mark.parametrize(("text", "causes"), OPEN)
def test_a_text_that_leaves_its_cause_open_names_the_likeliest_and_the_others(text: str, causes: set[str]) -> None:
    reading = read(text)
    assert reading.cause in causes
    assert reading.confidence == "likely"
    assert causes <= {reading.cause, *reading.alternatives}
    assert len(reading.alternatives) <= 4


@pytest.mark.parametrize("text", SILENT)
def test_a_text_without_a_cause_is_not_given_one(text: str) -> None:
    reading = read(text)
    assert (reading.cause, reading.confidence) == ("unknown_ambiguous", "none")
