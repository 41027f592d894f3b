"""Which cluster, user and namespace: what kubectl would use, from kubeconfig files or from inside a pod.

Merging follows client-go (tools/clientcmd/loader.go): of several files the first that names a thing wins, also for
`current-context`; relative paths are relative to the file they stand in. Nothing here touches the network.
"""

import os
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from checks.clients.contextsettings import extension_of, with_context
from checks.errors import ConfigError
from checks.settings import Settings, for_context
from checks.wording import few

POD_DIR = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_FILE_FIELDS = ("certificate-authority", "client-certificate", "client-key", "tokenFile")
_SHOWN = 12
"""How many contexts an error names."""

Stanza = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Access:
    """One context, resolved: everything needed to connect. Its repr shows no credentials."""

    context: str
    namespace: str
    server: str
    source: str
    """The kubeconfig's path, or `this pod`."""
    folder: Path
    """The kubeconfig's folder: relative plugin commands start there."""
    user_name: str
    cluster: Stanza = field(repr=False)
    user: Stanza = field(repr=False)
    extension: Stanza = field(default_factory=dict)
    """Our own settings of this context, see `contextsettings`."""
    settings_folder: Path = Path()
    """The folder of the file that holds the context: relative paths of the extension start there."""


@dataclass(frozen=True, slots=True)
class _Named:
    body: Stanza = field(repr=False)
    path: Path


@dataclass(slots=True)
class _Merged:
    paths: list[Path] = field(default_factory=list)
    current: str = ""
    contexts: dict[str, _Named] = field(default_factory=dict)
    clusters: dict[str, _Named] = field(default_factory=dict)
    users: dict[str, _Named] = field(default_factory=dict)

    @property
    def source(self) -> str:
        return ", ".join(map(str, self.paths))


def load(settings: Settings, environ: Mapping[str, str] = os.environ, pod_dir: Path = POD_DIR) -> Access:
    """Return the access that kubectl would use; raises ConfigError saying what is missing, where, and what to do."""
    merged = _read(settings, environ)
    if not merged.contexts and not merged.clusters and not settings.context:
        inside = _in_pod(environ, pod_dir)
        if inside is not None:
            return inside
        raise ConfigError(_nothing(merged, environ))
    return _resolve(merged, settings.context or merged.current)


