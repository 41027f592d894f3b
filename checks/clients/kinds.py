"""The kinds of object that are read or written, and their places in the Kubernetes API.

Paths: Kubernetes API reference, "Resource URIs" (`/api/v1/...` for the core group, `/apis/GROUP/VERSION/...` else).
"""

from dataclasses import dataclass
from urllib.parse import quote

from checks.errors import UsageError
from checks.model import ObjectRef


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind: its group and version, the plural used in paths, and whether it lives in a namespace."""

    name: str
    group: str
    version: str
    plural: str
    namespaced: bool = True

    @property
    def api_version(self) -> str:
        """`v1` or `apps/v1`, as objects carry it."""
        return f"{self.group}/{self.version}" if self.group else self.version

    def path(self, namespace: str | None = None, name: str = "") -> str:
        """Return the path of one object, or of the collection: of a namespace, or with None of all of them."""
        root = f"/apis/{self.api_version}" if self.group else f"/api/{self.version}"
        inside = f"/namespaces/{quote(namespace, safe='')}" if namespace and self.namespaced else ""
        return f"{root}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


POD = Kind("Pod", "", "v1", "pods")
SECRET = Kind("Secret", "", "v1", "secrets")
EVENT = Kind("Event", "", "v1", "events")
NAMESPACE = Kind("Namespace", "", "v1", "namespaces", namespaced=False)

KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        POD,
        SECRET,
        EVENT,
        NAMESPACE,
        Kind("ServiceAccount", "", "v1", "serviceaccounts"),
        Kind("Node", "", "v1", "nodes", namespaced=False),
        Kind("ReplicationController", "", "v1", "replicationcontrollers"),
        Kind("ReplicaSet", "apps", "v1", "replicasets"),
        Kind("Deployment", "apps", "v1", "deployments"),
        Kind("ControllerRevision", "apps", "v1", "controllerrevisions"),
        Kind("StatefulSet", "apps", "v1", "statefulsets"),
        Kind("DaemonSet", "apps", "v1", "daemonsets"),
        Kind("Job", "batch", "v1", "jobs"),
        Kind("CronJob", "batch", "v1", "cronjobs"),
        Kind("PodDisruptionBudget", "policy", "v1", "poddisruptionbudgets"),
    )
}


def kind_of(name: str) -> Kind:
    """Return the kind of that name; raises UsageError for one that is not known here."""
    kind = KINDS.get(name)
    if kind is None:
        raise UsageError(f"objects of kind {name} are not read by harbor-doctor")
    return kind


def path_of(ref: ObjectRef) -> str:
    """Return the path of one object; raises UsageError where a namespaced kind comes without a namespace."""
    kind = kind_of(ref.kind)
    if kind.namespaced and not ref.namespace:
        raise UsageError(f"{ref.kind} {ref.name} is named without its namespace")
    return kind.path(ref.namespace, ref.name)
