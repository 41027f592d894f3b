"""Which containers of a pod wait on an image: pure, from the pod object alone.

A container counts by what it waits for, not by the pod's phase: a restarted container, a sidecar, an image edited in
place or an ephemeral container can wait on a pull while the pod is Running (kubelet_pods.go, getPhase).
"""

from collections.abc import Collection, Iterator

from checks.clients.wire import Container, ContainerStatus, Pod, Waiting
from checks.imagestep import OVER, held_up
from checks.model import Complaint, ContainerKind, Owner, Pull
from checks.repair.probe.plan import is_probe

MIRROR = "kubernetes.io/config.mirror"
_TEMPLATE_HASH = "pod-template-hash"


def waits_on_image(waiting: Waiting) -> bool:
    """Is this container held up by its image?"""
    return held_up(waiting.reason, waiting.message)


def failing(pod: Pod, cluster: str) -> tuple[Pull, ...]:
    """Return the failing pulls of one pod, in the order of its status; none of a pod that is over or being deleted,
    nor of a probe of ours: it repeats a pull that is in the list already.

    The owner is the controller of the pod; of a ReplicaSet that a Deployment made, it is that Deployment, known by
    the template hash at the end of the name.
    """
    meta = pod.metadata
    if pod.status.phase in OVER or meta.deletion_timestamp is not None or is_probe(meta.name, meta.labels):
        return ()
    return tuple(
        _pull(pod, cluster, status, status.state.waiting, spec, kind)
        for status, spec, kind in _containers(pod)
        if status.state and status.state.waiting and waits_on_image(status.state.waiting)
    )


def _containers(pod: Pod) -> Iterator[tuple[ContainerStatus, Container, ContainerKind]]:
    spec, status = pod.spec, pod.status
    for statuses, containers, kind in (
        (status.init_container_statuses, spec.init_containers, ContainerKind.INIT),
        (status.container_statuses, spec.containers, ContainerKind.REGULAR),
        (status.ephemeral_container_statuses, spec.ephemeral_containers, ContainerKind.EPHEMERAL),
    ):
        by_name = {container.name: container for container in containers}
        for each in statuses:
            container = by_name.get(each.name) or Container(each.name, each.image)
            sidecar = kind is ContainerKind.INIT and container.restart_policy == "Always"
            yield each, container, ContainerKind.SIDECAR if sidecar else kind


def _pull(
    pod: Pod, cluster: str, status: ContainerStatus, waiting: Waiting, container: Container, kind: ContainerKind
) -> Pull:
    image, policy = container.image or status.image, container.image_pull_policy
    volume = _guilty_volume(pod, container, waiting)
    if volume is not None:
        (image, policy), kind = volume, ContainerKind.VOLUME
    names = tuple(each.name for each in pod.spec.image_pull_secrets)
    return Pull(
        cluster=cluster,
        namespace=pod.metadata.namespace,
        pod=pod.metadata.name,
        pod_uid=pod.metadata.uid,
        container=status.name,
        kind=kind,
        image=image,
        pull_secrets=tuple(filter(None, names)),
        service_account=pod.spec.service_account_name or "default",
        node=pod.spec.node_name,
        phase=pod.status.phase,
        pull_policy=policy,
        owner=owner(pod),
        created=pod.metadata.creation_timestamp,
        complaint=Complaint(waiting.reason, waiting.message, "status"),
        mirror=MIRROR in pod.metadata.annotations,
        own_empty_list=bool(names) and not any(names),
    )


def _guilty_volume(pod: Pod, container: Container, waiting: Waiting) -> tuple[str, str] | None:
    """Reference and pull policy of the mounted image volume that the message quotes instead of the own image."""
    text = waiting.message
    if not text or quotes(text, container.image):
        return None
    mounted = {mount.name for mount in container.volume_mounts}
    sources = (v.image for v in pod.spec.volumes if v.image and (v.name in mounted or not mounted))
    return next(((s.reference, s.pull_policy) for s in sources if s.reference and quotes(text, s.reference)), None)


def quotes(text: str, image: str) -> bool:
    """Does a kubelet text name this reference as the one it pulls, be it with the `:latest` it adds?"""
    if not image:
        return False
    return any(mark in text for mark in (f'"{image}"', f'"{image}:latest"', f"for {image} because"))


def owner(pod: Pod) -> Owner | None:
    """Return the pod's controller, or the Deployment above its ReplicaSet (then without uid); None for a bare pod."""
    controller = next((each for each in pod.metadata.owner_references if each.controller), None)
    if controller is None:
        return None
    ending = f"-{pod.metadata.labels.get(_TEMPLATE_HASH, '')}"
    if controller.kind == "ReplicaSet" and len(ending) > 1 and controller.name.endswith(ending):
        return Owner("Deployment", controller.name.removesuffix(ending))
    return Owner(controller.kind, controller.name, controller.uid)


def means(names: Collection[str], pod: Pod) -> bool:
    """Is this pod meant by one of the names: its own, its controller's, or its Deployment's?"""
    above = owner(pod)
    own = [pod.metadata.name, *(each.name for each in pod.metadata.owner_references if each.controller)]
    return any(name in names for name in (*own, *((above.name,) if above else ())))
