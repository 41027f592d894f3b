"""The real docker-registry of the live tests, and tiny images pushed to it over HTTP."""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from tests.live.certificates import Authority, KeyPair
from tests.live.servers import docker_registry
from tests.live.web import Answer, Endpoint

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
OCI_CONFIG = "application/vnd.oci.image.config.v1+json"
OCI_LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"

USER, PASSWORD = "ci", "correct horse 7 battery"
"""The one login that the registries know. Spaces inside are lawful; a trailing line break is not part of it."""


@dataclass(frozen=True, slots=True)
class Registry:
    """A running registry with what a client needs to reach it; `endpoint` sends no login."""

    endpoint: Endpoint
    ca: Path | None = None

    @property
    def host(self) -> str:
        """host:port as image references name it."""
        return self.endpoint.host

    @property
    def resolve(self) -> str:
        """HOST:PORT=ADDRESS:PORT, for `--resolve`: no DNS knows these names."""
        return f"{self.host}={self.endpoint.address}"

    @property
    def signed_in(self) -> Endpoint:
        """The same, with the login that the registry knows."""
        return replace(self.endpoint, login=(USER, PASSWORD))

    def image(self, repository: str, tag: str = "1") -> str:
        """Return the reference of an image here."""
        return f"{self.host}/{repository}:{tag}"

    def push(self, repository: str, tag: str = "1", architecture: str = "amd64") -> str:
        """Push a tiny image, the same one every time, and return its digest."""
        layer = _layer()
        config = json.dumps(
            {
                "architecture": architecture,
                "os": "linux",
                "config": {"Entrypoint": ["/sleep"]},
                "rootfs": {"type": "layers", "diff_ids": [_digest(gzip.decompress(layer))]},
            },
            sort_keys=True,
        ).encode()
        for blob in (config, layer):
            self.push_blob(repository, blob)
        return self.push_manifest(
            repository,
            tag,
            OCI_MANIFEST,
            {
                "schemaVersion": 2,
                "mediaType": OCI_MANIFEST,
                "config": _descriptor(OCI_CONFIG, config),
                "layers": [_descriptor(OCI_LAYER, layer)],
            },
        )

    def push_index(self, repository: str, tag: str, architectures: Sequence[str]) -> str:
        """Push an index of one tiny image for each architecture and return its digest."""
        listed = [
            self._described(repository, self.push(repository, f"{tag}-{name}", name), name) for name in architectures
        ]
        index = {"schemaVersion": 2, "mediaType": OCI_INDEX, "manifests": listed}
        return self.push_manifest(repository, tag, OCI_INDEX, index)

    def push_manifest(self, repository: str, tag: str, media_type: str, manifest: Mapping[str, object]) -> str:
        """Push a manifest or an index under a tag and return its digest."""
        body = json.dumps(manifest, sort_keys=True).encode()
        path = f"/v2/{repository}/manifests/{tag}"
        _expect(201, self.signed_in.ask("PUT", path, body, {"Content-Type": media_type}), path)
        return _digest(body)

    def _described(self, repository: str, digest: str, architecture: str) -> dict[str, object]:
        path = f"/v2/{repository}/manifests/{digest}"
        size = self.signed_in.ask("HEAD", path, headers={"Accept": OCI_MANIFEST}).headers["content-length"]
        platform = {"os": "linux", "architecture": architecture}
        return {"mediaType": OCI_MANIFEST, "digest": digest, "size": int(size), "platform": platform}

    def push_blob(self, repository: str, blob: bytes) -> None:
        """Push a blob, for a manifest that will name it."""
        path = f"/v2/{repository}/blobs/uploads/"
        started = _expect(202, self.signed_in.ask("POST", path), path)
        upload = urlsplit(started.headers["location"])
        query = f"{upload.query}&digest={_digest(blob)}"
        headers = {"Content-Type": "application/octet-stream"}
        _expect(201, self.signed_in.ask("PUT", f"{upload.path}?{query}", blob, headers), path)


@contextmanager
def running(
    folder: Path, name: str, authority: Authority | None = None, tls: KeyPair | None = None
) -> Iterator[Registry]:
    """Run a registry called `name`; with `authority` behind TLS, by default with a certificate that is in order."""
    if authority is not None and tls is None:
        tls = authority.server(name, (f"DNS:{name}",))
    ca = authority.certificate if authority else None
    with docker_registry(folder, {USER: PASSWORD}, tls) as port:
        yield Registry(Endpoint(f"127.0.0.1:{port}", ca=ca, host=f"{name}:{port}"), ca)


def _layer() -> bytes:
    """One empty executable in a layer; no clock in it, so that its digest stays the same."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        entry = tarfile.TarInfo("sleep")
        entry.mode = 0o755
        archive.addfile(entry)
    return gzip.compress(packed.getvalue(), mtime=0)


def _descriptor(media_type: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(blob), "size": len(blob)}


def _digest(blob: bytes) -> str:
    return "sha256:" + hashlib.sha256(blob).hexdigest()


def _expect(status: int, answer: Answer, path: str) -> Answer:
    if answer.status != status:
        raise RuntimeError(f"{path}: {answer.status} instead of {status}: {answer.body[:300]!r}")
    return answer
