"""From a scenario's workload to the objects that a person would have applied."""

import copy
import json

from checks.demo.api.problems import Obj
from checks.demo.scenarios.model import BASE, Workload

CONTROLLED = ("Deployment", "StatefulSet", "DaemonSet")
PLURALS = {
    "Deployment": "deployments",
    "StatefulSet": "statefulsets",
    "DaemonSet": "daemonsets",
    "Job": "jobs",
    "CronJob": "cronjobs",
    "Pod": "pods",
}
_NAMES = {"init": "migrate", "sidecar": "proxy", "ephemeral": "debugger", "volume": "app", "container": "app"}
_IDLE = ["sh", "-c", "sleep 86400"]


def failing_container(workload: Workload) -> str:
    """Return the name of the container that needs the workload's image."""
    return _NAMES[workload.where]


def template(workload: Workload, image: str) -> Obj:
    """Return the pod template."""
    spec: Obj = {"containers": [_container("app", BASE)]}
    own = _container(_NAMES[workload.where], image)
    if workload.policy:
        own["imagePullPolicy"] = workload.policy
    if workload.where == "container":
        spec["containers"] = [own]
    elif workload.where == "init":
        spec["initContainers"] = [own]
    elif workload.where == "sidecar":
        spec["initContainers"] = [own | {"restartPolicy": "Always"}]
    elif workload.where == "volume":
        spec["volumes"] = [{"name": "model", "image": {"reference": image, "pullPolicy": "IfNotPresent"}}]
        spec["containers"][0]["volumeMounts"] = [{"name": "model", "mountPath": "/model"}]
    spec |= _wiring(workload)
    return {"metadata": {"labels": {"app": workload.name}}, "spec": spec}


def _container(name: str, image: str) -> Obj:
    return {"name": name, "image": image, "command": list(_IDLE)} if image == BASE else {"name": name, "image": image}


def _wiring(workload: Workload) -> Obj:
    spec: Obj = {"serviceAccountName": workload.account}
    if workload.secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in workload.secrets]
    if workload.node:
        spec["nodeSelector"] = {"kubernetes.io/hostname": workload.node}
    if workload.kind in ("Job", "CronJob"):
        spec["restartPolicy"] = "Never"
    return spec


def manifest(workload: Workload, image: str) -> Obj:
    """Return the workload's own object with the given image."""
    made = template(workload, image)
    labels = {"app": workload.name}
    head: Obj = {"metadata": {"name": workload.name, "labels": labels}}
    if workload.kind == "Pod":
        return head | {"spec": made["spec"]}
    if workload.kind == "Job":
        return head | {"spec": {"backoffLimit": 0, "completions": 1, "template": made}}
    if workload.kind == "CronJob":
        spec = {"backoffLimit": 2, "template": made}
        return head | {"spec": {"schedule": "0 2 * * *", "jobTemplate": {"spec": spec}}}
    body: Obj = head | {"spec": {"selector": {"matchLabels": labels}, "template": made}}
    if workload.kind != "DaemonSet":
        body["spec"]["replicas"] = workload.replicas
    applied = body | {"kind": workload.kind, "apiVersion": "apps/v1"}
    body["metadata"] = copy.deepcopy(body["metadata"])
    body["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(applied)}
    return body
