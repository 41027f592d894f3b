"""Differences between objects as lines (mark, text), passwords hidden but their difference visible.

Marks: `~` changed, `+` added, `-` taken out, `=` stays, blank for context. Values of labels and annotations are never
shown: kubectl keeps a copy of the whole Secret in one of them.
"""

from collections.abc import Iterator
from typing import Any

from checks.credentials import Password, shown_key
from checks.dockerpayload import decode_auth
from checks.model import ObjectRef
from checks.repair import harborshow
from checks.repair.declared import declared
from checks.repair.kinds import HARBOR, bare_template, container_images, list_holder, pull_list
from checks.repair.payload import RawEntry, find

Lines = tuple[tuple[str, str], ...]
_DOTS = "••••••"
_VISIBLE = {"\n": "⏎", "\r": "␍", "\t": "⇥", " ": "␣"}


def difference(ref: ObjectRef, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Lines:
    """Return what changes from one state of an object to another (None: not there); empty where nothing does."""
    old, new = declared(ref.kind, before), declared(ref.kind, after)
    if old == new:
        return ()
    mark = "+" if before is None else "-" if after is None else "~"
    details = tuple(_details(ref.kind, before or {}, after or {}))
    return ((mark, str(ref)), *details)


def _details(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if kind == "Secret":
        yield from _type(before, after)
        yield from _data_keys(before, after)
        yield from _entries(before, after)
    elif kind in HARBOR:
        yield from harborshow.details(kind, before, after)
        return
    else:
        yield from _lists(kind, before, after)
    yield from _marks(before, after)


def _type(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    old, new = before.get("type", "Opaque"), after.get("type", "Opaque")
    if before and after and old != new:
        yield "~", f"  type  {old} → {new}"
    if before and after and bool(before.get("immutable")) != bool(after.get("immutable")):
        yield "~", "  immutable"


def _data_keys(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    old, new = before.get("data") or {}, after.get("data") or {}
    for key in dict.fromkeys((*old, *new)):
        mark = "+" if key not in old else "-" if key not in new else "=" if old[key] == new[key] else "~"
        yield mark, f"  {key}"


def _entries(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    old, new = _by_key(before), _by_key(after)
    for key in dict.fromkeys((*old, *new)):
        was, now = old.get(key), new.get(key)
        if was is not None and now is not None:
            yield from _entry(shown_key(key), was, now)
        else:
            login = was or now
            assert login is not None
            mark = "+" if was is None else "-"
            yield mark, f"    {shown_key(key)}  user name {_shown(login[0])}  password {dots(login[1])}"


def _entry(key: str, was: "_View", now: "_View") -> Iterator[tuple[str, str]]:
    if was == now:
        yield "=", f"    {key}"
        return
    if was[0] != now[0]:
        yield "~", f"    {key}  user name  {_shown(was[0])} → {_shown(now[0])}"
    if was[1] != now[1]:
        old, new = dots(was[1]), dots(now[1])
        yield "~", f"    {key}  password  {old} → {new}" + ("  (another)" if old == new else "")
    if was[:2] == now[:2]:
        yield "~", f"    {key}  {'the same login, readable' if was[2] else 'the same login, its fields agree'}"


_View = tuple[str, Password, str, Password]
"""User name and password as the kubelet reads them, why it cannot, and the password beside `auth`."""


def _by_key(body: dict[str, Any]) -> dict[str, _View]:
    payload = find(body) if body else None
    return {e.key: _view(e) for e in payload.entries} if payload else {}


def _view(entry: RawEntry) -> _View:
    fields = entry.fields
    username, password = fields.username, fields.password
    if fields.auth and not entry.broken:
        username, password = decode_auth(fields.auth)
    return username, Password(password), entry.broken, Password(f"{fields.username}:{fields.password}")


def dots(password: Password) -> str:
    """Show a password as dots, with the white space at its ends made visible; of an absent one, say so."""
    if not password:
        return "(none)"
    before, after = password.margins()
    return _blanks(before) + _DOTS + _blanks(after)


def _blanks(text: str) -> str:
    return "".join(_VISIBLE.get(char, "␣") for char in text)


def _shown(username: str) -> str:
    if not username:
        return "(none)"
    bare = username.strip()
    before, _, after = username.partition(bare) if bare else (username, "", "")
    return _blanks(before) + bare + _blanks(after)


def _lists(kind: str, before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    was, now = pull_list(list_holder(kind, before)), pull_list(list_holder(kind, after))
    if was != now:
        yield "~", f"  imagePullSecrets  {_listed(was)} → {_listed(now)}"
    old, new = container_images(kind, before), container_images(kind, after)
    for part, name in (where for where in old if where in new and old[where] != new[where]):
        yield "-", f"  {name}  image  {old[part, name]}"
        yield "+", f"  {name}  image  {new[part, name]}"
    if bare_template(kind, before) != bare_template(kind, after):
        yield "~", "  pod template"


def _listed(names: tuple[str, ...]) -> str:
    return f"[{', '.join(names)}]"


def _marks(before: dict[str, Any], after: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if not before or not after:
        return
    for name in ("labels", "annotations"):
        old = (before.get("metadata") or {}).get(name) or {}
        new = (after.get("metadata") or {}).get(name) or {}
        for key in dict.fromkeys((*old, *new)):
            if old.get(key) != new.get(key):
                mark = "+" if key not in old else "-" if key not in new else "~"
                yield mark, f"  {name[:-1]} {key}"
