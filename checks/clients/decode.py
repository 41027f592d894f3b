"""Decodes answers of the API server into the shapes of `wire.py`.

Each object of a list is decoded by itself, so that an odd one spoils no other. `null` is the same as absent, as in
Go: where a field does not expect it, the object is read a second time without its nulls.
"""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from checks.clients.wire import Headed, RawList, Status
from checks.errors import ServerFault

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Odd:
    """An object that could not be read as what it should be."""

    namespace: str
    name: str
    why: str
    """Type and path of the odd field; holds no values."""


@dataclass(frozen=True, slots=True)
class Listed(Generic[T]):
    """One page of a list."""

    items: tuple[T, ...]
    odd: tuple[Odd, ...]
    resource_version: str
    next: str
    """Token of the next page, or empty."""


class ListReader(Generic[T]):
    """Decodes pages of one shape; make it once, use it often and from any thread."""

    def __init__(self, shape: type[T]) -> None:
        self._shape = shape
        self._list = msgspec.json.Decoder(RawList)
        self._item = msgspec.json.Decoder(shape)

    def page(self, body: bytes, where: str) -> Listed[T]:
        """Return the page in `body`; raises ServerFault if it is no list. `where` begins the sentence."""
        try:
            raw = self._list.decode(body)
        except msgspec.DecodeError:
            raise ServerFault(f"{where}: the answer is not a Kubernetes list") from None
        items: list[T] = []
        odd: list[Odd] = []
        for each in raw.items or ():
            self.item(each, items, odd)
        return Listed(tuple(items), tuple(odd), raw.metadata.resource_version, raw.metadata.next)

    def item(self, raw: msgspec.Raw | bytes, items: list[T], odd: list[Odd]) -> None:
        """Decode one object into `items`, or into `odd` if it has another shape."""
        try:
            items.append(self.one(raw))
        except msgspec.DecodeError as error:
            meta = _head(raw).metadata
            odd.append(Odd(meta.namespace, meta.name, str(error)))

    def one(self, raw: msgspec.Raw | bytes) -> T:
        """Return one object; raises msgspec.DecodeError, whose text holds no values."""
        try:
            return self._item.decode(raw)
        except msgspec.ValidationError:
            return msgspec.convert(_without_nulls(msgspec.json.decode(raw)), self._shape)


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_nulls(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_nulls(each) for each in value if each is not None]
    return value


def _head(raw: msgspec.Raw | bytes) -> Headed:
    try:
        return msgspec.json.decode(raw, type=Headed)
    except msgspec.DecodeError:
        return Headed()


def status_of(body: bytes) -> Status | None:
    """Return the Status in `body`, or None if it is anything else (a proxy's page, nothing at all)."""
    try:
        status = msgspec.json.decode(body, type=Status)
    except msgspec.DecodeError:
        return None
    return status if status.kind == "Status" else None
