"""ControllerRevisions: each template that a StatefulSet or DaemonSet had, as a patch with a number (`getPatch`)."""

from checks.demo.api.objects import Options
from checks.demo.api.problems import Obj
from checks.demo.controllers.common import Hands, controller_of, owner_reference

_HASH = "controller.kubernetes.io/hash"


def keep_revision(hands: Hands, owner: Obj, tag: str) -> None:
    """Keep the owner's template; one that it had before becomes the newest again."""
    kept = [one for one in hands.store.select("controllerrevisions", owner["metadata"]["namespace"]) if _of(one, owner)]
    newest = max((one["revision"] for one in kept), default=0)
    known = next((one for one in kept if one["metadata"]["labels"][_HASH] == tag), None)
    if known is None:
        _create(hands, owner, tag, newest + 1)
    elif known["revision"] < newest:
        _renumber(hands, known, newest + 1)


def _of(revision: Obj, owner: Obj) -> bool:
    reference = controller_of(revision)
    return reference is not None and bool(reference["uid"] == owner["metadata"]["uid"])


def _create(hands: Hands, owner: Obj, tag: str, number: int) -> None:
    template, meta = owner["spec"]["template"], owner["metadata"]
    labels = {**(template.get("metadata", {}).get("labels") or {}), _HASH: tag}
    body: Obj = {
        "metadata": {"name": f"{meta['name']}-{tag}", "labels": labels, "ownerReferences": [owner_reference(owner)]},
        "data": {"spec": {"template": template | {"$patch": "replace"}}},
        "revision": number,
    }
    hands.objects.create("controllerrevisions", meta["namespace"], body, Options(manager=hands.manager))


def _renumber(hands: Hands, known: Obj, number: int) -> None:
    meta = known["metadata"]
    change = {"manager": hands.manager}
    hands.objects.edit(
        "controllerrevisions", meta["namespace"], meta["name"], lambda new: new.update(revision=number), **change
    )
