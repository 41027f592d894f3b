"""What was done, and what it was before: enough to take a repair back, and read with distrust.

A receipt lies in the cluster, where everybody who may write Secrets in that namespace could have forged it. So it is
believed only as far as undo can be harmless: objects of its own namespace, and of them only what our plans change.
"""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from checks.errors import Refused
from checks.model import ObjectRef
from checks.repair.declared import LAST_APPLIED, Fields, changes, declared, with_fields
from checks.repair.kinds import HARBOR, WORKLOADS, bare_template, robot_project
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
    seal: str = ""
    """Of a Secret with a robot's new password: a hash of what was written; `after` holds a stand-in for it."""

    @property
    def label(self) -> str:
        """What this machine's index calls it: a pod made again by its name, all else with its kind and place."""
        return self.ref.name if self.verb is Verb.REMAKE_POD else str(self.ref)

    def left(self, fields: Fields | None) -> bool:
        """Are these declared fields what this step left?"""
        if self.seal:
            return fields is not None and seal_of(fields) == self.seal
        return fields == declared(self.ref.kind, body_of(self.after))


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
    elsewhere: tuple[str, ...] = ()
    """Secrets of other namespaces, `namespace/name`, into which this repair wrote the login that it made in Harbor."""
    source: str = field(default="cluster", compare=False)
    """`cluster`, `local` or `process`: where it was read from."""
    vouched: frozenset[str] = field(default=frozenset(), compare=False)
    """Labels of steps of which it is known here that nobody has forged what they would put back."""

    @property
    def undoable(self) -> bool:
        """Is there anything that can be taken back?"""
        kept = (Verb.CREATE, Verb.REPLACE, Verb.DELETE)
        return any(step.verb in kept for step in self.steps) or bool(self.unmade)

    @property
    def unmade(self) -> tuple[Done, ...]:
        """Pods that were to be deleted and made again, and of which it is not known that they were made."""
        return tuple(s for s in self.steps if s.verb is Verb.REMAKE_POD and s.after and not s.done and not self.closed)


def planned(steps: Sequence[Step], answers: Sequence[Body | None], namespace: str, home: str = "") -> tuple[Done, ...]:
    """Return the records of a plan's steps in one namespace, none of them done; `home` has those in Harbor too.

    `answers` are those of the dry run: the objects as they would be stored.
    """
    records = (_stored(Done(s.verb, s.target, s.before, s.after), a) for s, a in zip(steps, answers, strict=True))
    return tuple(r for r in records if (home if r.ref.kind in HARBOR else r.ref.namespace) == namespace)


