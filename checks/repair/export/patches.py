"""Patches for Git: pull-secret lists and images, and what keeps a deployer from taking a change back.

Sources: kubernetes/api core/v1 types.go (`imagePullSecrets`: merged by name in a pod spec, one atomic list in a
ServiceAccount); argo-cd.readthedocs.io, "Diffing Customization"; fluxcd.io, Kustomization ("Controlling the apply
behavior of resources") and HelmRelease ("Drift detection").
"""

from collections.abc import Iterable, Sequence
from typing import Any

from checks.managers import Manager
from checks.model import ObjectRef
from checks.repair.export.written import Written
from checks.repair.export.yamltext import document
from checks.repair.kinds import WRITTEN, dig, list_holder, pull_list, template_path
from checks.repair.steps import Body

_FLUX = "kustomize.toolkit.fluxcd.io"
_LISTS = ("initContainers", "containers", "volumes")


def head(ref: ObjectRef, **more: Any) -> dict[str, Any]:
    """Return how an object begins in a manifest."""
    group = WRITTEN[ref.kind][0]
    metadata = {"name": ref.name, "namespace": ref.namespace, **more}
    return {"apiVersion": f"{group}/v1" if group else "v1", "kind": ref.kind, "metadata": metadata}


def change(one: Written) -> str:
    """Return the patch of a ServiceAccount or a workload."""
    if one.ref.kind == "ServiceAccount":
        remarks = ("The list is replaced as a whole: this is all of it, what stands there already included.",)
        return document({**head(one.ref), "imagePullSecrets": (one.after or {}).get("imagePullSecrets")}, remarks)
    spec: Any = _spec(one)
    for key in reversed((*template_path(one.ref.kind), "spec")):
        spec = {key: spec}
    remarks = ("A strategic merge patch (kustomize, kubectl patch): what is not named here stays.",)
    return document({**head(one.ref), **spec}, remarks)


def _spec(one: Written) -> dict[str, Any]:
    before, after = list_holder(one.ref.kind, one.before), list_holder(one.ref.kind, one.after)
    spec: dict[str, Any] = {}
    if pull_list(before) != pull_list(after):
        gone = [name for name in pull_list(before) if name not in pull_list(after)]
        spec["imagePullSecrets"] = [
            *(after.get("imagePullSecrets") or ()), *({"$patch": "delete", "name": name} for name in gone)
        ]  # fmt: skip
    for name in _LISTS:
        if changed := [_imaged(item) for _, item in _other_images(name, before, after)]:
            spec[name] = changed
    return spec


def _other_images(name: str, before: Body, after: Body) -> Iterable[tuple[int, Body]]:
    pairs = zip(before.get(name) or (), after.get(name) or (), strict=False)
    return ((n, new) for n, (old, new) in enumerate(pairs) if old.get("image") != new.get("image"))


def _imaged(item: Body) -> dict[str, Any]:
    """What a container or an image volume is pulled by."""
    inner = dig(item, "image", "reference")
    return {"name": item.get("name"), "image": {"reference": inner} if inner else item.get("image")}


def pointers(one: Written) -> tuple[str, ...]:
    """Return the JSON pointers (RFC 6901) of the fields that the change touches."""
    if one.ref.kind == "Secret":
        old, new = ((body or {}).get("data") or {} for body in (one.before, one.after))
        return tuple(f"/data/{_token(key)}" for key in sorted({*old, *new}) if old.get(key) != new.get(key))
    if one.ref.kind == "ServiceAccount":
        return ("/imagePullSecrets",)
    root = "/" + "/".join((*template_path(one.ref.kind), "spec"))
    before, after = list_holder(one.ref.kind, one.before), list_holder(one.ref.kind, one.after)
    listed = (f"{root}/imagePullSecrets",) if pull_list(before) != pull_list(after) else ()
    images = (f"{root}/{name}/{n}/image" for name in _LISTS for n, _ in _other_images(name, before, after))
    return (*listed, *images)


def _token(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def argo(app: str, objects: Sequence[Written]) -> str:
    """Return what an Application needs so that Argo CD leaves the changed fields alone."""
    ignored = [
        {
            **({"group": WRITTEN[one.ref.kind][0]} if WRITTEN[one.ref.kind][0] else {}),
            "kind": one.ref.kind, "name": one.ref.name, "namespace": one.ref.namespace,
            "jsonPointers": list(pointers(one)),
        }
        for one in objects
    ]  # fmt: skip
    spec = {"ignoreDifferences": ignored, "syncPolicy": {"syncOptions": ["RespectIgnoreDifferences=true"]}}
    namespace, _, name = app.rpartition("_")
    remarks = (
        f"Into the Application {app}, beside what stands there: lists in it are yours, add to them.",
        "Where the change itself goes into the application's source, this is not needed.",
        *(() if namespace else ("The namespace is that of the Application, usually argocd.",)),
    )
    metadata = {"name": name, "namespace": namespace or "argocd"}
    body = {"apiVersion": "argoproj.io/v1alpha1", "kind": "Application", "metadata": metadata, "spec": spec}
    return document(body, remarks)


def flux(one: Written, manager: Manager) -> str:
    """Return what keeps Flux from taking the change back: on the object, or in its HelmRelease."""
    kind, _, name = manager.object.partition(" ")
    if kind != "HelmRelease":
        on_it = (
            f"Into the object in the source of {kind} {name}: Flux then applies it no more.",
            f"With {_FLUX}/ssa: Merge it goes on, and keeps what others added (pull-secret lists);",
            f"with {_FLUX}/ssa: IfNotPresent it makes the object where it is missing, and changes it never.",
        )
        return document(head(one.ref, annotations={f"{_FLUX}/reconcile": "disabled"}), on_it)
    namespace, _, release = name.rpartition("/")
    ignored = {"paths": list(pointers(one)), "target": {"kind": one.ref.kind, "name": one.ref.name}}
    spec = {"driftDetection": {"mode": "enabled", "ignore": [ignored]}}
    metadata = {"name": release, "namespace": namespace or one.ref.namespace}
    remarks = (f"Into the HelmRelease {name}, beside what stands there. Its values are the better place.",)
    body = {"apiVersion": "helm.toolkit.fluxcd.io/v2", "kind": "HelmRelease", "metadata": metadata, "spec": spec}
    return document(body, remarks)


def helm(release: str, objects: Sequence[Written]) -> str:
    """Return values for a release whose ServiceAccount or workload is changed."""
    names = dict.fromkeys(n for one in objects for n in pull_list(list_holder(one.ref.kind, one.after)) if n)
    remarks = (
        f"Values for the release {release}. Most charts take pull Secrets under this key, some under another",
        "(serviceAccount.imagePullSecrets, global.imagePullSecrets): helm show values CHART tells.",
    )
    return document({"imagePullSecrets": [{"name": name} for name in names]}, remarks)
