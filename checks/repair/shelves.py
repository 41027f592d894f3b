"""Where receipts lie: in the cluster beside what they undo, in the state folder, or in this process only."""

import base64
import binascii
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from checks.errors import ClusterError, Conflict, NotFound, Refused
from checks.model import ObjectRef
from checks.repair import statefolder
from checks.repair.receipt import Receipt, decode, encode
from checks.repair.steps import Body, Writer
from checks.repair.vouching import harbor_seals, image_seals, made_numbers, pod_seals

PREFIX = "harbor-doctor-undo-"
LABEL = "harbor-doctor/receipt"
KEY = "receipt.json"


class Shelf(Writer, Protocol):
    """A Writer that can also list our receipts."""

    def receipts(self) -> tuple[Body, ...]:
        """Return the Secrets with our label from every namespace that may be looked at (label selector LABEL)."""


class InCluster:
    """One Secret per repair and namespace."""

    source = "cluster"

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self.unlisted = ""
        """Why the receipts could not be listed when they last were looked for; empty where they could."""

    def put(self, receipt: Receipt) -> None:
        """Create the receipt, or write it anew. Raises ClusterError."""
        ref = where(receipt)
        try:
            self._shelf.create(ref, _secret(receipt))
        except Conflict:
            self._replace(self._shelf.read(ref), receipt)

    def renew(self, receipt: Receipt) -> None:
        """Write a receipt anew; one that somebody removed meanwhile is made again. Raises ClusterError."""
        there = self._shelf.read(where(receipt))
        if there is None:
            self._shelf.create(where(receipt), _secret(receipt))
        else:
            self._replace(there, receipt)

    def _replace(self, there: Body | None, receipt: Receipt) -> None:
        ref = where(receipt)
        if there is None or not is_ours(there):
            raise Conflict(f"{ref} is there already and is not a receipt of ours") from None
        self._shelf.replace(ref, {**there, "data": _secret(receipt)["data"]})

    def remove(self, receipt: Receipt) -> None:
        """Delete the receipt; one that is gone is no error. Raises ClusterError."""
        ref = where(receipt)
        there = self._shelf.read(ref)
        if there is None:
            return
        if not is_ours(there):
            raise Refused(f"{ref} is not a receipt of ours")
        try:
            self._shelf.delete(ref, uid=str(there["metadata"]["uid"]))
        except NotFound:
            return

    def bodies(self, hints: tuple[ObjectRef, ...]) -> Iterator[Body]:
        """Yield the receipts' Secrets; where they may not be listed, those that the local index names."""
        self.unlisted = ""
        try:
            yield from self._shelf.receipts()
            return
        except ClusterError as error:
            self.unlisted = str(error).rstrip(".")
        for ref in hints:
            try:
                body = self._shelf.read(ref)
            except ClusterError as error:
                self.unlisted = f"{self.unlisted}; {str(error).rstrip('.')}"
                continue
            if body is not None:
                yield body


def where(receipt: Receipt) -> ObjectRef:
    """Name the Secret that a receipt lies in."""
    return ObjectRef("Secret", receipt.namespace, PREFIX + receipt.id)


def is_ours(body: Body) -> bool:
    """Is this Secret one of our receipts, by name and label?"""
    meta = body.get("metadata") or {}
    return str(meta.get("name", "")).startswith(PREFIX) and LABEL in (meta.get("labels") or {})


def _secret(receipt: Receipt) -> Body:
    ref = where(receipt)
    text = base64.b64encode(encode(receipt).encode("utf-8", "surrogateescape")).decode("ascii")
    meta = {"namespace": ref.namespace, "name": ref.name, "labels": {LABEL: receipt.id}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "type": "Opaque", "data": {KEY: text}}


def parse(body: Body) -> Receipt:
    """Read a receipt from its Secret; raises Refused with one sentence where it is forged or damaged."""
    meta = body.get("metadata") or {}
    namespace, name = str(meta.get("namespace", "")), str(meta.get("name", ""))
    try:
        raw = base64.b64decode(str((body.get("data") or {})[KEY]), validate=True)
        text = raw.decode("utf-8", "surrogateescape")
    except (KeyError, ValueError, binascii.Error):
        raise Refused(f"the receipt {namespace}/{name} cannot be read; it is damaged or not ours") from None
    receipt = decode(text, namespace, name)
    if name != PREFIX + receipt.id:
        raise Refused(f"the receipt {namespace}/{name} bears another name than it was written under; it is not ours")
    return receipt


