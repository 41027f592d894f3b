"""What the user chose: plain values, read by every room, changed by none."""

from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path

from checks.credentials import Login


@dataclass(frozen=True, slots=True)
class ContextRule:
    """What the configuration file says of some contexts."""

    name: str
    """A context's name, or a pattern for several (`prod-*`); letter case counts."""
    read_only: bool = False
    protected: bool = False

    def fits(self, context: str) -> bool:
        """Is this context meant?"""
        return context == self.name or fnmatchcase(context, self.name)


@dataclass(frozen=True, slots=True)
class Settings:
    """One run's choices; the defaults are those of a bare `harbor-doctor`."""

    kubeconfig: str | None = None
    """Path, or None for what kubectl would use ($KUBECONFIG, ~/.kube/config, in-cluster)."""
    context: str | None = None
    contexts: tuple[str, ...] = ()
    """Look at all of these, each a cluster of its own, instead of at `context`."""
    all_contexts: bool = False
    """Look at every context of the kubeconfig."""
    namespaces: tuple[str, ...] = ()
    """Look only here; empty: everywhere the user may look."""
    all_namespaces: bool = True
    """False with no `namespaces`: the context's own namespace."""
    impersonate: str | None = None
    """--as"""
    impersonate_groups: tuple[str, ...] = ()
    """--as-group"""
    registry_ca: Path | None = None
    """PEM file of certificate authorities trusted besides the system's."""
    resolve: dict[str, str] = field(default_factory=dict)
    """HOST[:PORT] → ADDRESS[:PORT]: where to connect instead of asking DNS; TLS and HTTP still use the name."""
    allow_loopback: bool = False
    """Ask registries on loopback addresses."""
    harbor_login: Login | None = None
    """A login that the operator gave for Harbor's management API, or None."""
    docker_config: Path | None = None
    """The user's own docker config.json as a source of new logins; None: do not look."""
    state_dir: Path = Path("~/.local/state/harbor-doctor")
    """Index of receipts, keys of fingerprints."""
    read_only: bool = False
    """One gate for all writes: every plan becomes advice."""
    protected: bool = False
    """Nothing is written before the context's name was given."""
    rules: tuple[ContextRule, ...] = ()
    """What the configuration file says of contexts; they only ever make it stricter."""
    timeout: float = 10.0
    """Seconds that one registry request may take. Harbor delays a refusal by 1.5 s, so never below 3."""
    workers: int = 8
    """Registry requests at a time, per registry."""


def for_context(settings: Settings, context: str) -> Settings:
    """Return the settings with what the rules say of this context; no rule takes back what is strict already."""
    rules = [rule for rule in settings.rules if rule.fits(context)]
    return replace(
        settings,
        read_only=settings.read_only or any(rule.read_only for rule in rules),
        protected=settings.protected or any(rule.protected for rule in rules),
    )
