"""Registry keys of a docker config: how the kubelet normalises them and matches them against an image name.

Percent-decoding happens twice: once when the key is filed and once when it is looked up.
Source: kubernetes 1.34 `pkg/credentialprovider/keyring.go` (Add, URLsMatch, isDefaultRegistryMatch).
"""

import re
from dataclasses import dataclass

from checks import gourl

HUB_KEY = b"index.docker.io"
"""The normalised key that serves Docker Hub images where no other key does."""


@dataclass(frozen=True, slots=True)
class Target:
    """Host and path in the form in which key and image are compared."""

    labels: tuple[bytes, ...]
    port: bytes
    path: bytes


@dataclass(frozen=True, slots=True)
class Key:
    """A registry key as filed in the keyring."""

    index: bytes
    """The normalised key: its place in the order is by these bytes."""
    target: Target | None
    """What is looked up; None if the normalised key, read again, is refused, so that it never matches."""


def read_key(written: str) -> Key | None:
    """Return a key as the kubelet files it, or None if it drops it."""
    try:
        return file_key(written)
    except gourl.UrlError:
        return None


def file_key(written: str) -> Key:
    """Return a key as the kubelet files it; raises gourl.UrlError where it drops the key, with the reason."""
    text = written.encode("utf-8", "surrogateescape")
    for scheme in (b"https://", b"http://"):
        if text.startswith(scheme):
            text = text.removeprefix(scheme)
            break
    url = gourl.parse(text)
    path = url.path[3:] if url.path.startswith((b"/v1/", b"/v2/")) else url.path
    index = url.host + (b"" if path == b"/" else path)
    return Key(index, _target(index))


def target(name: str) -> Target | None:
    """Return what keys are compared with for an image name, or None if no key can match it."""
    return _target(name.encode("utf-8", "surrogateescape"))


def _target(text: bytes) -> Target | None:
    try:
        url = gourl.parse(text)
    except gourl.UrlError:
        return None
    host, port = gourl.split_port(url.host)
    return Target(tuple(host.split(b".")), port, url.path)


def matches(key: Key, image: Target) -> bool:
    """Tell whether a key serves an image: same port text, same number of labels, path a prefix, labels alike."""
    wanted = key.target
    return (
        wanted is not None
        and wanted.port == image.port
        and len(wanted.labels) == len(image.labels)
        and image.path.startswith(wanted.path)
        and all(map(label_matches, wanted.labels, image.labels))
    )


def label_matches(pattern: bytes, label: bytes) -> bool:
    """Match one label; `*` stands for any letters of it, and an address in brackets for one of its letters."""
    if pattern.startswith(b"["):
        return pattern.endswith(b"]") and len(label) == 1 and label in pattern[1:-1]
    if b"*" not in pattern:
        return pattern == label
    first, *middle, last = pattern.split(b"*")
    if len(label) < len(first) + len(last):
        return False
    if not label.startswith(first) or not label.endswith(last):
        return False
    return _in_order(middle, label[len(first) : len(label) - len(last)])


def _in_order(pieces: list[bytes], text: bytes) -> bool:
    for piece in pieces:
        _, found, text = text.partition(piece) if piece else (b"", b"*", text)
        if not found:
            return False
    return True


def is_hub_image(name: str) -> bool:
    """Tell whether the kubelet takes the name for Docker Hub's when no key matched (`localhost/x` too)."""
    host = name.partition("/")[0]
    return host in ("docker.io", "index.docker.io") or not re.search("[.:]", host)
