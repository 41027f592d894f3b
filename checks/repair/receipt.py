"""What was done, and what it was before: enough to take a repair back, and read with distrust.

A receipt lies in the cluster, where everybody who may write Secrets in that namespace could have forged it. So it is
believed only as far as undo can be harmless: objects of its own namespace, and of them only what our plans change.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from checks.errors import Refused
from checks.model import ObjectRef
from checks.repair.declared import LAST_APPLIED, changes, declared, with_fields
from checks.repair.kinds import WORKLOADS, without_list
from checks.repair.sealed import Sealed
from checks.repair.steps import Body, Step, Verb

SCHEMA = 1
_TOUCHED = frozenset({"Secret", "ServiceAccount", "Pod", *WORKLOADS})
_NEVER = frozenset({"kubernetes.io/service-account-token", "bootstrap.kubernetes.io/token"})
"""Secrets that give rights in the cluster: no repair of ours touches them."""


@dataclass(frozen=True, slots=True)
class Done:
    """One step of a repair."""

    verb: Verb
    ref: ObjectRef
    before: Sealed | None
    """The object as it was; None where it was not there."""
    after: Sealed | None
    """The object as written; None where it is gone."""
    done: bool = False
    """Marked after the write; a step that is not marked may still have been written."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """One repair in one namespace."""

    id: str
    namespace: str
    created: datetime
    title: str
    problem: str
    context: str
    steps: tuple[Done, ...]
    closed: bool = False
    """The repair came to its end."""
    who: str = ""
    source: str = field(default="cluster", compare=False)
    """`cluster`, `local` or `process`: where it was read from."""
    vouched: frozenset[str] = field(default=frozenset(), compare=False)
    """Pods whose manifest is known here to be the one that was written: nobody has forged it."""

    @property
    def undoable(self) -> bool:
        """Is there anything that can be taken back?"""
        kept = (Verb.CREATE, Verb.REPLACE, Verb.DELETE)
        return any(step.verb in kept for step in self.steps) or bool(self.unmade)

    @property
    def unmade(self) -> tuple[Done, ...]:
        """Pods that were to be deleted and made again, and of which it is not known that they were made."""
        return tuple(s for s in self.steps if s.verb is Verb.REMAKE_POD and s.after and not s.done and not self.closed)


def planned(steps: Sequence[Step], answers: Sequence[Body | None], namespace: str) -> tuple[Done, ...]:
    """Return the records of a plan's steps in one namespace, none of them done.

    `answers` are those of the dry run: the objects as they would be stored.
    """
    records = (_stored(Done(s.verb, s.target, s.before, s.after), a) for s, a in zip(steps, answers, strict=True))
    return tuple(record for record in records if record.ref.namespace == namespace)


def _stored(step: Done, stored: Mapping[str, Any] | None) -> Done:
    """Return the record with the object as stored, which holds what admission and others wrote besides.

    What others wrote belongs to both sides: undo must not take it out.
    """
    if stored is None or step.verb is Verb.REMAKE_POD:
        return step
    after = dict(stored)
    if step.before is None or step.after is None:
        return replace(step, after=Sealed(after))
    kind = step.ref.kind
    back = changes(declared(kind, step.after.body()) or {}, declared(kind, step.before.body()) or {})
    return replace(step, before=Sealed(with_fields(after, back)), after=Sealed(after))


def with_done(receipt: Receipt, ref: ObjectRef, verb: Verb, after: Mapping[str, Any] | None) -> Receipt:
    """Return the receipt with the first open step of this kind marked, with the object as it was stored."""
    steps = list(receipt.steps)
    for i, step in enumerate(steps):
        if step.ref == ref and step.verb == verb and not step.done:
            steps[i] = replace(_stored(step, after), done=True)
            break
    return replace(receipt, steps=tuple(steps))


def without(receipt: Receipt, ref: ObjectRef, verb: Verb) -> Receipt:
    """Return the receipt without the open steps of this kind, which turned out not to be needed."""
    kept = tuple(step for step in receipt.steps if step.done or (step.ref, step.verb) != (ref, verb))
    return replace(receipt, steps=kept)


def pod_seals(receipt: Receipt) -> dict[str, str]:
    """Return a hash of each manifest that a pod is to be made again from, by the pod's name."""
    return {
        step.ref.name: hashlib.sha256(json.dumps(_kept(step.after), sort_keys=True).encode()).hexdigest()
        for step in receipt.steps
        if step.verb is Verb.REMAKE_POD
    }


