"""Which platforms an image offers: from its index, or from the config of a single image (OCI image spec)."""

from collections.abc import Iterator
from typing import Any

from checks.clients.exchange import document
from checks.clients.registry import Access, Registry, is_digest
from checks.facts import Exchange, Platform
from checks.image import ImageRef

_MOST = 200


def offered(
    registry: Registry, image: ImageRef, reference: str, access: Access
) -> tuple[tuple[Platform, ...], tuple[Exchange, ...]]:
    """Return the platforms and what was asked for them; none where they cannot be read.

    A config that a proxy project does not hold yet is answered with 404: that says nothing about the platform.
    """
    answer, seen = registry.read(image, "manifests", reference, access)
    manifest = _object(answer.body) if answer.status == 200 else {}
    if isinstance(manifest.get("manifests"), list):
        return tuple(dict.fromkeys(_listed(manifest["manifests"]))), seen
    config = manifest.get("config")
    digest = config.get("digest") if isinstance(config, dict) else None
    if not isinstance(digest, str) or not is_digest(digest):
        return (), seen
    blob, more = registry.read(image, "blobs", digest, access)
    one = _platform(_object(blob.body)) if blob.status == 200 else None
    return ((one,) if one else ()), (*seen, *more)


def _object(body: bytes) -> dict[str, Any]:
    read = document(body)
    return read if isinstance(read, dict) else {}


def _listed(entries: list[Any]) -> Iterator[Platform]:
    """The platforms of an index; attestations call theirs unknown/unknown."""
    for entry in entries[:_MOST]:
        named = entry.get("platform") if isinstance(entry, dict) else None
        one = _platform(named) if isinstance(named, dict) else None
        if one and one.os != "unknown":
            yield one


def _platform(named: dict[str, Any]) -> Platform | None:
    words = [word if isinstance(word := named.get(key), str) else "" for key in ("os", "architecture", "variant")]
    return Platform(*(word[:50] for word in words)) if words[0] and words[1] else None
