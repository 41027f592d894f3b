"""Which image, which host and which address a chain is about."""

from urllib.parse import urlsplit

from checks.complaints.text import Chain
from checks.complaints.transport import last_request

_PULLED = (
    "failed to resolve reference {name}",
    "failed to pull and unpack image {name}",
    "failed to resolve image {name}",
)
_IMAGE = (
    "Failed to pull image {name}",
    "failed to pull image {name}",
    "Back-off pulling image {name}",
    "PullImage {name} failed{any}",
    *_PULLED,
    "Failed to inspect image {name}",
    "Failed to apply default image tag {name}",
    "Container image {name} is not present with pull policy of Never",
)
_READING = ("reading manifest {word} in {word}", "Error reading manifest {word} in {word}")
_HOST = (
    "pulling from host {word} failed with status code [manifests {any}]",
    "lookup {word} on {word}",
    "lookup {word}",
    "pinging container registry {word}",
    "error pinging docker registry {word}",
)
_ANSWERED = ("unexpected status from {word} request to {name}",)
_ADDRESSED = (
    "unexpected status code {name}",
    "content at {name} not found",
    "initializing source {name}",
    "Error initializing source {name}",
)


def image(chain: Chain) -> str:
    """The reference as the kubelet names it, else as the runtime does; empty where the text has none."""
    for template in _IMAGE:
        if found := chain.find(template):
            return found.group()
    reading = chain.find(*_READING)
    return f"{reading.group(2)}:{reading.group(1)}" if reading else ""


def pulled(chain: Chain) -> str:
    """The reference as the runtime completed it (`docker.io/library/x:1`)."""
    found = chain.find(*_PULLED)
    return found.group() if found else ""


def address(chain: Chain) -> str:
    """The address of the last request, or empty."""
    request = last_request(chain)
    if request:
        return request[0]
    if answered := chain.find(*_ANSWERED):
        return answered.group(2)
    found = chain.find(*_ADDRESSED)
    return found.group() if found else ""


def host(chain: Chain) -> str:
    """The host that was asked, with its port, or empty."""
    if asked := netloc(address(chain)):
        return asked
    if found := chain.find(*_HOST):
        return found.group(1)
    reading = chain.find(*_READING)
    return registry(pulled(chain) or (reading.group(2) if reading else image(chain)))


def netloc(url: str) -> str:
    """Host and port of an address; empty where it is no address."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2] if "://" in url else ""
    except ValueError:
        return ""


def registry(reference: str) -> str:
    """The registry of a reference, empty where it names none."""
    first, slash, _ = reference.partition("/")
    return first if slash and (first == "localhost" or "." in first or ":" in first) else ""


def same_site(one: str, other: str) -> bool:
    """Whether two hosts are one registry; Docker Hub's names belong together."""
    return one == other or (_hub(one) and _hub(other))


def _hub(name: str) -> bool:
    return name == "docker.io" or name.endswith(".docker.io") or name == "production.cloudflare.docker.com"


def path_of(reference: str) -> str:
    """The repository path of a reference, without registry, tag and digest."""
    rest = reference.partition("@")[0]
    if named := registry(reference):
        rest = rest.removeprefix(f"{named}/")
    head, colon, tail = rest.rpartition(":")
    return head if colon and "/" not in tail else rest
