"""Finds a user's own login for a registry in a docker `config.json`, or the credential helper that holds it.

Nothing is run here. A helper named for the host wins over the store for all hosts, and both over the file, as in the
docker CLI. Source: docker/cli `cli/config/configfile` (getConfiguredCredentialStore), `credentials/file_store.go`.
"""

from dataclasses import dataclass

from checks import gojson
from checks.credentials import IDENTITY_USER, Login, Origin, OriginKind, Password
from checks.dockerpayload import Fields, PayloadError, decode_auth, read, read_fields
from checks.errors import UsageError

HUB_SERVER = "https://index.docker.io/v1/"
"""The address under which docker keeps its login for Docker Hub."""

_HUB_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")


@dataclass(frozen=True, slots=True)
class DockerLogin:
    """What a docker config knows about one registry."""

    server: str
    """The address to ask a helper for."""
    login: Login | None = None
    """The login that stands in the file; where no password does, its identity token."""
    helper: str = ""
    """Name of the helper to ask first: `desktop` for the program `docker-credential-desktop`; empty: none."""
    token_only: bool = False
    """The file holds only a token, which no pull Secret can carry."""


def find_login(config: bytes, host: str, path: str) -> DockerLogin:
    """Look up `host` (with port) in the config read from `path`.

    Raises UsageError if the file is not JSON. Broken entries count as absent.
    """
    try:
        document = read(config)
    except PayloadError as error:
        raise UsageError(f"The docker config {path} is not readable: {error}.") from None
    server = HUB_SERVER if host in _HUB_HOSTS else host
    helper = _member(document, "credhelpers", host) or _member(document, "credhelpers", server)
    helper = helper or "".join(node.text for name, node in document.members if gojson.fold(name) == "credsstore")
    fields = _entry(document, server)
    if fields is None:
        return DockerLogin(server, helper=helper)
    return DockerLogin(server, _login(fields, path), helper, token_only=fields.tokens and not fields.password)


def _member(document: gojson.Node, field: str, name: str) -> str:
    found = [m for member, node in document.members if gojson.fold(member) == field for m in node.members]
    return next((node.text for member, node in found if member == name), "")


def _entry(document: gojson.Node, server: str) -> Fields | None:
    """The entry of that very address, else the first one of the same host."""
    maps = (node for name, node in document.members if gojson.fold(name) == "auths")
    entries = {key: node for auths in maps for key, node in auths.members}
    same_host = (key for key in entries if _hostname(key) == _hostname(server))
    key = server if server in entries else next(same_host, None)
    return None if key is None else read_fields(key, entries[key])[0]


def _hostname(key: str) -> str:
    return key.removeprefix("https://").removeprefix("http://").partition("/")[0]


def _login(fields: Fields, path: str) -> Login | None:
    return _user_login(fields, path) or _identity(fields, path)


def _identity(fields: Fields, path: str) -> Login | None:
    """`docker login` writes the token where the token service gave one, and the password then nowhere."""
    if not fields.identity:
        return None
    origin = Origin(OriginKind.DOCKER_CONFIG, path, fields.key)
    return Login(IDENTITY_USER, Password(fields.identity), origin, identity=True)


def _user_login(fields: Fields, path: str) -> Login | None:
    username, password = fields.username, fields.password
    if fields.auth:
        try:
            username, password = decode_auth(fields.auth)
        except ValueError:
            return None
    if not username or not password:
        return None
    # docker takes NULs off a password that came out of `auth`.
    return Login(username, Password(password.strip("\0")), Origin(OriginKind.DOCKER_CONFIG, path, fields.key))
