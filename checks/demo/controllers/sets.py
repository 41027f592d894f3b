"""StatefulSets and DaemonSets: names in order, one pod a node, and what stays stuck in real life stays stuck here."""

from checks.demo.api.problems import Obj
from checks.demo.controllers.common import Hands, is_active, is_ready, template_hash
from checks.demo.controllers.revisions import keep_revision

_REVISION = "controller-revision-hash"


def sync_stateful_set(hands: Hands, owner: Obj) -> None:
    """Create the next pod in order; replace outdated ones only while all others run.

    A stuck pod therefore stays stuck after the template is mended, until somebody deletes it (kubernetes issue 67250).
    """
    name, spec = owner["metadata"]["name"], owner["spec"]
    have = {pod["metadata"]["name"]: pod for pod in hands.children(owner)}
    tag = template_hash(spec["template"])
    keep_revision(hands, owner, tag)
    in_order = spec.get("podManagementPolicy", "OrderedReady") == "OrderedReady"
    ordinals = range(spec.get("replicas", 1))
    for ordinal in ordinals:
        pod = have.get(f"{name}-{ordinal}")
        if pod is None:
            labels = {_REVISION: tag, "apps.kubernetes.io/pod-index": str(ordinal)}
            hands.create_pod(owner, f"{name}-{ordinal}", spec["template"], labels, {"hostname": f"{name}-{ordinal}"})
        if in_order and (pod is None or not is_ready(pod)):
            break
    else:
        _replace_last_outdated(hands, [have[f"{name}-{o}"] for o in ordinals if f"{name}-{o}" in have], tag)
    _drop_surplus(hands, have, {f"{name}-{ordinal}" for ordinal in ordinals})
    _report(hands, "statefulsets", owner, list(have.values()))


def _outdated(pod: Obj, tag: str) -> bool:
    return bool(pod["metadata"]["labels"].get(_REVISION) != tag)


def _replace_last_outdated(hands: Hands, pods: list[Obj], tag: str) -> None:
    if not all(is_ready(pod) and is_active(pod) for pod in pods):
        return
    for pod in reversed(pods):
        if _outdated(pod, tag):
            hands.delete_pod(pod)
            return


def _drop_surplus(hands: Hands, have: dict[str, Obj], wanted: set[str]) -> None:
    for name, pod in have.items():
        if name not in wanted and is_active(pod):
            hands.delete_pod(pod)


def _report(hands: Hands, plural: str, owner: Obj, pods: list[Obj]) -> None:
    active = [pod for pod in pods if is_active(pod)]
    status = {"replicas": len(active), "readyReplicas": sum(map(is_ready, active))}
    hands.report(plural, owner, status | {"observedGeneration": owner["metadata"]["generation"]})


def sync_daemon_set(hands: Hands, owner: Obj) -> None:
    """Keep one pod on every node that the template's selector allows; outdated stuck pods are replaced at once."""
    template = owner["spec"]["template"]
    tag = template_hash(template)
    keep_revision(hands, owner, tag)
    pods = hands.children(owner)
    by_node = {pod["spec"].get("nodeName"): pod for pod in pods}
    nodes = [node for node in hands.store.select("nodes") if _fits(node, template)]
    for node in nodes:
        where = node["metadata"]["name"]
        if where not in by_node:
            name = f"{owner['metadata']['name']}-{hands.serial(owner)}"
            hands.create_pod(owner, name, template, {_REVISION: tag}, {"nodeName": where})
    outdated = [pod for pod in pods if is_active(pod) and _outdated(pod, tag)]
    stuck = [pod for pod in outdated if not is_ready(pod)]
    calm = all(is_ready(pod) and is_active(pod) for pod in pods) and len(pods) == len(nodes)
    for pod in stuck or (outdated[:1] if calm else []):
        hands.delete_pod(pod)
    ready = sum(map(is_ready, pods))
    status = {"desiredNumberScheduled": len(nodes), "currentNumberScheduled": len(pods), "numberReady": ready}
    hands.report("daemonsets", owner, status | {"observedGeneration": owner["metadata"]["generation"]})


def _fits(node: Obj, template: Obj) -> bool:
    selector = template["spec"].get("nodeSelector") or {}
    labels = node["metadata"].get("labels") or {}
    return all(labels.get(key) == value for key, value in selector.items())
