"""Follows the pods of a few workloads until they have pulled, or time is up: what a repair's verification waits on."""

import threading
import time
from collections.abc import Collection, Generator, Iterator

from checks.clients.cluster import Cluster
from checks.clients.wire import Pod
from checks.errors import Expired, Forbidden
from checks.waiting import owner

_LOOK_AGAIN = 2.0
"""Seconds between lists where pods may be listed but not watched."""


def follow(
    cluster: Cluster, namespace: str, names: Collection[str], stop: threading.Event, timeout: float
) -> Generator[tuple[Pod, ...], None, None]:
    """Yield the unfinished pods of one namespace that `names` means, at once and again after each change to them.

    A name means a pod, its controller (ReplicaSet, Job, ...), or the Deployment above it. Ends after `timeout`
    seconds or when `stop` is set; the caller leaves earlier by closing the generator. Raises ClusterError.
    """
    deadline = time.monotonic() + timeout
    while not stop.is_set() and time.monotonic() < deadline:
        pods, version = _listed(cluster, namespace, names, stop)
        yield tuple(pods.values())
        try:
            yield from _changes(cluster, namespace, names, pods, version, stop, deadline)
        except Expired:
            continue
        except Forbidden:
            stop.wait(min(_LOOK_AGAIN, max(0.0, deadline - time.monotonic())))


def means(names: Collection[str], pod: Pod) -> bool:
    """Is this pod meant by one of the names: its own, its controller's, or its Deployment's?"""
    above = owner(pod)
    own = [pod.metadata.name, *(each.name for each in pod.metadata.owner_references if each.controller)]
    return any(name in names for name in (*own, *((above.name,) if above else ())))


def _listed(
    cluster: Cluster, namespace: str, names: Collection[str], stop: threading.Event
) -> tuple[dict[str, Pod], str]:
    pods: dict[str, Pod] = {}
    version = ""
    for page in cluster.pods(namespace, stop=stop):
        version = version or page.resource_version
        pods.update((pod.metadata.uid, pod) for pod in page.items if means(names, pod))
    return pods, version


def _changes(
    cluster: Cluster,
    namespace: str,
    names: Collection[str],
    pods: dict[str, Pod],
    version: str,
    stop: threading.Event,
    deadline: float,
) -> Iterator[tuple[Pod, ...]]:
    for kind, pod in cluster.watch_pods(namespace, version, stop, deadline=deadline):
        uid = pod.metadata.uid
        if kind == "DELETED":
            if pods.pop(uid, None) is None:
                continue
        elif uid in pods or means(names, pod):
            pods[uid] = pod
        else:
            continue
        yield tuple(pods.values())
