"""The probe pod as data: the whole manifest that a person reads before it is made, what it needs and what is felt.

The pod is the failing one's pull and nothing else: image, node, pull Secrets and ServiceAccount are the same, and the
command does not exist, so that nothing of the image ever runs.
"""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any

from checks.model import ContainerKind, ObjectRef, Pull
from checks.repair.kinds import dig, pull_list
from checks.repair.plan import Right, RightAnswer
from checks.repair.sealed import Sealed
from checks.repair.steps import Body

LABEL = "harbor-doctor/probe"
CONTAINER = "probe"
ALWAYS = "Always"
COMMAND = "/harbor-doctor-probe-does-not-exist"
_PREFIX = "harbor-doctor-probe-"
_NAME = re.compile(_PREFIX + r"[0-9a-f]{10}\Z")

SECONDS = 180.0
"""Seconds that the node gets for its answer unless told otherwise."""
MARGIN = 60
"""Seconds that the pod may outlive that: it is deleted long before, and ends by itself where it could not be."""
_SIZE = {"cpu": "10m", "memory": "16Mi"}
"""Requests and limits alike: a quota on either refuses pods that leave one out."""


@dataclass(frozen=True, slots=True)
class ProbePlan:
    """One probe, complete: the manifest is sent as it is shown."""

    problem: str
    """`Problem.id`."""
    pull: Pull
    """The failing pull that it repeats."""
    body: Sealed
    seconds: float
    """How long the node's answer is waited for."""
    rights: tuple[RightAnswer, ...] = ()
    warnings: tuple[str, ...] = ()
    why_not: str = ""
    """Why it cannot be made from here: read-only, or a right that is missing, by its verb. Empty where it can."""
    cluster: str = ""
    """The context, where several clusters are looked at."""
    confirm: str = ""
    """The context's name, where that is protected: to be given before the pod is made."""

    @property
    def manifest(self) -> Body:
        """The pod as it is sent (a copy)."""
        return self.body.body()

    @property
    def ref(self) -> ObjectRef:
        """The pod that is made and deleted."""
        meta = self.manifest["metadata"]
        return ObjectRef("Pod", meta["namespace"], meta["name"])

    @property
    def node(self) -> str:
        """Who is asked."""
        return str(self.manifest["spec"]["nodeName"])

    @property
    def image(self) -> str:
        """The reference, byte for byte."""
        return image_of(self.manifest)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The pull Secrets that it names, empty names left out."""
        return tuple(filter(None, pull_list(self.manifest["spec"])))

    @property
    def title(self) -> str:
        """What is done, in one line."""
        place = f" of {self.cluster}" if self.cluster else ""
        return f"Ask {self.node}{place}: a probe pod pulls {self.image}"

    @property
    def fingerprint(self) -> str:
        """Changes with anything that a person reads in this plan; what runs is what was shown."""
        text = json.dumps([self.problem, self.manifest, *self.warnings, self.why_not, self.confirm], sort_keys=True)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def image_of(body: Body) -> str:
    """Return the image of a probe pod's own container."""
    return next((str(c.get("image")) for c in body["spec"]["containers"] if c.get("name") == CONTAINER), "")


def policy_of(body: Body) -> str:
    """Return the pull policy of a probe pod's own container: with any but ALWAYS a cached image would answer."""
    found = (str(c.get("imagePullPolicy")) for c in body["spec"]["containers"] if c.get("name") == CONTAINER)
    return next(found, "")


def is_probe(name: str, labels: dict[str, Any]) -> bool:
    """Is this one of our probe pods? Label and name both say so."""
    return LABEL in labels and _NAME.match(name) is not None


def is_probe_pod(body: Body) -> bool:
    """The same of a whole object."""
    meta = body.get("metadata") or {}
    return is_probe(str(meta.get("name") or ""), meta.get("labels") or {})


def rights_in(namespace: str) -> tuple[Right, ...]:
    """What a probe needs: the pod is made, looked at by name, and deleted."""
    return tuple(Right(verb, "pods", "", namespace) for verb in ("create", "get", "delete"))


def manifest(pull: Pull, pod: Body, seconds: float) -> Body:
    """Return the probe of a failing pull, whose pod is `pod` as read just now.

    `nodeName` is set, which goes past the scheduler: a cordoned node answers too, no other node can, and a node that
    has no room says so instead of the pod waiting for ever. The kubelet itself still heeds NoExecute taints, hence the
    toleration of all. The ServiceAccount is the pod's: credential plugins of the node may go by it (KEP-4412), as does
    admission. An empty pull-Secret list would be filled from the ServiceAccount (plugin/pkg/admission/serviceaccount);
    one entry without a name counts as an own list there, and the kubelet skips it. The security context is what the
    Pod Security level `restricted` asks for; no user is set, because some clusters assign one.
    """
    spec = pod.get("spec") or {}
    meta = {"name": _PREFIX + secrets.token_hex(5), "namespace": pull.namespace, "labels": {LABEL: "true"}}
    container: Body = {"name": CONTAINER, "image": _image(pull, spec), "imagePullPolicy": ALWAYS}
    container |= {"command": [COMMAND], "resources": {"requests": dict(_SIZE), "limits": dict(_SIZE)}}
    of_pod, of_container = _security(spec)
    made = _asked(spec) | _short_lived(seconds) | of_pod | {"containers": [container | of_container]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": made}


def _asked(spec: Body) -> Body:
    """Who pulls, and for whom."""
    return {
        "nodeName": str(spec.get("nodeName") or ""),
        "tolerations": [{"operator": "Exists"}],
        "serviceAccountName": str(spec.get("serviceAccountName") or "default"),
        "automountServiceAccountToken": False,
        "imagePullSecrets": [{"name": name} for name in pull_list(spec)] or [{"name": ""}],
    }


def _short_lived(seconds: float) -> Body:
    return {
        "restartPolicy": "Never",
        "activeDeadlineSeconds": int(seconds) + MARGIN,
        "terminationGracePeriodSeconds": 0,
        "enableServiceLinks": False,
    }


def _security(spec: Body) -> tuple[Body, Body]:
    """The pod's part and the container's. The API server refuses on Windows what only Linux has (validateWindows)."""
    if dig(spec, "os", "name") == "windows":
        return {"os": {"name": "windows"}, "securityContext": {"runAsNonRoot": True}}, {}
    of_pod = {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}}
    of_container = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    return {"securityContext": of_pod}, {"securityContext": of_container}


def _image(pull: Pull, spec: Body) -> str:
    """The reference as the pod has it now: an image may be changed in place."""
    if pull.kind is ContainerKind.VOLUME:
        return pull.image
    lists = ("containers", "initContainers", "ephemeralContainers")
    found = (c for name in lists for c in spec.get(name) or () if c.get("name") == pull.container)
    return next((str(c.get("image") or pull.image) for c in found), pull.image)
