"""How the distribution registry answers for a manifest or blob that is there: shared by Harbor and the plain registry.

distribution 2.8: registry/handlers/manifests.go, registry/storage/blobserver.go.
"""

import re

from checks.demo.harbor.entities import Artifact
from checks.demo.harbor.images import OCI_INDEX
from checks.demo.harbor.web import Request, Response, problem

API_VERSION = {"Docker-Distribution-Api-Version": "registry/2.0"}
NAME = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*"
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


def manifest(request: Request, artifact: Artifact) -> Response:
    """Return a manifest, or the 404 for an Accept header that does not name its type (`*/*` does not count)."""
    if artifact.media_type not in _accepted(request):
        kind, plural = ("index", "indexes") if artifact.media_type == OCI_INDEX else ("manifest", "manifests")
        words = f"OCI {kind} found, but accept header does not support OCI {plural}"
        return problem(404, "MANIFEST_UNKNOWN", words, API_VERSION)
    headers = {
        "Content-Type": artifact.media_type,
        "Docker-Content-Digest": artifact.digest,
        "Etag": f'"{artifact.digest}"',
        **API_VERSION,
    }
    return Response(200, artifact.content, tuple(headers.items()))


def _accepted(request: Request) -> set[str]:
    values = request.headers.get_all("Accept") or []
    return {part.partition(";")[0].strip().lower() for value in values for part in str(value).split(",")}


def unknown_manifest(detail: object) -> Response:
    """Return the registry's own 404."""
    return problem(404, "MANIFEST_UNKNOWN", "manifest unknown", API_VERSION, detail)


def blob(request: Request, digest: str, content: bytes | None) -> Response:
    """Return a blob, a byte range of it, or the 404."""
    if content is None:
        return problem(404, "BLOB_UNKNOWN", "blob unknown to registry", API_VERSION, digest)
    headers = {
        "Content-Type": "application/octet-stream",
        "Docker-Content-Digest": digest,
        "Etag": f'"{digest}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "max-age=31536000",
        **API_VERSION,
    }
    span = re.fullmatch(r"bytes=(\d+)-(\d*)", request.header("Range"))
    if not span or int(span[1]) >= len(content):
        return Response(200, content, tuple(headers.items()))
    first, last = int(span[1]), min(int(span[2] or len(content)), len(content) - 1)
    headers["Content-Range"] = f"bytes {first}-{last}/{len(content)}"
    return Response(206, content[first : last + 1], tuple(headers.items()))


def tags_page(request: Request, name: str, tags: list[str]) -> tuple[dict[str, object], dict[str, str]]:
    """Return body and headers of a tag list, by pages of `n` after `last` (distribution spec, "Listing Tags")."""
    last, size = request.parameter("last") or "", request.parameter("n") or ""
    rest = sorted(tag for tag in tags if tag > last)
    if not size.isdigit() or len(rest) <= int(size):
        return {"name": name, "tags": rest}, {}
    page = rest[: int(size)]
    link = f'</v2/{name}/tags/list?n={size}&last={page[-1]}>; rel="next"' if page else ""
    return {"name": name, "tags": page}, {"Link": link} if link else {}