def seal_of(fields: Fields) -> str:
    """Return a hash of declared fields: a robot's password is far too long to be found by trying."""
    text = json.dumps(sorted((list(path), value) for path, value in fields.items()), sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def with_seals(receipt: Receipt, real: Callable[[Body], Body]) -> Receipt:
    """Return the receipt with a seal on each Secret that `real` gives a password which the receipt must not hold."""
    return replace(receipt, steps=tuple(_sealed_step(step, real) for step in receipt.steps))


def _sealed_step(step: Done, real: Callable[[Body], Body]) -> Done:
    body = body_of(step.after)
    written = real(body) if body is not None and step.ref.kind == "Secret" else body
    if body is None or written is None or written == body:
        return step
    return replace(step, seal=seal_of(declared("Secret", written) or {}))


def _stored(step: Done, stored: Mapping[str, Any] | None) -> Done:
    """Return the record with the object as stored, which holds what admission and others wrote besides.

    What others wrote belongs to both sides: undo must not take it out.
    """
    if stored is None or step.verb is Verb.REMAKE_POD or (step.ref.kind == "Robot" and step.verb is Verb.CREATE):
        return step
    after = dict(stored)
    if step.before is None or step.after is None:
        return replace(step, after=Sealed(after))
    kind = step.ref.kind
    back = changes(declared(kind, step.after.body()) or {}, declared(kind, step.before.body()) or {})
    return replace(step, before=Sealed(with_fields(after, back)), after=Sealed(after))


def with_done(receipt: Receipt, ref: ObjectRef, verb: Verb, after: Mapping[str, Any] | None, seal: str = "") -> Receipt:
    """Return the receipt with the first open step of this kind marked, with the object as it was stored.

    With a `seal` of what was stored, `after` holds a stand-in.
    """
    steps = list(receipt.steps)
    for i, step in enumerate(steps):
        if step.ref == ref and step.verb == verb and not step.done:
            steps[i] = replace(_stored(step, after), done=True, seal=seal)
            break
    return replace(receipt, steps=tuple(steps))


def without(receipt: Receipt, ref: ObjectRef, verb: Verb) -> Receipt:
    """Return the receipt without the open steps of this kind, which turned out not to be needed."""
    kept = tuple(step for step in receipt.steps if step.done or (step.ref, step.verb) != (ref, verb))
    return replace(receipt, steps=kept)


def encode(receipt: Receipt) -> str:
    """Write a receipt as JSON. It holds passwords, but none of a robot that was made."""
    document = {
        "schema": SCHEMA, "id": receipt.id, "namespace": receipt.namespace, "created": receipt.created.isoformat(),
        "title": receipt.title, "problem": receipt.problem, "context": receipt.context, "closed": receipt.closed,
        "who": receipt.who, "steps": [_encoded(step) for step in receipt.steps],
    }  # fmt: skip
    if receipt.elsewhere:
        document["elsewhere"] = list(receipt.elsewhere)
    return json.dumps(document, separators=(",", ":"))


def _encoded(step: Done) -> dict[str, Any]:
    host = {"host": step.ref.namespace} if step.ref.kind in HARBOR else {}
    seal = {"seal": step.seal} if step.seal else {}
    return {
        **host, **seal, "verb": step.verb.value, "kind": step.ref.kind, "name": step.ref.name, "done": step.done,
        "before": kept(step.before), "after": kept(step.after),
    }  # fmt: skip


def kept(sealed: Sealed | None) -> dict[str, Any] | None:
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
    closed, elsewhere = document["closed"] is True, tuple(str(place) for place in document.get("elsewhere", ()))
    return Receipt(str(document["id"]), namespace, created, title, problem, context, steps, closed, who, elsewhere)


def _step(item: dict[str, Any], namespace: str) -> Done:
    kind = str(item["kind"])
    before, after, seal = _sealed(item["before"]), _sealed(item["after"]), str(item.get("seal", ""))
    project = robot_project(item["after"]) if kind == "Robot" else None
    ref = ObjectRef(kind, str(item["host"]) if kind in HARBOR else namespace, str(item["name"]), project)
    return Done(Verb(item["verb"]), ref, before, after, item["done"] is True, seal)


def _sealed(body: Any) -> Sealed | None:
    if body is None:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("metadata", {}), dict):
        raise TypeError("no object")
    return Sealed(body)


def _check(step: Done, where: str) -> None:
    """Refuse what no plan of ours does: it would lend our rights to whoever wrote the receipt."""
    ref, before, after = step.ref, body_of(step.before), body_of(step.after)
    if ref.kind in HARBOR:
        _check_harbor(step, before, after, where)
        return
    if ref.kind not in _TOUCHED:
        raise Refused(f"{where} names a {ref.kind}, which no repair of ours touches")
    if ref.kind == "Secret" and any(b and b.get("type") in _NEVER for b in (before, after)):
        raise Refused(f"{where} holds a Secret that gives rights in the cluster; no repair of ours touches those")
    pods = (Verb.REPLACE_POD, Verb.REMAKE_POD)
    if step.verb in pods if ref.kind != "Pod" else step.verb not in (*pods, Verb.REPLACE):
        raise Refused(f"{where} would {step.verb.value} {ref}, which no repair of ours does")
    if ref.kind == "Secret" or step.verb in pods:
        return
    if step.verb is not Verb.REPLACE or before is None or after is None:
        raise Refused(f"{where} makes or deletes {ref}, which no repair of ours does")
    touched = changes(declared(ref.kind, before) or {}, declared(ref.kind, after) or {})
    marks = {path for path in touched if path[0] == "metadata" and path[-1] != LAST_APPLIED}
    if marks or bare_template(ref.kind, before) != bare_template(ref.kind, after):
        raise Refused(f"{where} changes more of {ref} than its pull secrets and images, which no repair of ours does")


def _check_harbor(step: Done, before: Body | None, after: Body | None, where: str) -> None:
    """Of a robot that was there nothing changes but whether it is enabled and for how long; all else is made new."""
    made = step.verb is Verb.CREATE and before is None and after is not None
    kept = step.verb is Verb.REPLACE and step.ref.kind == "Robot" and before is not None and after is not None
    touched = changes(declared("Robot", before) or {}, declared("Robot", after) or {}) if kept else {}
    if not made and (not kept or any(path[-1] not in ("disable", "duration") for path in touched)):
        raise Refused(f"{where} changes more of {step.ref} than a repair of ours does")


def body_of(sealed: Sealed | None) -> dict[str, Any] | None:
    """Return the object inside, None where there is none."""
    return sealed.body() if sealed else None