def encode(receipt: Receipt) -> str:
    """Write a receipt as JSON. It holds passwords."""
    document = {
        "schema": SCHEMA, "id": receipt.id, "namespace": receipt.namespace, "created": receipt.created.isoformat(),
        "title": receipt.title, "problem": receipt.problem, "context": receipt.context, "closed": receipt.closed,
        "who": receipt.who, "steps": [_encoded(step) for step in receipt.steps],
    }  # fmt: skip
    return json.dumps(document, separators=(",", ":"))


def _encoded(step: Done) -> dict[str, Any]:
    return {
        "verb": step.verb.value, "kind": step.ref.kind, "name": step.ref.name, "done": step.done,
        "before": _kept(step.before), "after": _kept(step.after),
    }  # fmt: skip


def _kept(sealed: Sealed | None) -> dict[str, Any] | None:
    """The object without the server's book-keeping, which is long and cannot come back."""
    if sealed is None:
        return None
    body = {key: value for key, value in sealed.body().items() if key != "status"}
    body["metadata"] = {k: v for k, v in (body.get("metadata") or {}).items() if k != "managedFields"}
    return body


def decode(text: str, namespace: str, name: str) -> Receipt:
    """Read a receipt found under `name` in a namespace; raises Refused, with one sentence, if it is not sound."""
    where = f"the receipt {namespace}/{name}"
    try:
        document = json.loads(text)
        receipt = _decoded(document, namespace)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # The error is not chained: its text may quote a Secret.
        raise Refused(f"{where} cannot be read; it is damaged or not ours") from None
    if document.get("namespace") != namespace:
        raise Refused(f"{where} speaks of another namespace; it is not ours")
    for step in receipt.steps:
        _check(step, where)
    return receipt


def _decoded(document: dict[str, Any], namespace: str) -> Receipt:
    if document["schema"] != SCHEMA:
        raise ValueError("unknown schema")
    steps = tuple(_step(item, namespace) for item in document["steps"])
    texts = [str(document[key]) for key in ("title", "problem", "context", "who")]
    created = datetime.fromisoformat(document["created"])
    if created.tzinfo is None:
        raise ValueError("a time without zone")
    title, problem, context, who = texts
    closed = document["closed"] is True
    return Receipt(str(document["id"]), namespace, created, title, problem, context, steps, closed, who)


def _step(item: dict[str, Any], namespace: str) -> Done:
    ref = ObjectRef(str(item["kind"]), namespace, str(item["name"]))
    return Done(Verb(item["verb"]), ref, _sealed(item["before"]), _sealed(item["after"]), item["done"] is True)


def _sealed(body: Any) -> Sealed | None:
    if body is None:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("metadata", {}), dict):
        raise TypeError("no object")
    return Sealed(body)


def _check(step: Done, where: str) -> None:
    """Refuse what no plan of ours does: it would lend our rights to whoever wrote the receipt."""
    ref, before, after = step.ref, _body(step.before), _body(step.after)
    if ref.kind not in _TOUCHED:
        raise Refused(f"{where} names a {ref.kind}, which no repair of ours touches")
    if ref.kind == "Secret" and any(b and b.get("type") in _NEVER for b in (before, after)):
        raise Refused(f"{where} holds a Secret that gives rights in the cluster; no repair of ours touches those")
    if (ref.kind == "Pod") != (step.verb in (Verb.REPLACE_POD, Verb.REMAKE_POD)):
        raise Refused(f"{where} would {step.verb.value} {ref}, which no repair of ours does")
    if ref.kind in ("Secret", "Pod"):
        return
    if step.verb is not Verb.REPLACE or before is None or after is None:
        raise Refused(f"{where} makes or deletes {ref}, which no repair of ours does")
    touched = changes(declared(ref.kind, before) or {}, declared(ref.kind, after) or {})
    marks = {path for path in touched if path[0] == "metadata" and path[-1] != LAST_APPLIED}
    if marks or without_list(ref.kind, before) != without_list(ref.kind, after):
        raise Refused(f"{where} changes more of {ref} than its pull secrets, which no repair of ours does")


def _body(sealed: Sealed | None) -> dict[str, Any] | None:
    return sealed.body() if sealed else None
