"""The few calls that a probe makes of the cluster; the client that is handed in holds the gate for writes."""

from collections.abc import Iterable
from typing import Any, Protocol

from checks.model import ObjectRef
from checks.repair.steps import Body


class PodHands(Protocol):
    """Makes, reads and deletes one pod. All raise ClusterError; the writes Refused in a read-only run."""

    def read(self, ref: ObjectRef) -> Body | None:
        """Return the pod as it is now, or None where it does not exist."""

    def create(self, ref: ObjectRef, body: Body, *, dry_run: bool = False) -> Body:
        """POST; returns the pod as stored, or as it would be."""

    def delete(self, ref: ObjectRef, *, uid: str, resource_version: str = "", dry_run: bool = False) -> None:
        """DELETE if it is still the pod with that uid."""


class Hands(PodHands, Protocol):
    """The same, and the pod's events."""

    def events(self, pod_uid: str, namespace: str) -> Iterable[Any]:
        """Return events with `reason`, `message` and `count`."""
