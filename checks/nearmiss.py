"""Says in words why a registry key serves an image or does not, and how near it came.

Every text is a clause without capital and full stop: `the key names port 8443, the image none`. No clause shows the
user part of a key, which may hold a password.
"""

import re
from collections.abc import Iterator

from checks import gourl, registrykey
from checks.credentials import Entry
from checks.hostmiss import Miss, host_miss, shown
from checks.image import ImageRef
from checks.registrykey import Key, Target

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_UI_PATH = re.compile(r"/(?:harbor|api|account|service|devcenter-api-2\.0|c|#)(?:/|$)")


def serving(entry: Entry, key: Key | None, *, by_hub: bool) -> str:
    """Say why an entry serves the image, and whether the login it sends is empty."""
    empty = not entry.login.username and not entry.login.password
    why = _why_it_matches(key, by_hub=by_hub)
    if not empty:
        return why
    if entry.token_only:
        return f"{why}, but the entry holds only a token, which the kubelet does not read, so an empty login is sent"
    return f"{why}, but the entry has no user name and password, so an empty login is sent"


def unreadable(secret: str) -> str:
    """Say that an entry that would serve is not tried because some Secret of the pod is unreadable."""
    return f"the key matches, but the kubelet cannot read the Secret {secret} and so tries no login at all"


def hub_not_needed() -> str:
    """Say why the entry for Docker Hub is not tried."""
    return "index.docker.io is used for Docker Hub images only where no other key matches, and one does"


def why_not(written: str, key: Key | None, image: ImageRef, wanted: Target | None) -> Miss:
    """Say what keeps a key from serving an image: the kind of near miss (may be empty), and the reason."""
    if wanted is None:
        return "", f"no key can match the image's host {image.registry}"
    scheme = _SCHEME.match(written)
    if scheme and scheme[1] not in ("http", "https"):
        return _odd_scheme(written, scheme[1], image, wanted)
    if key is None:
        return _dropped(written, image)
    if key.index in (b"index.docker.io/v1", b"index.docker.io/v2") and registrykey.is_hub_image(image.name):
        return _path_miss(key.index[-3:].decode(), "")
    if key.target is None:
        return "", "the key is no valid address once its % escapes are decoded, so it never matches"
    misses = list(_misses(written, key.target, image, wanted))
    return misses[0][0], ", and ".join(why for _, why in misses)


def _why_it_matches(key: Key | None, *, by_hub: bool) -> str:
    if by_hub:
        return "no other key matches, so the entry for index.docker.io serves this Docker Hub image"
    names = shown(key.target) if key and key.target else ""
    if "*" in names:
        return f"{names} covers the image's host" + _path_clause(key)
    return "the key names the image's host" + _path_clause(key)


def _path_clause(key: Key | None) -> str:
    path = key.target.path.decode("utf-8", "replace") if key and key.target else ""
    return f", and its repository begins with {path[1:]}" if len(path) > 1 else ""


def _odd_scheme(written: str, scheme: str, image: ImageRef, wanted: Target) -> Miss:
    why = f"the key begins with {scheme}://, and only http:// and https:// in small letters are taken off a key"
    rest = registrykey.read_key(written.partition("://")[2])
    would = rest and (registrykey.matches(rest, wanted) or _is_for_hub(rest, image))
    return "scheme" if would else "", why


def _is_for_hub(key: Key, image: ImageRef) -> bool:
    return key.index == registrykey.HUB_KEY and registrykey.is_hub_image(image.name)


def _dropped(written: str, image: ImageRef) -> Miss:
    try:
        registrykey.file_key(written)
    except gourl.UrlError as error:
        host = re.sub(r"^https?://", "", written).partition("/")[0].rpartition("@")[2]
        if re.search(r":.*\*", host):
            return "wildcard", "the kubelet drops the key: * works in the host name only, not in the port"
        if re.search(r"^[^\[]+\[|\\", host):
            return (
                "wildcard",
                "the kubelet drops the key: of the wildcards only * works, no brackets and no backslash",
            )
        near = "host" if image.registry.partition(":")[0] in written else ""
        return near, f"the kubelet drops the key: {error}"
    return "", "the kubelet drops the key"


def _misses(written: str, key: Target, image: ImageRef, wanted: Target) -> Iterator[Miss]:
    host = host_miss(written, key, image, wanted)
    if host:
        yield host
    if host and host[0] in ("", "hub"):
        return
    if key.port != wanted.port:
        yield "port", _ports(key.port.decode("utf-8", "replace"), wanted.port.decode("utf-8", "replace"))
    if not wanted.path.startswith(key.path):
        yield _path_miss(key.path.decode("utf-8", "replace"), wanted.path.decode("utf-8", "replace"))


def _ports(of_key: str, of_image: str) -> str:
    names = [f"port {port}" if port else "none" for port in (of_key, of_image)]
    clause = f"the key names {names[0] if of_key else 'no port'}, the image {names[1]}"
    return clause + (", and 443 is not the same as none here" if {of_key, of_image} == {"", "443"} else "")


def _path_miss(of_key: str, of_image: str) -> Miss:
    where = f"the image is {of_image.removeprefix('/')}"
    if of_key in ("/v1", "/v2"):
        return "v2_slash", f"the key ends with {of_key}, which counts as a path because no slash follows it"
    if _UI_PATH.match(of_key):
        return "ui_address", f"the key is the address of a web page or API ({of_key}), not of the registry"
    if "*" in of_key:
        return "wildcard", f"* works in the host of a key only, not in its path {of_key}"
    if of_image.startswith(of_key.lower()):
        return "case", f"the key writes the path {of_key}, {where}, and letters are compared exactly"
    if re.search("[:@]", of_key) and of_image == re.split("[:@]", of_key)[0]:
        return "path", f"the key's path {of_key} holds a tag or digest, which is never compared"
    if of_image == of_key.rstrip("/"):
        return "path", f"the key's path {of_key} ends with a slash, and {where} without one"
    return "path", f"the key covers only repositories that begin with {of_key.removeprefix('/')}, and {where}"
