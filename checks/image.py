"""Reads an image reference as the kubelet does (`ParseImageName`, distribution/reference grammar).

Sources: kubernetes `pkg/util/parsers`, `distribution/reference` v0.6.0, `opencontainers/go-digest` v1.0.0.
"""

import re
from dataclasses import dataclass

from checks.gotext import quote


class ImageNameError(ValueError):
    """The reference is invalid; `str()` is the text that the kubelet writes."""


@dataclass(frozen=True, slots=True)
class ImageRef:
    """One image reference, taken apart."""

    written: str
    """As it stands in the pod."""
    registry: str
    """Host with its port if one was written; `docker.io` where none was."""
    repository: str
    """Path without host, with `library/` where Docker Hub adds it."""
    tag: str
    """`latest` only if there is neither tag nor digest; empty where there is a digest alone."""
    digest: str
    """`algorithm:hex`, or empty."""

    @property
    def name(self) -> str:
        """The name that pull secrets are matched against: registry and repository."""
        return f"{self.registry}/{self.repository}"

    @property
    def project(self) -> str | None:
        """Harbor's project: the first path segment, or None if the path has only one."""
        first, slash, _ = self.repository.partition("/")
        return first if slash else None

    @property
    def reference(self) -> str:
        """What a manifest is asked for by: the digest where there is one, else the tag."""
        return self.digest or self.tag


DOCKER_HUB = "docker.io"

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_DOMAIN = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?"
_SEGMENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_PATH = rf"{_SEGMENT}(?:/{_SEGMENT})*"
_DIGEST = r"[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9A-Fa-f]{32,}"
_REFERENCE = re.compile(
    rf"(?P<name>(?:{_DOMAIN}/)?{_PATH})(?::(?P<tag>[0-9A-Za-z_][0-9A-Za-z_.-]{{0,127}}))?(?:@(?P<digest>{_DIGEST}))?"
)
_NAME = re.compile(rf"{_DOMAIN}/(?P<path>{_PATH})")
_IDENTIFIER = re.compile(r"[a-f0-9]{64}")
_DIGEST_LENGTHS = {"sha256": 64, "sha384": 96, "sha512": 128}
_DIGEST_FORMAT = re.compile(r"[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+")
_LONGEST_PATH = 255


def parse(image: str) -> ImageRef:
    """Take a reference apart; raises ImageNameError with the kubelet's own text."""
    try:
        return _parse(image)
    except _Refused as why:
        raise ImageNameError(f"couldn't parse image name {quote(image)}: {why}") from None


class _Refused(Exception):
    """The part of the message that comes from distribution/reference."""


def _parse(image: str) -> ImageRef:
    if _IDENTIFIER.fullmatch(image):
        raise _Refused(f"invalid repository name ({image}), cannot specify 64-byte hexadecimal strings")
    domain, rest = _split_domain(image)
    path = rest.partition(":")[0]
    if path.lower() != path:
        raise _Refused(f"invalid reference format: repository name ({path}) must be lowercase")
    found = _REFERENCE.fullmatch(f"{domain}/{rest}")
    if not found:
        raise _Refused(_complaint(f"{domain}/{rest}"))
    tag, digest = found["tag"] or "", found["digest"] or ""
    _check(found["name"], digest)
    registry, _, repository = found["name"].partition("/")
    return ImageRef(image, registry, repository, tag or ("" if digest else "latest"), digest)


def _split_domain(image: str) -> tuple[str, str]:
    first, slash, rest = image.partition("/")
    if not slash:
        return DOCKER_HUB, f"library/{image}"
    if first == "index.docker.io":
        first = DOCKER_HUB
    elif first != "localhost" and not re.search("[.:]", first) and first.lower() == first:
        first, rest = DOCKER_HUB, image
    if first == DOCKER_HUB and "/" not in rest:
        rest = f"library/{rest}"
    return first, rest


def _complaint(reference: str) -> str:
    if _REFERENCE.fullmatch(reference.lower()):
        return "repository name must be lowercase"
    return "invalid reference format"


def _check(name: str, digest: str) -> None:
    split = _NAME.fullmatch(name)
    # A name whose first part is no host (a_b.example.com/x) counts as path from its first letter on.
    path = split["path"] if split else name
    if len(path) > _LONGEST_PATH:
        raise _Refused(f"repository name must not be more than {_LONGEST_PATH} characters")
    if digest:
        _check_digest(digest)


def _check_digest(digest: str) -> None:
    algorithm, _, encoded = digest.partition(":")
    length = _DIGEST_LENGTHS.get(algorithm)
    if length is None:
        known = _DIGEST_FORMAT.fullmatch(digest)
        raise _Refused("unsupported digest algorithm" if known else "invalid checksum digest format")
    if len(encoded) != length:
        raise _Refused("invalid checksum digest length")
    if encoded.lower() != encoded:
        raise _Refused("invalid checksum digest format")
