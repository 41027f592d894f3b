"""What the managers of an object mean for a plan: who takes a change back is asked about, the others are told."""

from dataclasses import dataclass

from checks.managers import Manager, managers
from checks.repair.steps import Body


@dataclass(frozen=True, slots=True)
class Owned:
    """What to say about an object's managers."""

    asks: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


def owned(body: Body, what: str) -> Owned:
    """Read an object's managers; `what` names it at the beginning of a sentence: `The Secret`."""
    found = managers(body)
    asks = tuple(_said(m, what) for m in found if m.sure and m.reverts)
    return Owned(asks, tuple(_said(m, what) for m in found if not (m.sure and m.reverts)))


def _said(manager: Manager, what: str) -> str:
    by = " ".join(filter(None, (manager.name, manager.object)))
    seems = "is" if manager.sure else "may be"
    return f"{what} {seems} managed by {by}. {manager.sentence} {manager.advice}"
