"""A plan or an advice as files to put into Git: manifests without passwords, patches, and a page of notes.

Which manifest a Secret gets follows from who makes it (`checks.managers`): an ExternalSecret, a SealedSecret, else a
Secret with stand-ins. Nothing here holds or reveals a password.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.export import patches, secret
from checks.repair.export.notes import notes
from checks.repair.export.written import Written, logins, secret_type, written
from checks.repair.plan import FixPlan
from checks.repair.prove import registry_of

NOTES = "NOTES.md"
_SOURCES = ("Reflector", "kubernetes-replicator")
"""Who copies a Secret from a source that is to be changed instead."""
_HELM = ("meta.helm.sh/release-name", "meta.helm.sh/release-namespace")


@dataclass(frozen=True, slots=True)
class File:
    """One text, by the name that it gets."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Export:
    """Everything that is written for one plan; the notes come first."""

    title: str
    folder: str
    """What a folder for it may be called."""
    files: tuple[File, ...]


def export(problem: Problem, plan: FixPlan, bench: Bench) -> Export:
    """Return what goes into Git for a plan of a problem. May read Secrets and the ServiceAccount; writes nothing."""
    objects = written(plan, problem, bench)
    files = (*_manifests(objects, registry_of(problem)), *_deployers(objects))
    page = notes(problem, plan, objects, [file.name for file in files], bench.context)
    space = problem.subject.namespace or problem.pulls[0].namespace
    return Export(plan.title, _name(space, problem.code), (File(NOTES, page), *files))


def _name(*parts: str) -> str:
    """A file's name: nothing in it leads elsewhere."""
    return re.sub(r"[^A-Za-z0-9.-]+|^\.+", "-", "-".join(filter(None, parts)))[:200]


def _file(kind: str, ref: ObjectRef, text: str) -> File:
    return File(f"{_name(kind, ref.namespace, ref.name)}.yaml", text)


def _manifests(objects: Sequence[Written], host: str) -> Iterator[File]:
    for one in objects:
        if one.after is None:
            continue
        if one.ref.kind == "Secret":
            yield _secret(one, host)
        elif one.before is not None:
            yield _file(f"{one.ref.kind.lower()}-patch", one.ref, patches.change(one))


def _secret(one: Written, host: str) -> File:
    kind, found = secret_type(one.after or {}), logins(one.after or {}, host)
    if (store := one.kept_by("External Secrets")) is not None:
        name = store.object.rpartition("/")[2] or one.ref.name
        return _file("externalsecret", one.ref, secret.external(one.ref, name, kind, found))
    if one.kept_by("Sealed Secrets") is not None:
        return _file("sealedsecret", one.ref, secret.sealed(one.ref, kind))
    ref = _source(one)
    was = str(one.before.get("type")) if one.before else kind
    return _file("secret", ref, secret.plain(ref, kind, found, _marks(one), was))


def _source(one: Written) -> ObjectRef:
    """A copy is changed where it is copied from, if the marks tell where."""
    for name in _SOURCES:
        kept = one.kept_by(name)
        namespace, slash, source = (kept.object if kept is not None and kept.reverts else "").partition("/")
        if slash:
            return replace(one.ref, namespace=namespace, name=source)
    return one.ref


def _marks(one: Written) -> dict[str, dict[str, str]]:
    """What Helm knows its own objects by; without it the next upgrade fails."""
    if one.kept_by("Helm") is None:
        return {}
    noted = ((one.before or {}).get("metadata") or {}).get("annotations") or {}
    return {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {key: str(noted[key]) for key in _HELM if key in noted},
    }


def _deployers(objects: Sequence[Written]) -> Iterator[File]:
    there = [one for one in objects if one.before is not None and one.after is not None and patches.pointers(one)]
    for app, mine in _by_object("Argo CD", there).items():
        yield File(f"{_name('argocd', app)}-ignoredifferences.yaml", patches.argo(app, mine))
    for one in there:
        if (kept := one.kept_by("Flux")) is not None:
            yield _file(f"flux-{one.ref.kind.lower()}", one.ref, patches.flux(one, kept))
    for release, mine in _by_object("Helm", [one for one in there if one.ref.kind != "Secret"]).items():
        yield File(f"{_name('helm-values', release)}.yaml", patches.helm(release, mine))


def _by_object(name: str, objects: Sequence[Written]) -> dict[str, list[Written]]:
    found: dict[str, list[Written]] = {}
    for one in objects:
        if (kept := one.kept_by(name)) is not None:
            found.setdefault(kept.object, []).append(one)
    return found
