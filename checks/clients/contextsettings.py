"""Settings that belong to one context, kept where the context is: an `extensions` entry of the kubeconfig.

    contexts:
    - name: prod
      context:
        cluster: prod
        user: me
        extensions:
        - name: harbor-doctor
          extension:
            read-only: true
            protected: true                 # ask for the context's name before anything is written
            registry-ca: corp-ca.pem        # relative to the kubeconfig
            resolve: {harbor.corp: 10.0.0.7}

Source: kubernetes/client-go, tools/clientcmd/api/v1 `NamedExtension`; kubectl ignores entries it does not know.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from checks.errors import ConfigError
from checks.settings import Settings

NAME = "harbor-doctor"
_KNOWN = ("read-only", "protected", "registry-ca", "resolve")


def extension_of(context: Mapping[str, Any], source: str) -> dict[str, Any]:
    """Return our extension of a context, empty where there is none; raises ConfigError where it is malformed."""
    listed = context.get("extensions")
    for entry in listed if isinstance(listed, list) else ():
        if isinstance(entry, dict) and entry.get("name") == NAME:
            body = entry.get("extension")
            if not isinstance(body, dict):
                raise ConfigError(f"{source}: the extension {NAME} of a context holds no mapping; mend or remove it")
            return body
    return {}


def with_context(settings: Settings, extension: Mapping[str, Any], folder: Path, source: str) -> Settings:
    """Return the settings with those of the context filled in; what was given on the command line wins.

    `read-only` and `protected` only ever add: a context that is read-only stays so.
    """
    unknown = [key for key in extension if key not in _KNOWN]
    if unknown:
        known = ", ".join(_KNOWN)
        raise ConfigError(f"{source}: the extension {NAME} knows no {unknown[0]}; it knows {known}")
    read_only, protected = (_switch(extension, key, source) for key in ("read-only", "protected"))
    resolve, ca = extension.get("resolve") or {}, extension.get("registry-ca")
    if not isinstance(resolve, dict) or not all(isinstance(v, str) for pair in resolve.items() for v in pair):
        raise ConfigError(f"{source}: resolve of the extension {NAME} maps no names to addresses")
    if ca is not None and not (isinstance(ca, str) and (folder / Path(ca).expanduser()).is_file()):
        raise ConfigError(f"{source}: registry-ca of the extension {NAME} names no file: {ca}")
    return replace(
        settings,
        read_only=settings.read_only or read_only,
        protected=settings.protected or protected,
        registry_ca=settings.registry_ca or (folder / Path(ca).expanduser() if ca else None),
        resolve={**resolve, **settings.resolve},
    )


def _switch(extension: Mapping[str, Any], key: str, source: str) -> bool:
    value = extension.get(key, False)
    if not isinstance(value, bool):
        raise ConfigError(f"{source}: {key} of the extension {NAME} is neither true nor false: {value!r}")
    return value