class InFolder:
    """Whole receipts in the state folder, for repairs that keep nothing secret."""

    source = "local"

    def __init__(self, state: Path, context: str) -> None:
        self._folder = state.expanduser() / "receipts" / re.sub(r"[^A-Za-z0-9._-]", "_", context or "default")

    def put(self, receipt: Receipt) -> None:
        """Write the receipt."""
        statefolder.write(self._path(receipt), encode(receipt))

    renew = put

    def remove(self, receipt: Receipt) -> None:
        """Remove the receipt."""
        statefolder.remove(self._path(receipt))

    def found(self) -> Iterator[Receipt | str]:
        """Yield the receipts, and one sentence for each that is not sound."""
        for path in sorted(self._folder.glob("*.json")) if self._folder.is_dir() else ():
            text = statefolder.read(path)
            namespace = path.stem.rpartition("@")[2]
            try:
                yield decode(text or "", namespace, path.stem)
            except Refused as error:
                yield str(error)

    def _path(self, receipt: Receipt) -> Path:
        return self._folder / f"{receipt.id}@{receipt.namespace}.json"


class InProcess:
    """Receipts that last as long as this process."""

    source = "process"

    def __init__(self) -> None:
        self._receipts: dict[tuple[str, str], Receipt] = {}

    def put(self, receipt: Receipt) -> None:
        """Keep the receipt."""
        self._receipts[receipt.id, receipt.namespace] = receipt

    renew = put

    def remove(self, receipt: Receipt) -> None:
        """Forget the receipt."""
        self._receipts.pop((receipt.id, receipt.namespace), None)

    def found(self) -> tuple[Receipt, ...]:
        """Return the receipts."""
        return tuple(self._receipts.values())


class Index:
    """Which receipts were made from here: names only, nothing secret, and hashes of what only they may put back."""

    def __init__(self, state: Path) -> None:
        self._path = state.expanduser() / "index.json"

    def refs(self, context: str) -> tuple[ObjectRef, ...]:
        """Return the Secrets of this context's receipts."""
        return tuple(
            ObjectRef("Secret", str(e.get("namespace")), PREFIX + str(e.get("id")))
            for e in self._entries()
            if e.get("context") == context
        )

    def add(self, receipt: Receipt) -> None:
        """Note a receipt."""
        entry: dict[str, object] = {
            "id": receipt.id, "namespace": receipt.namespace, "context": receipt.context, "title": receipt.title,
            "created": receipt.created.isoformat(),
        }  # fmt: skip
        if seals := pod_seals(receipt):
            entry["pods"] = seals
        if seals := harbor_seals(receipt):
            entry["harbor"] = seals
        if seals := image_seals(receipt):
            entry["images"] = seals
        if numbers := made_numbers(receipt):
            entry["made"] = numbers
        with statefolder.alone(self._path):
            self._save([*self._others(receipt), entry])

    def vouched(self, receipt: Receipt) -> frozenset[str]:
        """Return the labels of pods, of what is in Harbor and of images of which this receipt says what was written."""
        mine = (receipt.id, receipt.namespace, receipt.context)
        entries = (e for e in self._entries() if (e.get("id"), e.get("namespace"), e.get("context")) == mine)
        noted = next(entries, {})
        found = {"pods": pod_seals(receipt), "harbor": harbor_seals(receipt), "images": image_seals(receipt)}
        numbers = made_numbers(receipt)
        forged = numbers.keys() - set(_agreed(noted.get("made"), numbers))
        return frozenset(label for kind, seals in found.items() for label in _agreed(noted.get(kind), seals)) - forged

    def drop(self, receipt: Receipt) -> None:
        """Forget a receipt."""
        with statefolder.alone(self._path):
            self._save(self._others(receipt))

    def _others(self, receipt: Receipt) -> list[dict[str, object]]:
        mine = (receipt.id, receipt.namespace)
        return [e for e in self._entries() if (e.get("id"), e.get("namespace")) != mine]

    def _entries(self) -> list[dict[str, object]]:
        try:
            found = json.loads(statefolder.read(self._path) or "[]")
        except ValueError:
            return []
        return [e for e in found if isinstance(e, dict)] if isinstance(found, list) else []

    def _save(self, entries: list[dict[str, object]]) -> None:
        statefolder.write(self._path, json.dumps(entries, indent=1))


def _agreed(noted: object, found: dict[str, str]) -> list[str]:
    return [name for name in found if isinstance(noted, dict) and noted.get(name) == found[name]]
