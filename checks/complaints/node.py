"""What goes wrong on the node with an image that was found: disk, digest, format, platform, node policy.

Sources: containerd core/images/handlers.go, plugins/content/local/writer.go, client/pull.go;
containers/image copy and signature packages (CRI-O); moby distribution and layer packages.
"""

from checks.complaints.text import Chain, Found
from checks.complaints.verdict import Verdict, likely, proven, unknown

_TABLE: tuple[tuple[Verdict, tuple[str, ...]], ...] = (
    (proven("disk_full"), ("no space left on device{any}", "disk quota exceeded{any}")),
    (
        proven("platform_mismatch"),
        (
            "no match for platform in manifest",
            "no match for platform in manifest {word}",
            "no matching manifest for {any} in the manifest list entries{any}",
            "no image found in manifest list for architecture {any}",
            "no image found in image index for architecture {any}",
            "Image architecture mismatch",
            "image operating system {name} cannot be used on this platform{any}",
            "cannot download image with operating system {name} {any}",
            "image with reference {any} was found but does not {any} the specified platform{any}",
        ),
    ),
    (
        proven("corrupt_layer"),
        (
            "unexpected commit digest {any}",
            "unexpected commit size {any}",
            "{name} failed size validation",
            "{any} failed size validation",
            "read past expected size {num}",
            "invalid tar header{any}",
            "{any}(gzip",
            "mismatched image rootfs and manifest layers",
            "invalid checksum",
            "gzip",
            "flate",
            "filesystem layer verification failed for digest{any}",
            "image verification failed for digest {any}",
            "Digest did not match, expected {any}",
            "wrong diff id calculated on extraction {any}",
            "unknown blob",
            "layers from manifest don't match image configuration",
            "corrupted -- {any}",
            "not in gzip format",
        ),
    ),
    (
        proven("unsupported_format"),
        (
            "unsupported media type {any}",
            "media type {name} is no longer supported {any}",
            "application/{word} not supported",
            "missing signature key",
            "Pulling Schema 1 images have been deprecated {any}",
            "schema 1 image manifests are no longer supported{any}",
            "[DEPRECATION NOTICE] Docker Image Format v1 {any}",
            "unsupported schema version {any}",
            "unsupported manifest media type {any}",
            "failed to get stream processor for {any}",
        ),
    ),
    (
        likely("unsupported_format", "corrupt_layer"),
        (
            "invalid desc {word}",
            "no signatures",
            "number of layers and diffIDs don't match{any}",
            "unable to fetch descriptor ({word}) which reports content size of zero",
        ),
    ),
    (
        likely("connection_reset", "corrupt_layer", "proxy"),
        (
            "short read",
            "failed to read expected number of bytes",
            "happened during read",
        ),
    ),
    (
        proven("short_name"),
        (
            "no registries configured while trying to pull an unqualified image{any}",
            "short-name {any} did not resolve to an alias and no unqualified-search registries {any}",
            "short-name resolution enforced but cannot prompt without a TTY{any}",
            "short name mode is enforcing, but image name {ref} returns ambiguous list{any}",
        ),
    ),
    (
        proven("policy_signature"),
        (
            "A signature was required, but no signature exists{any}",
            "None of the signatures were accepted, reasons{any}",
            "remote trust data does not exist for {any}",
            "{any} does not have trust data for {any}",
        ),
    ),
    (likely("policy_signature", "policy_other"), ("cryptographic signature verification failed{any}",)),
    (
        likely("policy_other", "policy_signature"),
        (
            "Running image {ref} is rejected by policy{any}",
            "image verifier {ref} blocked pull of {any}",
        ),
    ),
    (
        proven("policy_other"),
        (
            "registry {ref} is blocked in {any}",
            "this image is prohibited by policy",
        ),
    ),
    (likely("policy_signature", "policy_other"), ("Source image rejected",)),
)
_DESCRIPTOR = "could not fetch content descriptor {word} ({any}) from remote"
_CONTENT = "content at {name} not found"
_MEDIA_TYPE = "unexpected media type {any} for {word}"
_EXTRACTION = (
    "failed to extract layer {any}",
    "failed to register layer",
    "mount callback failed on {any}",
    "adding layer with blob {name}",
)


def judge(chain: Chain) -> Verdict | None:
    """The verdict of the first row of the table that fits, or of a descriptor the registry could not serve."""
    for verdict, templates in _TABLE:
        if chain.has(*templates):
            return _at_registry(chain, verdict)
    if found := chain.find(_DESCRIPTOR):
        return _descriptor(found.group(2).partition(";")[0])
    if found := chain.find(_MEDIA_TYPE):
        return _web_page() if "html" in found.group() else proven("unsupported_format")
    if found := chain.find(_CONTENT):
        return _content(found)
    if chain.has(*_EXTRACTION) and chain.has("unexpected EOF", "{any}(unexpected EOF){any}"):
        return likely("corrupt_layer", "connection_reset")
    return None


def _at_registry(chain: Chain, verdict: Verdict) -> Verdict:
    """The same words behind a registry's error code tell of the registry's own disk."""
    if verdict.cause == "disk_full" and chain.has("unknown"):
        return likely("registry_5xx", "disk_full")
    return verdict


def _web_page() -> Verdict:
    """A page where an image was expected: a login form or an error page stands in between."""
    return unknown("unsupported_format", "token_service_failure", "proxy")


def _content(found: Found) -> Verdict:
    """The registry answered 404 for something that it had named itself a moment before."""
    return proven("corrupt_layer" if "/blobs/" in found.group() else "not_found_tag")


def _descriptor(media_type: str) -> Verdict:
    if "layer" in media_type or "rootfs" in media_type or "config" in media_type or "container.image" in media_type:
        return proven("corrupt_layer")
    if "manifest.v1" in media_type and "oci" not in media_type:  # schema 1, which is not fetched as a manifest
        return likely("unsupported_format", "corrupt_layer", "not_found_tag")
    if "manifest" in media_type or "index" in media_type:
        return likely("not_found_tag", "corrupt_layer")
    return _web_page()
