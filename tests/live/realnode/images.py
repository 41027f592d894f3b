"""The one image that the real node runs, in three shapes: for Harbor, for a registry, and as an archive."""

import io
import json
import os
import tarfile
from dataclasses import dataclass
from pathlib import Path

from checks.demo.harbor.entities import Artifact
from checks.demo.harbor.images import OCI_CONFIG, OCI_LAYER, OCI_MANIFEST, digest_of
from checks.demo.harbor.state import HarborState
from tests.live.registry import Registry

_INDEX = "application/vnd.oci.image.index.v1+json"
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class Image:
    """A manifest with its config and its one layer, which holds one program."""

    manifest: bytes
    config: bytes
    layer: bytes

    @property
    def digest(self) -> str:
        """The manifest's digest, which a pod that runs it shows."""
        return digest_of(self.manifest)

    def into_harbor(self, harbor: HarborState, repository: str, tag: str) -> None:
        """Put it into the pretend Harbor; its project is added, private, if need be."""
        kept = (digest_of(self.config), digest_of(self.layer))
        artifact = Artifact(self.digest, OCI_MANIFEST, self.manifest, kept, platform=f"linux/{machine()}")
        harbor.add_project(repository.partition("/")[0])
        harbor.blobs.update(zip(kept, (self.config, self.layer), strict=True))
        harbor.artifacts[self.digest] = artifact
        harbor.shelve(harbor.repositories, repository, {tag: self.digest}, frozenset({self.digest}))

    def into_registry(self, registry: Registry, repository: str, tag: str) -> None:
        """Push it to the real registry."""
        for blob in (self.config, self.layer):
            registry.push_blob(repository, blob)
        registry.push_manifest(repository, tag, OCI_MANIFEST, json.loads(self.manifest))

    def archive(self, name: str) -> bytes:
        """Return an OCI layout in a tar archive, whose image is called `name`."""
        described = _descriptor(OCI_MANIFEST, self.manifest) | {
            "annotations": {"io.containerd.image.name": name, "org.opencontainers.image.ref.name": name}
        }
        index = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": [described]}
        blobs = (self.manifest, self.config, self.layer)
        files = {f"blobs/sha256/{digest_of(blob).partition(':')[2]}": blob for blob in blobs}
        return _tar({"oci-layout": b'{"imageLayoutVersion": "1.0.0"}', "index.json": _json(index), **files})


def build(program: Path, title: str) -> Image:
    """Return an image that runs a static program; each title has another digest."""
    layer = _tar({"sleeper": program.read_bytes()})
    config = _json(
        {
            "architecture": machine(),
            "os": "linux",
            "config": {"Entrypoint": ["/sleeper"], "Labels": {"org.opencontainers.image.title": title}},
            "rootfs": {"type": "layers", "diff_ids": [digest_of(layer)]},
        }
    )
    manifest = {
        "schemaVersion": 2,
        "mediaType": OCI_MANIFEST,
        "config": _descriptor(OCI_CONFIG, config),
        "layers": [_descriptor(OCI_LAYER, layer)],
    }
    return Image(_json(manifest), config, layer)


def machine() -> str:
    """Return this machine's architecture as images name it."""
    found = os.uname().machine
    return _MACHINES.get(found, found)


def _tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.mode, entry.size = 0o755, len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _json(value: object) -> bytes:
    # As registry.py writes a manifest that it pushes: the digest must be the same everywhere.
    return json.dumps(value, sort_keys=True).encode()


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": digest_of(blob), "size": len(blob)}
