"""Deployments and ReplicaSets: rolling updates with the default surge and unavailability of 25 %."""

from checks.demo.api.objects import Options
from checks.demo.api.problems import Obj
from checks.demo.controllers.common import Hands, is_active, is_ready, owner_reference, template_hash

_HASH = "pod-template-hash"
REVISION = "deployment.kubernetes.io/revision"


def sync_deployment(hands: Hands, deployment: Obj) -> None:
    """Move a Deployment's ReplicaSets one step towards its template and size."""
    if deployment["spec"].get("paused"):
        return
    sets = hands.children(deployment)
    tag = template_hash(deployment["spec"]["template"])
    current = next((one for one in sets if one["metadata"]["labels"].get(_HASH) == tag), None)
    if current is None:
        current = _new_set(hands, deployment, tag, sets)
        sets = [*sets, current]
    elif _revision(current) < max(map(_revision, sets)):
        _renumber(hands, current, sets)
    desired = deployment["spec"].get("replicas", 1)
    _grow(hands, current, sets, desired)
    _shrink_old(hands, [one for one in sets if one is not current], sets, desired)
    _report(hands, deployment, current, sets)


def _revision(replica_set: Obj) -> int:
    return int((replica_set["metadata"].get("annotations") or {}).get(REVISION, "0"))


def _new_set(hands: Hands, deployment: Obj, tag: str, sets: list[Obj]) -> Obj:
    template, meta = deployment["spec"]["template"], deployment["metadata"]
    labels = {**(template.get("metadata", {}).get("labels") or {}), _HASH: tag}
    revision = str(max(map(_revision, sets), default=0) + 1)
    body: Obj = {
        "metadata": {
            "name": f"{meta['name']}-{tag}",
            "labels": labels,
            "annotations": {REVISION: revision},
            "ownerReferences": [owner_reference(deployment)],
        },
        "spec": {"replicas": 0, "selector": {"matchLabels": labels}, "template": template},
    }
    made = hands.objects.create("replicasets", meta["namespace"], body, Options(manager=hands.manager))
    _number(hands, "deployments", meta["namespace"], meta["name"], revision)
    return made


def _renumber(hands: Hands, current: Obj, sets: list[Obj]) -> None:
    meta = current["metadata"]
    _number(hands, "replicasets", meta["namespace"], meta["name"], str(max(map(_revision, sets)) + 1))


def _number(hands: Hands, plural: str, namespace: str, name: str, revision: str) -> None:
    def change(obj: Obj) -> None:
        obj["metadata"].setdefault("annotations", {})[REVISION] = revision

    hands.objects.edit(plural, namespace, name, change, manager=hands.manager)


def _size(replica_set: Obj) -> int:
    return int(replica_set["spec"].get("replicas", 0))


def _grow(hands: Hands, current: Obj, sets: list[Obj], desired: int) -> None:
    surge = -(-desired // 4)
    room = desired + surge - sum(map(_size, sets))
    size = _size(current)
    wanted = min(desired, size + max(room, 0)) if size < desired else desired
    _resize(hands, current, wanted)


def _shrink_old(hands: Hands, old: list[Obj], sets: list[Obj], desired: int) -> None:
    pods = {one["metadata"]["uid"]: [p for p in hands.children(one) if is_active(p)] for one in sets}
    ready = sum(is_ready(pod) for group in pods.values() for pod in group)
    spare = max(0, ready - (desired - desired // 4))
    for one in old:
        stuck = sum(not is_ready(pod) for pod in pods[one["metadata"]["uid"]])
        healthy = min(spare, _size(one) - stuck)
        spare -= healthy
        _resize(hands, one, max(0, _size(one) - stuck - healthy))


def _resize(hands: Hands, replica_set: Obj, wanted: int) -> None:
    if _size(replica_set) == wanted:
        return
    meta = replica_set["metadata"]

    def change(obj: Obj) -> None:
        obj["spec"]["replicas"] = wanted

    hands.objects.edit("replicasets", meta["namespace"], meta["name"], change, manager=hands.manager)


def _report(hands: Hands, deployment: Obj, current: Obj, sets: list[Obj]) -> None:
    pods = [pod for one in sets for pod in hands.children(one) if is_active(pod)]
    updated = [pod for pod in hands.children(current) if is_active(pod)]
    ready = sum(map(is_ready, pods))
    status = {
        "observedGeneration": deployment["metadata"]["generation"],
        "replicas": len(pods),
        "updatedReplicas": len(updated),
        "readyReplicas": ready,
        "availableReplicas": ready,
        "unavailableReplicas": max(0, deployment["spec"].get("replicas", 1) - ready),
    }
    hands.report("deployments", deployment, status)


def sync_replica_set(hands: Hands, replica_set: Obj) -> None:
    """Create or delete pods until their number is right; those that do not run go first."""
    pods = [pod for pod in hands.children(replica_set) if is_active(pod)]
    meta, missing = replica_set["metadata"], _size(replica_set) - len(pods)
    for _ in range(missing):
        name = f"{meta['name']}-{hands.serial(replica_set)}"
        hands.create_pod(replica_set, name, replica_set["spec"]["template"], meta.get("labels") or {})
    if missing < 0:
        for pod in sorted(pods, key=lambda p: (is_ready(p), p["metadata"]["name"]))[:-missing]:
            hands.delete_pod(pod)
    ready = sum(map(is_ready, pods))
    status = {"replicas": len(pods), "readyReplicas": ready, "availableReplicas": ready}
    hands.report("replicasets", replica_set, status | {"observedGeneration": meta["generation"]})
