"""What all controllers share: names that depend only on their owner, owner references, and a view of the pods."""

import copy
import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field

from checks.demo.api.objects import Deletion, Objects, Options
from checks.demo.api.problems import Obj
from checks.demo.api.store import Store

_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"
"""No vowels, as Kubernetes has it (apimachinery `pkg/util/rand`)."""

CONTROLLED = ("pods", "replicasets", "jobs")


def suffix(seed: str, length: int = 5) -> str:
    """Return a name's tail that looks random and is not."""
    number = int.from_bytes(hashlib.sha256(seed.encode()).digest(), "big")
    chars = []
    for _ in range(length):
        number, place = divmod(number, len(_ALPHABET))
        chars.append(_ALPHABET[place])
    return "".join(chars)


def template_hash(template: Obj) -> str:
    """Return the `pod-template-hash` of a pod template."""
    return suffix(json.dumps(template, sort_keys=True), 10)


def controller_of(obj: Obj) -> Obj | None:
    """Return the owner reference marked as controller."""
    owners = obj["metadata"].get("ownerReferences") or ()
    return next((owner for owner in owners if owner.get("controller")), None)


def is_ready(pod: Obj) -> bool:
    """Tell whether a pod's containers all run."""
    conditions = pod.get("status", {}).get("conditions") or ()
    return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions)


def is_active(pod: Obj) -> bool:
    """Tell whether a pod counts: it neither ended nor is being deleted."""
    ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
    return not ended and not pod["metadata"].get("deletionTimestamp")


def owner_reference(owner: Obj) -> Obj:
    """Return the reference that a controller puts on what it makes."""
    reference = {"apiVersion": owner["apiVersion"], "kind": owner["kind"], "name": owner["metadata"]["name"]}
    return reference | {"uid": owner["metadata"]["uid"], "controller": True, "blockOwnerDeletion": True}


@dataclass(slots=True)
class Hands:
    """What a controller works with: writes, and the children of each owner as of the start of the pass."""

    objects: Objects
    manager: str = "kube-controller-manager"
    _children: dict[str, list[Obj]] = field(default_factory=dict)
    _made: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def store(self) -> Store:
        """The cluster's store."""
        return self.objects.store

    def look(self, namespace: str = "") -> None:
        """Read who owns what, once for a pass."""
        children: dict[str, list[Obj]] = defaultdict(list)
        for plural in CONTROLLED:
            for obj in self.store.select(plural, namespace):
                owner = controller_of(obj)
                if owner:
                    children[owner["uid"]].append(obj)
        self._children = children

    def children(self, owner: Obj) -> list[Obj]:
        """Return the pods, ReplicaSets or Jobs of an owner, by name."""
        return self._children.get(owner["metadata"]["uid"], [])

    def serial(self, owner: Obj) -> str:
        """Return a new tail for the name of the owner's next child."""
        uid = owner["metadata"]["uid"]
        self._made[uid] += 1
        return suffix(f"{uid}/{self._made[uid]}")

    def create_pod(self, owner: Obj, name: str, template: Obj, labels: Obj, spec: Obj | None = None) -> None:
        """Create one pod from a template; where admission refuses it, the owner tries again at the next pass."""
        meta = copy.deepcopy(template.get("metadata") or {})
        meta |= {"name": name, "ownerReferences": [owner_reference(owner)]}
        meta["labels"] = {**(meta.get("labels") or {}), **labels}
        body = {"metadata": meta, "spec": copy.deepcopy(template["spec"]) | (spec or {})}
        self.objects.create("pods", owner["metadata"]["namespace"], body, Options(manager=self.manager))

    def delete_pod(self, pod: Obj) -> None:
        """Ask for the end of one pod."""
        meta = pod["metadata"]
        wish = Deletion(uid=meta["uid"])
        self.objects.delete("pods", meta["namespace"], meta["name"], wish, Options(manager=self.manager))

    def report(self, plural: str, obj: Obj, status: Obj) -> None:
        """Write an object's status where it changed."""
        if (obj.get("status") or {}) == status:
            return
        meta = obj["metadata"]
        self.objects.edit(
            plural,
            meta["namespace"],
            meta["name"],
            lambda new: new.update(status=status),
            manager=self.manager,
            subresource="status",
        )
