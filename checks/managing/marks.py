"""The marks that managers leave in an object's metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


@dataclass(frozen=True, slots=True)
class Manager:
    """One writer of an object beside the person at the keyboard."""

    name: str
    object: str
    """What it copies from or belongs to: `ns/name`, an app, a release; empty where the marks do not tell."""
    sure: bool
    """False for a hint that others leave as well."""
    reverts: bool
    """Whether it takes a change back by itself, without anyone applying anything."""
    sentence: str
    """What will happen to a change by hand."""
    advice: str
    """Where to mend instead."""


@dataclass(frozen=True, slots=True)
class Marks:
    """The parts of the metadata that managers leave marks in."""

    kind: str
    name: str
    namespace: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    owners: tuple[Mapping[str, Any], ...]
    writers: frozenset[str]
    pull_secrets: tuple[str, ...]

    def owner(self, kind: str, group: str) -> str:
        """Name of the owner of this kind and API group, or empty."""
        for owner in self.owners:
            if owner.get("kind") == kind and str(owner.get("apiVersion", "")).partition("/")[0] == group:
                return str(owner.get("name", ""))
        return ""


def read(obj: Mapping[str, Any]) -> Marks:
    """The marks of an object as the API gives it; what is missing or of another shape counts as absent."""
    metadata = _mapping(obj.get("metadata"))
    return Marks(
        kind=_kind(obj),
        name=str(metadata.get("name") or ""),
        namespace=str(metadata.get("namespace") or ""),
        labels=_strings(metadata.get("labels")),
        annotations=_strings(metadata.get("annotations")),
        owners=_mappings(metadata.get("ownerReferences")),
        writers=frozenset(str(w.get("manager", "")) for w in _mappings(metadata.get("managedFields"))),
        pull_secrets=tuple(str(s.get("name", "")) for s in _mappings(obj.get("imagePullSecrets"))),
    )


def join(namespace: str, name: str) -> str:
    """`namespace/name`, or the name alone where no namespace is known; empty without a name."""
    return f"{namespace}/{name}" if namespace and name else name


def _kind(obj: Mapping[str, Any]) -> str:
    """Items of a list carry no kind: what only accounts have tells."""
    account = "imagePullSecrets" in obj or "secrets" in obj
    return str(obj.get("kind") or ("ServiceAccount" if account else "Secret"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(v for v in value if isinstance(v, Mapping)) if isinstance(value, list | tuple) else ()


def _strings(value: object) -> dict[str, str]:
    return {str(k): str(v) for k, v in _mapping(value).items()}
