"""Addresses as the other side writes them: taken apart and joined, with an empty answer where they cannot be read.

`urllib.parse` raises ValueError for `https://[` and for a port beyond 65535; a header may hold both.
"""

from urllib.parse import urljoin, urlsplit


def join(base: str, reference: str) -> str:
    """Return the absolute address that `reference` means at `base` (RFC 3986, 5.2), empty where there is none."""
    try:
        target = urljoin(base, reference)
    except ValueError:
        return ""
    return target if origin(target) else ""


def origin(url: str) -> str:
    """Return `scheme://host:port` of an absolute HTTP(S) address, its host in lower case; empty for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ""
    usual = {"https": 443, "http": 80}.get(parts.scheme)
    if usual is None or not parts.hostname:
        return ""
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}:{usual if port is None else port}"


def same_origin(one: str, other: str) -> bool:
    """Do both addresses lead to the same scheme, host and port? Never where one cannot be read."""
    return bool(origin(one)) and origin(one) == origin(other)


def host_of(url: str) -> str:
    """Return host and port as the address writes them, without a login; empty where it cannot be read."""
    try:
        return urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        return ""


def without_query(url: str) -> str:
    """Return the address without query and fragment: a storage's signed address is a key to the blob."""
    return url.partition("#")[0].partition("?")[0]
