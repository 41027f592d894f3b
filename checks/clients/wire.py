"""What is read of Kubernetes objects: the few fields that are used, everything else is skipped while decoding.

`decode.py` reads them, and makes up for nulls and for objects of an odd shape.
"""

from datetime import datetime

import msgspec


class Shape(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    """Base of all shapes: immutable, field names in Go's camelCase."""


class OwnerReference(Shape, frozen=True):
    """One entry of metadata.ownerReferences."""

    kind: str = ""
    name: str = ""
    uid: str = ""
    controller: bool | None = None


class Meta(Shape, frozen=True):
    """metadata."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    owner_references: tuple[OwnerReference, ...] = ()


class VolumeMount(Shape, frozen=True):
    """One mount of a container."""

    name: str = ""


class Container(Shape, frozen=True):
    """One container of any of the three lists of a pod's spec."""

    name: str
    image: str = ""
    image_pull_policy: str = ""
    restart_policy: str = ""
    """`Always` makes an init container a sidecar."""
    volume_mounts: tuple[VolumeMount, ...] = ()


class ImageSource(Shape, frozen=True):
    """spec.volumes[].image."""

    reference: str = ""
    pull_policy: str = ""


class Volume(Shape, frozen=True):
    """One volume; only image volumes carry something that is read."""

    name: str = ""
    image: ImageSource | None = None


class Named(Shape, frozen=True):
    """A LocalObjectReference; an empty name is allowed by the API."""

    name: str = ""


class PodSpec(Shape, frozen=True):
    """spec of a pod."""

    containers: tuple[Container, ...] = ()
    init_containers: tuple[Container, ...] = ()
    ephemeral_containers: tuple[Container, ...] = ()
    volumes: tuple[Volume, ...] = ()
    image_pull_secrets: tuple[Named, ...] = ()
    service_account_name: str = ""
    node_name: str = ""


class Waiting(Shape, frozen=True):
    """state.waiting: both texts are an open set."""

    reason: str = ""
    message: str = ""


class Running(Shape, frozen=True):
    """state.running."""

    started_at: datetime | None = None


class State(Shape, frozen=True):
    """state of one container: at most one of the two is there, none while it is terminated."""

    waiting: Waiting | None = None
    running: Running | None = None


class ContainerStatus(Shape, frozen=True):
    """One entry of the three status lists."""

    name: str
    image: str = ""
    ready: bool = False
    restart_count: int = 0
    state: State | None = None


class PodStatus(Shape, frozen=True):
    """status of a pod."""

    phase: str = ""
    container_statuses: tuple[ContainerStatus, ...] = ()
    init_container_statuses: tuple[ContainerStatus, ...] = ()
    ephemeral_container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Shape, frozen=True):
    """A pod as a scan reads it."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class Involved(Shape, frozen=True):
    """involvedObject of an event."""

    uid: str = ""
    field_path: str = ""


class Series(Shape, frozen=True):
    """series of an event of the newer API."""

    last_observed_time: datetime | None = None


class Event(Shape, frozen=True):
    """An event as the kubelet writes it (core/v1)."""

    metadata: Meta
    involved_object: Involved = Involved()
    reason: str = ""
    type: str = ""
    message: str = ""
    count: int | None = None
    first_timestamp: datetime | None = None
    last_timestamp: datetime | None = None
    event_time: datetime | None = None
    series: Series | None = None

    @property
    def at(self) -> datetime | None:
        """When it was seen last."""
        last = self.series.last_observed_time if self.series else None
        return last or self.last_timestamp or self.event_time or self.first_timestamp


class Headed(Shape, frozen=True):
    """Any object, its metadata alone."""

    metadata: Meta = Meta()


class ListMeta(Shape, frozen=True):
    """metadata of a list."""

    resource_version: str = ""
    next: str = msgspec.field(default="", name="continue")


class RawList(Shape, frozen=True):
    """A list whose items are still undecoded."""

    metadata: ListMeta = ListMeta()
    items: tuple[msgspec.Raw, ...] | None = None


class WatchEvent(Shape, frozen=True):
    """One line of a watch."""

    type: str
    object: msgspec.Raw


class Cause(Shape, frozen=True):
    """One cause within a Status."""

    field: str = ""
    message: str = ""


class StatusDetails(Shape, frozen=True):
    """details of a Status."""

    causes: tuple[Cause, ...] | None = None


class Status(Shape, frozen=True):
    """What the API server answers when it refuses (metav1.Status)."""

    kind: str = ""
    metadata: ListMeta = ListMeta()
    message: str = ""
    reason: str = ""
    code: int | None = None
    details: StatusDetails | None = None
