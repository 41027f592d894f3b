"""Writes: create, update, patch and delete with admission, validation, dry run, preconditions and bookkeeping.

Used over HTTP by the outside and directly by the pretend controllers and kubelet: both go the same way.
"""

import copy
import hashlib
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from checks.demo.api import ownership, patches, pods, secrets
from checks.demo.api.kinds import BY_PLURAL, Resource
from checks.demo.api.problems import (
    Cause,
    Obj,
    already_exists,
    bad_request,
    conflict,
    forbidden,
    invalid,
    not_found,
    server_fault,
    stale,
)
from checks.demo.api.store import Store

_NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")
_NAME_RULE = (
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and "
    "end with an alphanumeric character (e.g. 'example.com', regex used for validation is "
    "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
)
_SYSTEM_META = ("uid", "creationTimestamp", "generation", "managedFields", "resourceVersion", "deletionTimestamp")


@dataclass(frozen=True, slots=True)
class Options:
    """How a write is meant."""

    dry_run: bool = False
    manager: str = "demo"
    subresource: str = ""


@dataclass(frozen=True, slots=True)
class Deletion:
    """The body of a DELETE."""

    uid: str = ""
    resource_version: str = ""
    grace: int | None = None


class Objects:
    """The write side of the pretend API server."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._generated = 0

    def create(self, plural: str, namespace: str, body: Obj, options: Options = Options()) -> Obj:
        """Store a new object and return it; raises 400, 403, 404, 409 and 422 as the server would."""
        resource = BY_PLURAL[plural]
        with self.store.lock:
            obj = self._named(resource, namespace, body)
            self._check_place(resource, obj)
            obj = self._admit(resource, obj)
            if self.store.get(plural, namespace, obj["metadata"]["name"]):
                raise already_exists(plural, resource.group, obj["metadata"]["name"])
            obj["metadata"] |= self._birth(resource, obj)
            declared = {key: value for key, value in obj.items() if key != "status"}
            managed = ownership.record(declared, None, options.manager, "", self.store.now())
            obj["metadata"] |= {"managedFields": managed} if managed else {}
            return obj if options.dry_run else self.store.put(plural, obj)

    def _named(self, resource: Resource, namespace: str, body: Obj) -> Obj:
        _check_type(resource, body)
        if (body.get("metadata") or {}).get("resourceVersion"):
            raise server_fault("resourceVersion should not be set on objects to be created")
        obj = copy.deepcopy(body) | {"kind": resource.kind, "apiVersion": resource.api_version}
        meta = {key: value for key, value in (obj.get("metadata") or {}).items() if key not in _SYSTEM_META}
        _check_namespace(meta, namespace)
        if resource.namespaced:
            meta["namespace"] = namespace
        if not meta.get("name") and meta.get("generateName"):
            self._generated += 1
            suffix = hashlib.sha256(f"{meta['generateName']}{self._generated}".encode()).hexdigest()[:5]
            meta["name"] = meta["generateName"] + suffix
        return obj | {"metadata": meta}

    def _check_place(self, resource: Resource, obj: Obj) -> None:
        name, namespace = obj["metadata"].get("name"), obj["metadata"].get("namespace")
        if not name:
            cause = Cause("FieldValueRequired", "metadata.name", "Required value: name or generateName is required")
            raise invalid(resource.kind, resource.group, "", cause)
        if not _NAME.match(name) or len(name) > 253:
            cause = Cause("FieldValueInvalid", "metadata.name", f'Invalid value: "{name}": {_NAME_RULE}')
            raise invalid(resource.kind, resource.group, name, cause)
        if namespace is None:
            return
        home = self.store.get("namespaces", "", namespace)
        if home is None:
            raise not_found("namespaces", "", namespace)
        if home.get("status", {}).get("phase") == "Terminating":
            why = f"unable to create new content in namespace {namespace} because it is being terminated"
            raise forbidden(resource.plural, resource.group, name, why)

    def _admit(self, resource: Resource, obj: Obj) -> Obj:
        if resource.plural == "secrets":
            obj = secrets.prepare(obj)
            secrets.check(obj)
        elif resource.plural == "pods":
            obj = pods.admit(self.store, obj)
        elif resource.plural == "namespaces":
            obj = obj | {"status": {"phase": "Active"}}
        elif "status" in resource.subresources and resource.plural != "nodes":
            obj = obj | {"status": {}}
        return obj

    def _birth(self, resource: Resource, obj: Obj) -> Obj:
        meta = obj["metadata"]
        uid = self.store.new_uid(resource.plural, meta.get("namespace", ""), meta["name"])
        born: Obj = {"uid": uid, "creationTimestamp": self.store.now()}
        return born | {"generation": 1} if resource.spec_versioned else born

    def get(self, plural: str, namespace: str, name: str) -> Obj:
        """Return an object or raise 404."""
        obj = self.store.get(plural, namespace, name)
        if obj is None:
            raise not_found(plural, BY_PLURAL[plural].group, name)
        return obj

    def update(self, plural: str, namespace: str, name: str, body: Obj, options: Options = Options()) -> Obj:
        """Replace an object (PUT) and return it; raises 400, 404, 409 and 422 as the server would."""
        resource = BY_PLURAL[plural]
        _check_type(resource, body)
        meta = body.get("metadata") or {}
        if meta.get("name", name) != name:
            why = f"the name of the object ({meta['name']}) does not match the name on the URL ({name})"
            raise bad_request(why)
        _check_namespace(meta, namespace)
        with self.store.lock:
            return self._replace(resource, self.get(plural, namespace, name), copy.deepcopy(body), options)

    def patch(self, plural: str, namespace: str, name: str, media: str, body: Any, options: Options = Options()) -> Obj:
        """Patch an object and return it; raises as `update`, and 415 and 422 for the patch itself."""
        with self.store.lock:
            old = self.get(plural, namespace, name)
            return self._replace(BY_PLURAL[plural], old, patches.apply(media, old, body, plural), options)

    def edit(self, plural: str, namespace: str, name: str, change: Callable[[Obj], None], **how: Any) -> Obj:
        """Let `change` work on a copy of the object and store it: for the pretend controllers and kubelet."""
        with self.store.lock:
            old = self.get(plural, namespace, name)
            new = copy.deepcopy(old)
            change(new)
            return self._replace(BY_PLURAL[plural], old, new, Options(**how))

    def _replace(self, resource: Resource, old: Obj, body: Obj, options: Options) -> Obj:
        meta, was = body.get("metadata") or {}, old["metadata"]
        name = was["name"]
        if meta.get("uid", was["uid"]) != was["uid"]:
            key = "/".join(part for part in ("/registry", resource.plural, was.get("namespace"), name) if part)
            why = f"Precondition failed: UID in precondition: {meta['uid']}, UID in object meta: {was['uid']}"
            where = f"StorageError: invalid object, Code: 4, Key: {key}, ResourceVersion: 0, AdditionalErrorMsg"
            raise conflict(resource.plural, resource.group, name, f"{where}: {why}")
        if meta.get("resourceVersion") not in (None, "", was["resourceVersion"]):
            raise stale(resource.plural, resource.group, name)
        new = _merge_parts(resource, old, body, options.subresource)
        new["metadata"] = {**meta, **{key: was[key] for key in (*_SYSTEM_META, "name", "namespace") if key in was}}
        self._check_change(resource, new, old, options.subresource)
        if new == old:
            return old
        if resource.spec_versioned and new.get("spec") != old.get("spec"):
            new["metadata"]["generation"] = was["generation"] + 1
        managed = ownership.record(new, old, options.manager, options.subresource, self.store.now())
        new["metadata"] |= {"managedFields": managed} if managed else {}
        return new if options.dry_run else self.store.put(resource.plural, new)

    def _check_change(self, resource: Resource, new: Obj, old: Obj, subresource: str) -> None:
        if resource.plural == "secrets":
            prepared = secrets.prepare(new)
            secrets.check_update(prepared, old)
            new.clear()
            new.update(prepared)
        elif resource.plural == "pods" and not subresource:
            pods.check_update(new, old)

    def delete(
        self, plural: str, namespace: str, name: str, wish: Deletion = Deletion(), options: Options = Options()
    ) -> Obj:
        """Delete an object; returns its `Status`, or the pod that now terminates. Raises 404 and 409."""
        resource = BY_PLURAL[plural]
        with self.store.lock:
            old = self.get(plural, namespace, name)
            _check_preconditions(resource, old["metadata"], wish)
            if plural == "pods" and self._lingers(old, wish):
                return self._terminate(old, wish, options)
            if not options.dry_run:
                self.store.remove(plural, namespace, name)
        details = {"name": name, "kind": plural, "uid": old["metadata"]["uid"]}
        details |= {"group": resource.group} if resource.group else {}
        head = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success"}
        return old if plural == "pods" else head | {"details": details}

    def _lingers(self, pod: Obj, wish: Deletion) -> bool:
        return _grace(pod, wish) != 0 and bool(pod["spec"].get("nodeName"))

    def _terminate(self, pod: Obj, wish: Deletion, options: Options) -> Obj:
        meta = pod["metadata"]
        if meta.get("deletionTimestamp"):
            return pod
        grace = _grace(pod, wish)
        until = (self.store.clock() + timedelta(seconds=grace)).strftime("%Y-%m-%dT%H:%M:%SZ")
        marks = {"deletionTimestamp": until, "deletionGracePeriodSeconds": grace, "generation": meta["generation"] + 1}
        going = pod | {"metadata": meta | marks}
        return going if options.dry_run else self.store.put("pods", going)


def _grace(pod: Obj, wish: Deletion) -> int:
    """Seconds that a pod gets to end; one that has ended gets none (registry/core/pod/strategy.go)."""
    if (pod.get("status") or {}).get("phase") in ("Succeeded", "Failed"):
        return 0
    return int(wish.grace if wish.grace is not None else pod["spec"].get("terminationGracePeriodSeconds", 30))


def _check_type(resource: Resource, body: Obj) -> None:
    kind, version = body.get("kind") or resource.kind, body.get("apiVersion") or resource.api_version
    if version != resource.api_version:
        why = f"the API version in the data ({version}) does not match the expected API version"
        raise bad_request(f"{why} ({resource.api_version})")
    if kind != resource.kind:
        short = version.rpartition("/")[2]
        why = f'{kind} in version "{short}" cannot be handled as a {resource.kind}'
        raise bad_request(f"{why}: converting ({short}.{kind}) to (core.{resource.kind}): unknown conversion")


def _check_namespace(meta: Obj, namespace: str) -> None:
    if namespace and meta.get("namespace", namespace) != namespace:
        raise bad_request("the namespace of the provided object does not match the namespace sent on the request")


def _merge_parts(resource: Resource, old: Obj, body: Obj, subresource: str) -> Obj:
    fixed = {"kind": resource.kind, "apiVersion": resource.api_version}
    if subresource == "status":
        return old | fixed | ({"status": body["status"]} if "status" in body else {})
    if subresource == "ephemeralcontainers":
        added = body.get("spec", {}).get("ephemeralContainers") or []
        return old | fixed | {"spec": old["spec"] | {"ephemeralContainers": added}}
    new = body | fixed
    if "status" in resource.subresources and "status" in old:
        new["status"] = old["status"]
    return new


def _check_preconditions(resource: Resource, meta: Obj, wish: Deletion) -> None:
    pairs = (
        ("UID", wish.uid, meta["uid"], "deleted and then recreated"),
        ("ResourceVersion", wish.resource_version, meta["resourceVersion"], "modified"),
    )
    for word, wanted, have, fate in pairs:
        if wanted and wanted != have:
            why = (
                f"the {word} in the precondition ({wanted}) does not match the {word} in record ({have}). "
                f"The object might have been {fate}"
            )
            raise conflict(resource.kind, resource.group, meta["name"], why)
