"""Images that name no registry: what they would be called at the registries that the pod's pull secrets are for."""

from collections.abc import Iterator

from checks.credentials import Login
from checks.facts import Fact
from checks.image import DOCKER_HUB, ImageNameError, ImageRef, parse
from checks.model import NamedSecret
from checks.registrykey import read_key

MOST = 4
"""Registries tried for one image."""

_HUB = ("docker.io/", "index.docker.io/")


def names_no_registry(image: ImageRef) -> bool:
    """Did the kubelet take the image for Docker Hub's only because it names no registry?"""
    return image.registry == DOCKER_HUB and not image.written.startswith(_HUB)


def candidates(image: ImageRef, secrets: tuple[NamedSecret, ...]) -> Iterator[tuple[ImageRef, Login]]:
    """Yield the image as it would be written for each registry of the Secrets, with the login that stands there."""
    found = 0
    for named in secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        for entry in secret.entries if secret is not None else ():
            host = host_of(entry.key)
            other = _at(host, image) if host and entry.login.username and entry.login.password else None
            if other is not None and found < MOST:
                found += 1
                yield other, entry.login


def host_of(key: str) -> str:
    """The registry host[:port] that a key names; empty where it is Docker Hub's, has a `*`, or is no host."""
    filed = read_key(key)
    if filed is None or filed.target is None:
        return ""
    name = b".".join(filed.target.labels).decode("ascii", "replace")
    port = filed.target.port.decode("ascii", "replace")
    hub = name == DOCKER_HUB or name.endswith(f".{DOCKER_HUB}")
    return "" if hub or "*" in name or not name else f"{name}:{port}" if port else name


def short_of(host: str) -> str:
    """The first label of a host: what somebody writes who thinks that this is enough of a name."""
    return host.partition(":")[0].partition(".")[0]


def _at(host: str, image: ImageRef) -> ImageRef | None:
    first, slash, rest = image.written.partition("/")
    path = rest if slash and first == short_of(host) else image.written
    try:
        other = parse(f"{host}/{path}")
    except ImageNameError:
        return None
    return other if other.registry == host else None
