"""Creates, replaces and deletes objects: what repairs are made of. Read-only runs are held back in `Transport`."""

from typing import Any

import msgspec

from checks.clients.failures import values_of
from checks.clients.kinds import kind_of, path_of
from checks.clients.transport import DRY_RUN, Ask, Transport
from checks.errors import Refused, ServerFault
from checks.model import ObjectRef

Body = dict[str, Any]

_MANAGER = ("fieldManager", "harbor-doctor")


def create(transport: Transport, ref: ObjectRef, body: Body, dry_run: bool) -> Body:
    """POST and return the object as stored; raises Conflict if the name is taken, Invalid, Forbidden, Refused."""
    kind = kind_of(ref.kind)
    path = kind.path(ref.namespace if kind.namespaced else None)
    return _send(transport, "POST", path, _addressed(ref, body), dry_run)


def replace(transport: Transport, ref: ObjectRef, body: Body, dry_run: bool) -> Body:
    """PUT and return the object as stored; raises Conflict if it changed since `body` was read, Refused, ...

    A body without resourceVersion is refused: the API server would overwrite whatever is there.
    """
    if not (body.get("metadata") or {}).get("resourceVersion"):
        raise Refused(f"{transport.name}: {ref} is not replaced without the resourceVersion it was read at")
    return _send(transport, "PUT", path_of(ref), _addressed(ref, body), dry_run)


def delete(transport: Transport, ref: ObjectRef, uid: str, resource_version: str, dry_run: bool) -> None:
    """DELETE if it is still the object with that uid (and resourceVersion); raises Conflict, NotFound, ..."""
    if not uid:
        raise Refused(f"{transport.name}: {ref} is not deleted without the uid it was read with")
    preconditions = {"uid": uid, **({"resourceVersion": resource_version} if resource_version else {})}
    options: Body = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
    if dry_run:
        # With a body the API server reads options from there and ignores the query; the gate reads the query.
        options["dryRun"] = ["All"]
    query = (DRY_RUN,) if dry_run else ()
    transport.get(Ask(path_of(ref), query, "DELETE", msgspec.json.encode(options)))


def _addressed(ref: ObjectRef, body: Body) -> Body:
    kind = kind_of(ref.kind)
    metadata = {**(body.get("metadata") or {}), "name": ref.name}
    if kind.namespaced:
        metadata["namespace"] = ref.namespace
    return {**body, "apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata}


def _send(transport: Transport, method: str, path: str, body: Body, dry_run: bool) -> Body:
    query = (_MANAGER, DRY_RUN) if dry_run else (_MANAGER,)
    secrets = values_of(body) if body["kind"] == "Secret" else ()
    ask = Ask(path, query, method, msgspec.json.encode(body), secrets=secrets)
    return decoded(transport, ask, transport.get(ask).body)


def decoded(transport: Transport, ask: Ask, body: bytes) -> Body:
    """Return the JSON object in `body`; raises ServerFault, which quotes nothing of it."""
    try:
        return msgspec.json.decode(body, type=Body)
    except msgspec.DecodeError:
        raise ServerFault(f"{transport.name}: the answer to {ask.what} is no JSON object") from None