def contexts(settings: Settings, environ: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Return the names of the contexts that were chosen, each once; of all, the current one first.

    Raises ConfigError where the kubeconfig has no such context. A name may hold commas; `a,b` is two where there is no
    context of that name. Empty without any kubeconfig.
    """
    merged = _read(settings, environ)
    if settings.all_contexts:
        return tuple(sorted(merged.contexts, key=lambda name: name != merged.current))
    chosen = dict.fromkeys(
        name for text in settings.contexts for name in ([text] if text in merged.contexts else text.split(",")) if name
    )
    unknown = [name for name in chosen if name not in merged.contexts]
    if unknown:
        where = merged.source or "no kubeconfig"
        raise ConfigError(f"{where}: no context {', '.join(unknown)}; there are: {_names(merged)}")
    return tuple(chosen)


def strict(
    settings: Settings, names: Iterable[str], environ: Mapping[str, str] = os.environ
) -> dict[str, tuple[bool, bool]]:
    """Return which of these contexts are read-only, and which protected; one with a broken entry counts as chosen."""
    merged = _read(settings, environ)
    found = {}
    for name in names:
        own = settings
        with suppress(ConfigError, KeyError):
            context = merged.contexts[name]
            path = str(context.path)
            own = with_context(settings, extension_of(context.body, path), context.path.parent.absolute(), path)
        own = for_context(own, name)
        found[name] = (own.read_only, own.protected)
    return found


def _read(settings: Settings, environ: Mapping[str, str]) -> _Merged:
    merged = _Merged()
    for path in _paths(settings, environ):
        _merge(merged, path)
    return merged


def _paths(settings: Settings, environ: Mapping[str, str]) -> list[Path]:
    if settings.kubeconfig:
        path = Path(settings.kubeconfig).expanduser()
        if not path.is_file():
            raise ConfigError(f"{path}: no such kubeconfig file; name another with --kubeconfig")
        return [path]
    listed = [Path(p).expanduser() for p in environ.get("KUBECONFIG", "").split(os.pathsep) if p]
    return [p for p in listed or [Path("~/.kube/config").expanduser()] if p.is_file()]


def _nothing(merged: _Merged, environ: Mapping[str, str]) -> str:
    if merged.paths:
        return f"{merged.source}: holds no cluster and no context; name another kubeconfig with --kubeconfig"
    looked = f"$KUBECONFIG ({environ['KUBECONFIG']})" if environ.get("KUBECONFIG") else "~/.kube/config"
    return f"no kubeconfig: {looked} does not exist and this is no pod; name one with --kubeconfig"


def _merge(merged: _Merged, path: Path) -> None:
    content = _parse(path)
    merged.paths.append(path)
    merged.current = merged.current or str(content.get("current-context") or "")
    for section, found in (
        ("contexts", merged.contexts),
        ("clusters", merged.clusters),
        ("users", merged.users),
    ):
        for name, body in _entries(content.get(section), section, path):
            found.setdefault(name, _Named(body, path))


def _parse(path: Path) -> Stanza:
    import yaml

    try:
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        content = yaml.load(path.read_bytes(), Loader=loader)  # noqa: S506 - both loaders are safe ones
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" in line {mark.line + 1}" if mark else ""
        raise ConfigError(f"{path}: is not valid YAML{where}; mend it or name another with --kubeconfig") from None
    if content is not None and not isinstance(content, dict):
        raise ConfigError(f"{path}: is no kubeconfig: it holds no mapping; name another with --kubeconfig")
    return content or {}


def _entries(section: object, what: str, path: Path) -> Iterable[tuple[str, Stanza]]:
    if not isinstance(section, list):
        if section:
            raise ConfigError(f"{path}: {what} is not a list; mend it or name another with --kubeconfig")
        return
    for entry in section:
        body = entry.get(what[:-1]) if isinstance(entry, dict) else None
        if not isinstance(entry, dict) or "name" not in entry or not isinstance(body, dict | None):
            raise ConfigError(f"{path}: an entry of {what} is malformed; mend it or name another with --kubeconfig")
        yield str(entry["name"]), body or {}


def _resolve(merged: _Merged, wanted: str) -> Access:
    if not wanted:
        raise ConfigError(f"{merged.source}: no current context; choose one with --context: {_names(merged)}")
    context = merged.contexts.get(wanted)
    if context is None:
        raise ConfigError(f"{merged.source or 'no kubeconfig'}: no context {wanted}; there are: {_names(merged)}")
    cluster = _pointed(merged.clusters, context, "cluster", wanted)
    user = _pointed(merged.users, context, "user", wanted)
    return Access(
        context=wanted,
        namespace=str(context.body.get("namespace") or "default"),
        server=_server(cluster, wanted),
        source=str(user.path),
        folder=user.path.parent.absolute(),
        user_name=str(context.body.get("user") or ""),
        cluster=_absolute(cluster),
        user=_absolute(user),
        extension=extension_of(context.body, str(context.path)),
        settings_folder=context.path.parent.absolute(),
    )


def _server(cluster: _Named, wanted: str) -> str:
    server = str(cluster.body.get("server") or "").rstrip("/")
    if not server:
        raise ConfigError(f"{cluster.path}: the cluster of context {wanted} has no server address")
    try:
        split = urlsplit(server)
        usable = split.scheme in ("http", "https") and bool(split.hostname) and split.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigError(f"{cluster.path}: the server of context {wanted} is no http or https address: {server}")
    return server


def _names(merged: _Merged) -> str:
    return few(sorted(merged.contexts), _SHOWN) or "none"


def _pointed(found: dict[str, _Named], context: _Named, what: str, wanted: str) -> _Named:
    name = str(context.body.get(what) or "")
    if not name and what == "user":
        return _Named({}, context.path)
    if name not in found:
        missing = f"names the {what} {name}, which is not there" if name else f"names no {what}"
        raise ConfigError(f"{context.path}: the context {wanted} {missing}; choose another with --context")
    return found[name]


def _absolute(named: _Named) -> Stanza:
    body = dict(named.body)
    for key in _FILE_FIELDS:
        if body.get(key):
            body[key] = str(named.path.parent.absolute() / Path(str(body[key])).expanduser())
    return body


def _in_pod(environ: Mapping[str, str], pod_dir: Path) -> Access | None:
    host, port = environ.get("KUBERNETES_SERVICE_HOST", ""), environ.get("KUBERNETES_SERVICE_PORT", "")
    if not host or not port or not (pod_dir / "token").is_file():
        return None
    namespace = pod_dir / "namespace"
    server = f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"
    return Access(
        context="in-cluster",
        namespace=namespace.read_text().strip() if namespace.is_file() else "default",
        server=server,
        source="this pod",
        folder=pod_dir,
        user_name="this pod's ServiceAccount",
        cluster={"server": server, "certificate-authority": str(pod_dir / "ca.crt")},
        user={"tokenFile": str(pod_dir / "token")},
    )
