"""Where a login may go unasked: to the host that its own key names, and to that host's own token service.

Image names, Secrets and realms are written by tenants; the person who runs this may hold stronger logins.
"""

import re
from fnmatch import fnmatchcase
from urllib.parse import urlsplit

from checks.clients.netaddr import split_host
from checks.clients.urls import host_of
from checks.credentials import Login

DOCKER_HUB = "docker.io"
_HUB_NAMES = frozenset({"docker.io", "index.docker.io", "registry-1.docker.io"})

TOKEN_SERVICES = {
    DOCKER_HUB: "auth.docker.io",
    "registry.gitlab.com": "gitlab.com",
    "registry.digitalocean.com": "api.digitalocean.com",
}
"""Public registries whose token service is known to live on another host."""

_HOST = re.compile(r"[a-z0-9._*-]+|\[[0-9a-f:.]+\]")


def canonical(host: str) -> str:
    """Return the lower-case host name without port; all names of Docker Hub are one."""
    name = split_host(host)[0]
    return DOCKER_HUB if name in _HUB_NAMES else name


def key_host(key: str) -> str:
    """Return the host that a registry key names, without scheme, user, port and path; empty if it names none."""
    host = _place(key)
    name = re.sub(r":\d*$", "", host) if not host.endswith("]") else host
    return canonical(name) if _HOST.fullmatch(name) and "\\" not in key else ""


def _place(key: str) -> str:
    """Return `host[:port]` of a key, in lower case."""
    bare = re.sub(r"^[a-z][a-z0-9+.-]*://", "", key.strip().lower())
    return re.split(r"[/?#]", bare, maxsplit=1)[0].rpartition("@")[2]


def names_port(key: str, registry: str) -> bool:
    """Does this key name this registry's port too? For logins that are stronger than any pod's; none is 443."""
    return _port(_place(key)) == _port(_place(registry))


def _port(place: str) -> str:
    found = re.search(r":0*(\d+)$", place)
    return found[1] if found else "443"


def names(key: str, registry: str) -> bool:
    """Does this key name this registry's host? `*` counts only left of at least two plain labels."""
    wanted, host = key_host(key), canonical(registry)
    if "*" not in wanted:
        return bool(wanted) and wanted == host
    labels = wanted.split(".")
    plain = all("*" not in label for label in labels[-2:])
    return plain and len(labels) == len(host.split(".")) and len(labels) > 2 and fnmatchcase(host, wanted)


def objection(login: Login, registry: str, realm: str) -> str:
    """Return why this login does not go to this registry and its `realm` unasked; empty if it may go.

    `realm` is empty where there is no token service.
    """
    if not names(login.origin.key, registry):
        named = key_host(login.origin.key) or "no host"
        return f"its key names {named} and the image comes from {registry}, so the login is not sent unasked"
    return _realm_objection(registry, realm) if realm else ""


def _realm_objection(registry: str, realm: str) -> str:
    here, there = canonical(registry), canonical(host_of(realm))
    if not realm.lower().startswith("https://"):
        return f"the token service of {registry} is named as {realm}, which is not HTTPS, so the login is not sent"
    if there in (here, TOKEN_SERVICES.get(here)):
        return ""
    return f"{registry} names a token service on another host, {there}, so the login is not sent unasked"


def usable_realm(realm: str) -> bool:
    """Is this realm an absolute HTTP(S) address, printable, without a login in it?"""
    try:
        parts = urlsplit(realm)
        web = parts.scheme in ("https", "http") and "@" not in parts.netloc
        return web and realm.isascii() and realm.isprintable() and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
