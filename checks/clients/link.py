"""The connection to one API server: address, TLS, proxy, impersonation, and the headers of every request.

The `kubernetes` package builds the urllib3 pool (proxy rules, server name, client certificate); it is imported at the
first use, since that takes longer than the first picture may.
"""

import base64
import ipaddress
import ssl
import threading
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from checks import __version__
from checks.clients.bearer import Credential, credential_of
from checks.clients.keydir import KeyDir
from checks.clients.kubeconfig import Access, Stanza
from checks.credentials import Password
from checks.errors import ConfigError, Unreachable
from checks.settings import Settings

_POOL = 32
"""Connections kept open; more requests at a time open more and drop them."""
_IN_FILES = ("certificate-authority", "client-certificate", "client-key")
"""What TLS reads from files; a kubeconfig may hold it as NAME-data."""


class Link:
    """One API server as one user; made by `connect()` time, used from any thread."""

    def __init__(self, access: Access, settings: Settings, interactive: bool = False) -> None:
        self.access = access
        self.host = urlsplit(access.server).netloc.rpartition("@")[2]
        self.credential: Credential = credential_of(access, interactive)
        self._as = impersonation(access, settings)
        self._lock = threading.Lock()
        self._keys: KeyDir | None = None
        self._pool: Any = None
        self._pair: tuple[str, Password] | None = None
        self.closed = False

    def pool(self) -> Any:
        """Return the urllib3 pool, made anew when a plugin has issued another certificate.

        Raises ConfigError, and Unreachable after `close`.
        """
        pair = self.credential.certificate()
        with self._lock:
            if self.closed:
                raise Unreachable(f"{self.host} is not asked any more: harbor-doctor ends")
            if self._pool is None or pair != self._pair:
                self._pool, self._pair = self._build(pair), pair
            return self._pool

    def headers(self, accept: str, content_type: str = "", compressed: bool = True) -> Any:
        """Return the headers of one request: here, and only here, the credential is revealed."""
        from urllib3 import HTTPHeaderDict

        headers = HTTPHeaderDict({"User-Agent": f"harbor-doctor/{__version__}", "Accept": accept})
        if compressed:
            headers["Accept-Encoding"] = "gzip"
        if content_type:
            headers["Content-Type"] = content_type
        for name, value in self._as:
            headers.add(name, value)
        proof = self.credential.authorization()
        if proof is not None:
            headers["Authorization"] = proof.reveal()
        return headers

    def close(self) -> None:
        """Close all connections and remove the key files; threads that still ask get no answer."""
        with self._lock:
            self.closed = True
            if self._pool is not None:
                self._pool.clear()
                self._pool = None
            if self._keys is not None:
                self._keys.remove()
                self._keys = None

    def _build(self, pair: tuple[str, Password] | None) -> Any:
        from kubernetes import client, config
        from kubernetes.client.rest import RESTClientObject

        user = {k: v for k, v in self.access.user.items() if k.startswith("client-")}
        if self._keys is None and (pair or any(k.endswith("-data") for k in (*user, *self.access.cluster))):
            self._keys = KeyDir()
        if pair is not None and self._keys is not None:
            user = _written(self._keys, pair)
        settings = client.Configuration()
        try:
            load: Any = config.load_kube_config_from_dict
            single = _single(_filed(self.access.cluster, self._keys), _filed(user, self._keys))
            load(single, client_configuration=settings, persist_config=False)
            self._tune(settings)
            return RESTClientObject(settings).pool_manager
        except (config.ConfigException, OSError, ValueError, TypeError) as error:
            raise ConfigError(f"{self.access.source}: context {self.access.context}: {_why(error)}") from None

    def _tune(self, settings: Any) -> None:
        settings.connection_pool_maxsize = _POOL
        if self.access.cluster.get("proxy-url"):
            # client-go: proxy-url replaces the environment's rules, NO_PROXY among them.
            settings.no_proxy = ""
        elif _is_loopback(urlsplit(self.access.server).hostname or ""):
            settings.proxy = None
        if urlsplit(self.access.server).scheme == "https":
            _check_files(settings)
        if not settings.verify_ssl:
            from urllib3.exceptions import InsecureRequestWarning

            # The kubeconfig says insecure-skip-tls-verify; a warning for each request would land on the screen.
            warnings.simplefilter("ignore", InsecureRequestWarning)


def _filed(stanza: Stanza, keys: KeyDir | None) -> Stanza:
    """Put what stands in a kubeconfig as base64 into files of this link's own.

    The `kubernetes` package would share one file among all links with the same content: another link may find it half
    written, or gone with the link that made it.
    """
    if keys is None:
        return stanza
    filed = dict(stanza)
    for name in _IN_FILES:
        if data := filed.pop(f"{name}-data", None):
            filed[name] = str(keys.write(f"{name}.pem", base64.standard_b64decode(data)))
    return filed


def _single(cluster: Stanza, user: Stanza) -> Stanza:
    return {
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
        "clusters": [{"name": "c", "cluster": {k: v for k, v in cluster.items() if v}}],
        "users": [{"name": "u", "user": user}],
    }


def _written(keys: KeyDir, pair: tuple[str, Password]) -> Stanza:
    certificate, key = pair
    return {
        "client-certificate": str(keys.write("plugin.crt", certificate.encode())),
        "client-key": str(keys.write("plugin.key", key.reveal().encode())),
    }


def _check_files(settings: Any) -> None:
    """Load what TLS will load, so that an unreadable file is told as such and not as a broken connection."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    if settings.ssl_ca_cert:
        context.load_verify_locations(settings.ssl_ca_cert)
    if settings.cert_file:
        context.load_cert_chain(settings.cert_file, settings.key_file, password="")


def _why(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return "a certificate or key is not valid PEM, or they do not belong together"
    if isinstance(error, OSError):
        name = f" {Path(error.filename)}" if error.filename else ""
        return f"the file{name} cannot be read: {error.strerror}"
    if type(error).__name__ == "ConfigException":
        return " ".join(str(error).split())[:300]
    # binascii.Error and the like quote what they could not read.
    return "a certificate or key in it is not valid base64"


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def impersonation(access: Access, settings: Settings) -> tuple[tuple[str, str], ...]:
    """Return the Impersonate headers (Kubernetes docs, "User impersonation"); --as replaces the kubeconfig's `as`.

    Raises ConfigError for groups, a uid or extra fields without a user: the API server would refuse every request.
    """
    user = settings.impersonate or str(access.user.get("as") or "")
    own = access.user if not settings.impersonate else {}
    groups = settings.impersonate_groups or tuple(map(str, own.get("as-groups") or ()))
    extra: dict[str, list[str]] = own.get("as-user-extra") or {}
    if not user:
        if groups or extra or own.get("as-uid"):
            raise ConfigError(f"{access.context}: groups are impersonated without a user; name one with --as")
        return ()
    headers = [("Impersonate-User", user)]
    headers += [("Impersonate-Group", group) for group in groups]
    if own.get("as-uid"):
        headers.append(("Impersonate-Uid", str(own["as-uid"])))
    for key, values in extra.items():
        headers += [(f"Impersonate-Extra-{quote(str(key), safe='')}", str(value)) for value in values]
    return tuple(headers)
