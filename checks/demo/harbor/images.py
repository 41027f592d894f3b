"""Builds small true OCI images: layer, config, manifest and index, with their digests (OCI image spec 1.1).

The same `seed` gives the same bytes on every machine: the layer is a plain tar, for compressed bytes depend on the
zlib at hand.
"""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass

from checks.demo.harbor.entities import Artifact

OCI_INDEX = "application/vnd.oci.image.index.v1+json"
OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar"
ATTESTATION = "unknown/unknown"


@dataclass(frozen=True, slots=True)
class Image:
    """What one push brings: the artifact that the tag names, all artifacts, and the blobs."""

    top: Artifact
    artifacts: tuple[Artifact, ...]
    blobs: dict[str, bytes]


def digest_of(content: bytes) -> str:
    """Return `sha256:` and the hex digest."""
    return "sha256:" + hashlib.sha256(content).hexdigest()


def build(seed: str, platforms: tuple[str, ...], index: bool | None = None, attested: bool = False) -> Image:
    """Return an image for `platforms` (`os/architecture[/variant]`).

    `index`: wrap it in an index; None does so where there is more than one platform, or none.
    `attested`: add an attestation child, which shows as platform unknown/unknown, as buildx does.
    """
    blobs: dict[str, bytes] = {}
    singles = tuple(_single(seed, platform, blobs) for platform in platforms)
    if attested:
        singles += (_single(seed + " attestation", ATTESTATION, blobs),)
    if not (len(platforms) != 1 or attested if index is None else index):
        return Image(singles[0], singles, blobs)
    top = _index(singles)
    return Image(top, (top, *singles), blobs)


def _json(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def _layer(seed: str) -> bytes:
    buffer, words = io.BytesIO(), f"{seed}\n".encode()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("etc/motd")
        entry.size = len(words)
        archive.addfile(entry, io.BytesIO(words))
    return buffer.getvalue()


def _platform(text: str) -> dict[str, str]:
    return dict(zip(("os", "architecture", "variant"), text.split("/"), strict=False))


def _single(seed: str, platform: str, blobs: dict[str, bytes]) -> Artifact:
    layer = _layer(f"{seed} {platform}")
    config = _json(
        {
            **_platform(platform),
            "created": "2026-01-05T08:00:00Z",
            "config": {"Labels": {"org.opencontainers.image.title": seed}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
    )
    blobs.update({digest_of(config): config, digest_of(layer): layer})
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": _descriptor(OCI_CONFIG, config),
            "layers": [_descriptor(OCI_LAYER, layer)],
        }
    )
    kept = (digest_of(config), digest_of(layer))
    return Artifact(digest_of(manifest), OCI_MANIFEST, manifest, kept, platform=platform)


def _index(children: tuple[Artifact, ...]) -> Artifact:
    manifests = []
    for child in children:
        entry = _descriptor(OCI_MANIFEST, child.content) | {"platform": _platform(child.platform)}
        if child.platform == ATTESTATION:
            entry["annotations"] = {
                "vnd.docker.reference.digest": children[0].digest,
                "vnd.docker.reference.type": "attestation-manifest",
            }
        manifests.append(entry)
    content = _json({"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": manifests})
    pairs = tuple((child.digest, child.platform) for child in children)
    return Artifact(digest_of(content), OCI_INDEX, content, children=pairs)


def _descriptor(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(content), "size": len(content)}
