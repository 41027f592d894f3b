"""How Harbor is by its own health check, for the rules about a server or a token service that fails."""

from checks.facts import Fact
from checks.model import Evidence, Proof
from checks.records import Component

_MOST = 5


def ill(evidence: Evidence) -> str:
    """Return which parts of Harbor are ill, as the end of a sentence; empty where none is, or none is known of."""
    parts = _ill(evidence)
    if not parts:
        return ""
    names = ", ".join(part.name for part in parts)
    return f"; Harbor's own health check finds {names} unhealthy"


def health_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """One line for each part that is ill, or one that says that none is."""
    if not isinstance(evidence.health, Fact):
        return ()
    found = evidence.health
    parts = _ill(evidence)[:_MOST]
    if not parts:
        return (Proof("harbor", f"{found.source}: all {len(found.value)} parts are healthy", found.at),)
    return tuple(Proof("harbor", f"{found.source}: {part.name} is unhealthy{_why(part)}", found.at) for part in parts)


def _ill(evidence: Evidence) -> tuple[Component, ...]:
    parts = evidence.health.value if isinstance(evidence.health, Fact) else ()
    return tuple(part for part in parts if not part.healthy)


def _why(part: Component) -> str:
    return f" ({part.error})" if part.error else ""
