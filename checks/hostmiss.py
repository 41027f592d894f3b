"""Says in words how the host in a registry key differs from the image's: letters, labels, wildcards, Docker Hub."""

import re
from typing import TypeAlias

from checks.image import DOCKER_HUB, ImageRef
from checks.registrykey import Target, label_matches

Miss: TypeAlias = tuple[str, str]
"""The kind of near miss (see EntryVerdict.near; empty: not near) and the reason in words."""

_HUB_HOST = re.compile(r"(?:.*\.)?docker\.(?:io|com)")
_NEAR_ENOUGH = 2
"""Wrong letters up to which another host counts as a slip of the pen."""


def shown(target: Target) -> str:
    """Return the host as a person reads it, without port."""
    return b".".join(target.labels).decode("utf-8", "replace")


def host_miss(written: str, key: Target, image: ImageRef, wanted: Target) -> Miss | None:
    """Say why the hosts differ; None if they match, whatever port and path."""
    if len(key.labels) == len(wanted.labels) and all(map(label_matches, key.labels, wanted.labels)):
        return None
    host, other = shown(key), shown(wanted)
    return (
        _odd_wildcard(written, host)
        or _hub(host, image)
        or _letters(host, other)
        or _pattern_letters(key, wanted, host, other)
        or _labels(key, wanted, host, other)
        or _slip(host, other)
        or ("", f"the key is for {host or 'an empty host'}, the image comes from {other}")
    )


def _odd_wildcard(written: str, host: str) -> Miss | None:
    start = re.sub(r"^https?://", "", written).partition("/")[0]
    if "?" not in start:
        return None
    return "wildcard", f"of the wildcards only * works: ? begins a query, so the key stands for the host {host}"


def _hub(host: str, image: ImageRef) -> Miss | None:
    if image.registry != DOCKER_HUB:
        return None
    if _HUB_HOST.fullmatch(host.lower()):
        return "hub", "the key for Docker Hub is docker.io or https://index.docker.io/v1/, with nothing else in it"
    first = re.split("[/:@]", image.written)[0]
    if host != first:
        return None
    return (
        "hub",
        f"the first part of the image {image.written} is no registry for the kubelet, so Docker Hub is asked",
    )


def _letters(host: str, other: str) -> Miss | None:
    if host == other:
        return "host", f"the address {host} without a port is read as a pattern, which never matches itself"
    if host.lower() == other.lower():
        return "case", f"the key writes the host {host}, the image {other}, and letters are compared exactly"
    if host.rstrip(".") == other.rstrip("."):
        return "host", f"the key names the host {host}, the image {other}, and the dot at the end counts"
    return None


def _pattern_letters(key: Target, wanted: Target, host: str, other: str) -> Miss | None:
    lowered = [[label.lower() for label in target.labels] for target in (key, wanted)]
    if len(lowered[0]) == len(lowered[1]) and all(map(label_matches, *lowered)):
        return "case", f"the key writes {host}, the image comes from {other}, and letters are compared exactly"
    return None


def _labels(key: Target, wanted: Target, host: str, other: str) -> Miss | None:
    counts = len(key.labels), len(wanted.labels)
    if counts[0] == counts[1]:
        return None
    if "*" in host and _would_cover(host, other):
        words = [f"{count} part{'' if count == 1 else 's'}" for count in counts]
        return "labels", f"* covers one part of a host name: {host} has {words[0]}, {other} {words[1]}"
    if host and (other.endswith(f".{host}") or host.endswith(f".{other}")):
        return (
            "labels",
            f"the key names the host {host}, the image {other}, and a key covers no host above or below it",
        )
    return None


def _would_cover(host: str, other: str) -> bool:
    pattern = ".*".join(map(re.escape, re.sub(r"\*+", "*", host).split("*")))
    return bool(re.fullmatch(pattern, other)) or bool(re.fullmatch(pattern.removeprefix(r".*\."), other))


def _slip(host: str, other: str) -> Miss | None:
    if "*" in host or _distance(host, other) > _NEAR_ENOUGH or len(other) <= 2 * _NEAR_ENOUGH:
        return None
    return "host", f"the key names the host {host}, the image {other}"


def _distance(one: str, two: str) -> int:
    """Letters to change, add or drop (Levenshtein); stops early where lengths differ too much."""
    if abs(len(one) - len(two)) > _NEAR_ENOUGH:
        return _NEAR_ENOUGH + 1
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        last, row[0] = row[0], i
        for j, b in enumerate(two, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (a != b))
    return row[-1]
