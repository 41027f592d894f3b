"""Which image a container of a pod or a template has, and whether it runs or ran (Kubernetes API, PodStatus)."""

from collections.abc import Iterable
from typing import Any

from checks.model import ContainerKind, Pull

Body = dict[str, Any]


def image_in(spec: Body, pull: Pull, volume: str = "") -> str:
    """Return the image of the pull's container, or of its image volume, in another pod spec; empty where it has none.

    `volume`: for an image volume, its name.
    """
    if pull.kind is ContainerKind.VOLUME:
        found = (each for each in spec.get("volumes") or () if each.get("name") == volume)
        return next((str((each.get("image") or {}).get("reference") or "") for each in found), "")
    containers = (*(spec.get("containers") or ()), *(spec.get("initContainers") or ()))
    return next((str(each.get("image") or "") for each in containers if each.get("name") == pull.container), "")


def same_volume(pull: Pull, specs: Iterable[Body]) -> str:
    """Return the name of the image volume that the pull is about; empty where it is about a container's image."""
    if pull.kind is not ContainerKind.VOLUME:
        return ""
    volumes = (each for spec in specs for each in spec.get("volumes") or ())
    named = (each for each in volumes if (each.get("image") or {}).get("reference") == pull.image)
    return next((str(each.get("name") or "") for each in named), "")


def runs_in(pod: Body, pull: Pull) -> bool:
    """Does the pull's container run in this pod? It starts only with its image and its volumes in place."""
    return any("running" in (each.get("state") or {}) for each in _statuses(pod, pull))


def ran_in(pod: Body, pull: Pull) -> bool:
    """Does it run in this pod, or did it?

    A container that ended without an ID never was one: the kubelet writes that of pods it has lost sight of
    (kubelet_pods.go, `ContainerStatusUnknown`).
    """
    states = [state for each in _statuses(pod, pull) for state in (each.get("state"), each.get("lastState")) if state]
    return any("running" in state or (state.get("terminated") or {}).get("containerID") for state in states)


def _statuses(pod: Body, pull: Pull) -> list[Body]:
    status = pod.get("status") or {}
    listed = (*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ()))
    return [each for each in listed if each.get("name") == pull.container]
