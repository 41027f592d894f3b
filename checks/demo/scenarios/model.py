"""What a scenario is made of: Secrets, workloads, what their kubelet says, and what is prepared outside."""

import base64
import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from checks.credentials import DOCKER_CONFIG_JSON
from checks.demo.api.problems import Obj
from checks.demo.harbor_content import SECRET
from checks.demo.kubelet.statuses import Outcome

if TYPE_CHECKING:
    from checks.demo.api.objects import Objects
    from checks.demo.kubelet.faults import Faults
    from checks.demo.registries import Registries

HARBOR = "harbor.demo.test"
BASE = f"{HARBOR}/library/busybox:1.37"
"""A public image, for containers that are not what the scenario is about."""

CRIO_NODE = "node-7"
"""The one node whose runtime is CRI-O."""

Says = Callable[[str, str], Outcome]
"""From the image that must be pulled, and the time, to what the kubelet says about it."""


@dataclass(frozen=True, slots=True)
class SeededSecret:
    """A Secret that stands in the cluster from the start."""

    namespace: str
    name: str
    payload: bytes = field(repr=False)
    type: str = DOCKER_CONFIG_JSON
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    owners: tuple[Obj, ...] = ()

    def manifest(self) -> Obj:
        """Return the Secret as it is sent to the API."""
        key = ".dockercfg" if self.type.endswith("dockercfg") else ".dockerconfigjson"
        meta: Obj = {"name": self.name, "labels": dict(self.labels), "annotations": dict(self.annotations)}
        meta["ownerReferences"] = list(self.owners)
        meta = {name: value for name, value in meta.items() if value}
        return {"metadata": meta, "type": self.type, "data": {key: base64.b64encode(self.payload).decode()}}


def entry(user: str, secret: str) -> Obj:
    """Return one entry as `kubectl create secret docker-registry` writes it."""
    auth = base64.b64encode(f"{user}:{secret}".encode()).decode()
    return {"username": user, "password": secret, "auth": auth}


def payload(**entries: Obj) -> bytes:
    """Return a docker config with the demo Harbor's entry as `harbor`, others by their key."""
    auths = {HARBOR if key == "harbor" else key: value for key, value in entries.items()}
    return json.dumps({"auths": auths}, separators=(",", ":")).encode()


def pull_secret(namespace: str, name: str, user: str, secret: str, key: str = HARBOR) -> SeededSecret:
    """Return an ordinary pull Secret with one entry."""
    return SeededSecret(namespace, name, payload(**{key: entry(user, secret)}))


@dataclass(frozen=True, slots=True)
class Workload:
    """A workload with its pods; healthy unless it says something."""

    namespace: str
    name: str
    image: str
    hours: float
    """How long ago it was made, or its image changed."""
    says: Says | None = None
    kind: str = "Deployment"
    """Deployment, StatefulSet, DaemonSet, Job, CronJob or Pod."""
    replicas: int = 1
    secrets: tuple[str, ...] = ()
    account: str = "default"
    where: str = "container"
    """Where the image stands: container, init, sidecar, ephemeral or volume."""
    policy: str = ""
    node: str = ""
    """Runs only here."""
    before: tuple[str, ...] = ()
    """Images that it ran before, oldest first."""
    slow: bool = False
    """Each attempt takes long; the kubelet pauses longer between them."""


Prepare = Callable[["Registries", "Faults"], None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that is broken, with everything that it takes."""

    code: str
    """The rule that must find it."""
    subject: str
    """The thing at fault as the rule names it."""
    workloads: tuple[Workload, ...]
    secrets: tuple[SeededSecret, ...] = ()
    prepare: "Prepare | None" = None
    """Changes the registries or the nodes before anything is pulled."""
    afterwards: "Callable[[Objects], None] | None" = None
    """Done in the cluster after the pods were made."""

    @property
    def id(self) -> str:
        """The id of the problem that it must become."""
        return f"{self.code}:{self.subject}"

    def among(self, names: Collection[str]) -> bool:
        """Is it named, by its code or, where several have one code, by its id?"""
        return self.code in names or self.id in names


def one(
    code: str, subject: str, workload: Workload, user: str, secret: str = SECRET, prepare: Prepare | None = None
) -> Scenario:
    """A scenario of one workload whose pull Secret holds this login for its registry."""
    login = pull_secret(workload.namespace, workload.secrets[0], user, secret, key=workload.image.partition("/")[0])
    return Scenario(code, subject, (workload,), (login,), prepare)


def work(
    namespace: str, name: str, image: str, hours: float, text: Says, replicas: int, secret: str, slow: bool = False
) -> Workload:
    """A Deployment whose image lies in the demo's Harbor."""
    image = f"{HARBOR}/{image}"
    return Workload(namespace, name, image, hours, text, replicas=replicas, secrets=(secret,), slow=slow)
