"""What kubelet 1.34 and containerd 2.1 write when a pull fails, word for word.

Shapes were read in containerd's sources (core/remotes/docker, core/transfer) and seen from real nodes. Addresses are
from the documentation ranges and follow from the host's name, so that the same fault always reads the same.
"""

import hashlib

_NAMESERVER = "192.0.2.53:53"
_NOT_FOUND = "rpc error: code = NotFound desc = "


def address(host: str) -> str:
    """Return the pretend IP address and port of a registry host[:port]."""
    name, _, port = host.partition(":")
    last = 10 + hashlib.sha256(name.encode()).digest()[0] % 200
    return f"203.0.113.{last}:{port or '443'}"


def manifest_url(host: str, repository: str, reference: str) -> str:
    """Return the address of a manifest."""
    return f"https://{host}/v2/{repository}/manifests/{reference}"


def failed(ref: str, cause: str) -> str:
    """A pull that failed after its name was resolved."""
    return f'failed to pull and unpack image "{ref}": {cause}'


def unresolved(ref: str, cause: str) -> str:
    """A pull whose first question was not answered as hoped."""
    return failed(ref, f"failed to resolve image: {cause}")


def not_found(ref: str) -> str:
    """404 on the manifest."""
    return _NOT_FOUND + unresolved(ref, f"{ref}: not found")


def nothing_sent(ref: str) -> str:
    """The registry wants a login and there was none to send."""
    why = "pull access denied, repository does not exist or may require authorization: authorization failed"
    return unresolved(ref, f"{why}: no basic auth credentials")


def insufficient_scope(ref: str) -> str:
    """A second Bearer challenge (Docker Hub)."""
    why = "pull access denied, repository does not exist or may require authorization"
    return unresolved(ref, f"{why}: server message: insufficient_scope: authorization failed")


def unexpected(method: str, url: str, status: str) -> str:
    """A status that ends the pull: `401 Unauthorized`."""
    return f"unexpected status from {method} request to {url}: {status}"


def no_request(method: str, url: str, cause: str) -> str:
    """No HTTP answer came at all."""
    return f'failed to do request: {method.capitalize()} "{url}": {cause}'


def not_copied(ref: str, cause: str) -> str:
    """A GET of a manifest or blob failed after the name had been resolved."""
    return failed(ref, f"failed to copy: httpReadSeeker: failed open: {cause}")


def content_gone(ref: str, url: str) -> str:
    """404 on a GET of something that was there a moment ago."""
    return _NOT_FOUND + not_copied(ref, f"content at {url} not found: not found")


def no_platform(digest: str) -> str:
    """An index without the node's platform."""
    return f"{_NOT_FOUND}get image config descriptor: no match for platform in manifest {digest}: not found"


def token_failed(kind: str, cause: str) -> str:
    """The token service did not help; `kind` is `oauth` or `anonymous`."""
    return f"failed to authorize: failed to fetch {kind} token: {cause}"


def deadline(text: str) -> str:
    """A request that got no answer in time."""
    return f"rpc error: code = DeadlineExceeded desc = {text}"


def no_such_host(host: str) -> str:
    """DNS does not know the name."""
    return f"dial tcp: lookup {host.partition(':')[0]} on {_NAMESERVER}: no such host"


def refused(host: str) -> str:
    """Nobody listens."""
    return f"dial tcp {address(host)}: connect: connection refused"


def dial_timeout(host: str) -> str:
    """No TCP connection in time."""
    return f"dial tcp {address(host)}: i/o timeout"


def reset(host: str) -> str:
    """The other side hung up."""
    return f"read tcp 192.0.2.2:40112->{address(host)}: read: connection reset by peer"


def short_name(image: str) -> str:
    """CRI-O with several registries to search, and nobody to ask which."""
    return f"short name mode is enforcing, but image name {image} returns ambiguous list"


def crio(ref: str, cause: str) -> str:
    """CRI-O's pull, before anything came."""
    return f"rpc error: code = Unknown desc = initializing source docker://{ref}: {cause}"


NO_PROXY = "proxyconnect tcp: dial tcp 192.0.2.80:3128: connect: connection refused"
TLS_TIMEOUT = "net/http: TLS handshake timeout"
ANSWER_TIMEOUT = "net/http: timeout awaiting response headers"
PLAIN_HTTP = "http: server gave HTTP response to HTTPS client"
_X509 = "tls: failed to verify certificate: x509: "
UNKNOWN_CA = _X509 + "certificate signed by unknown authority"


def expired(now: str, until: str) -> str:
    """A certificate out of its time; both as RFC 3339."""
    return f"{_X509}certificate has expired or is not yet valid: current time {now} is after {until}"


def wrong_name(names: tuple[str, ...], host: str) -> str:
    """A certificate for other names."""
    return f"{_X509}certificate is valid for {', '.join(names)}, not {host.partition(':')[0]}"


def backing_off(image: str, reason: str, text: str) -> str:
    """The message of ImagePullBackOff since kubelet 1.32."""
    return f'Back-off pulling image "{image}": {reason}: {text}'


def never(image: str) -> str:
    """Policy Never and no image on the node."""
    return f'Container image "{image}" is not present with pull policy of Never'


def bad_name(image: str, error: str) -> str:
    """A reference that cannot be read."""
    return f'Failed to apply default image tag "{image}": {error}'


def no_command(command: str) -> str:
    """A container whose command is not in its image (runc 1.2 below containerd 2.1)."""
    task = "failed to create containerd task: failed to create shim task: OCI runtime create failed"
    init = "runc create failed: unable to start container process: error during container init"
    return f'{task}: {init}: exec: "{command}": stat {command}: no such file or directory'


def restarting(pod: str, namespace: str, uid: str, container: str) -> str:
    """The message of CrashLoopBackOff."""
    return f"back-off 10s restarting failed container={container} pod={pod}_{namespace}({uid})"


def secrets_missing(names: list[str]) -> str:
    """The event for Secrets that the pod names and that do not exist."""
    listed = ", ".join(names)
    return f"Unable to retrieve some image pull secrets ({listed}); attempting to pull the image may not succeed."
