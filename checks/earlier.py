"""What a workload was made from before: images by revision, and whether their containers have run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Earlier:
    """Another image that the same container of a workload had in an earlier revision, or has in a later one."""

    image: str
    holder: str
    """The object that keeps it: `ReplicaSet shop/web-7d9c`, `ControllerRevision shop/db-5f6b`."""
    revision: int
    """As `kubectl rollout undo --to-revision` takes it; 0 where it is not numbered."""
    running: int = 0
    """Pods of the workload in which it runs now."""
    ran: bool = False
    """A pod of it runs, or ran and is still there: proof that the image could be pulled then."""


def last_good(found: tuple[Earlier, ...]) -> Earlier | None:
    """Return the newest that is known to have run, else the newest of all; `found` is newest first."""
    return next((one for one in found if one.ran), next(iter(found), None))
