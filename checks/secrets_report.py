"""Answers which logins the kubelet would send for an image, from manifests alone: a plain dict, ready for JSON.

Without a cluster: the Secrets are taken in the order given, as a pod's `imagePullSecrets` would name them.
"""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from checks.answers import Attempt, KeyringAnswer, KeyringError
from checks.credentials import PullSecret
from checks.dockerconfig import read_secret, salvage
from checks.errors import UsageError
from checks.image import ImageNameError, ImageRef, parse
from checks.keyring import answer

_BAD_BYTES = dict.fromkeys(range(0xDC80, 0xDD00), "\ufffd")


def manifests(documents: Iterable[Any]) -> list[dict[str, Any]]:
    """Return the Secrets among parsed YAML or JSON documents in order, lists taken apart, other kinds left out.

    Raises UsageError if a document is no Kubernetes object or no Secret is among them.
    """
    found = [obj for document in documents if document is not None for obj in _objects(document)]
    if not found:
        raise UsageError("No Secret is in the given files.")
    return found


def secrets_report(image: str, secrets: Sequence[Mapping[str, Any]], *, reveal: bool = False) -> dict[str, Any]:
    """Return the answer as a dict with the keys `image`, `error`, `logins` (in the order tried) and `entries`.

    Passwords are in it only with `reveal`. Raises UsageError if a manifest is no Secret.
    """
    read = [read_secret(secret) for secret in secrets]
    ref, refusal = _parsed(image)
    # An invalid image gets no keyring at all, but an unreadable Secret is told of all the same.
    result = answer(ref or ImageRef(image, "", "", "", ""), read)
    return {
        "image": {
            "repository": ref.name if ref else "",
            "tag": ref.tag if ref else "",
            "digest": ref.digest if ref else "",
            "error": refusal,
        },
        "error": _error(result.error),
        "logins": _logins(result.attempts, reveal=reveal) if ref else [],
        "entries": [*_verdicts(result, ref), *_unread(secrets, read)],
    }


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    waiting: list[tuple[Any, str]] = [(document, "")]
    while waiting:
        obj, list_kind = waiting.pop()
        if not isinstance(obj, Mapping):
            raise UsageError("A document in the given files is no Kubernetes object.")
        kind = obj.get("kind") or list_kind.removesuffix("List")
        if not isinstance(kind, str) or not kind:
            raise UsageError("A document in the given files names no kind.")
        if kind.endswith("List"):
            waiting += [(item, kind) for item in reversed(_items(obj, kind))]
        elif kind == "Secret":
            yield _named(obj)


def _items(obj: Mapping[str, Any], kind: str) -> list[Any]:
    items = obj.get("items")
    if not isinstance(items, list | None):
        raise UsageError(f"The items of a {kind} in the given files are no list.")
    return items or []


def _named(obj: Mapping[str, Any]) -> dict[str, Any]:
    meta = obj.get("metadata")
    if not isinstance(meta, Mapping) or not isinstance(meta.get("name"), str) or not meta["name"]:
        raise UsageError("A Secret in the given files has no name.")
    return dict(obj)


def _parsed(image: str) -> tuple[ImageRef | None, str | None]:
    try:
        return parse(image), None
    except ImageNameError as error:
        return None, str(error)


def _error(error: KeyringError | None) -> dict[str, str] | None:
    return {"kind": error.kind, "secret": error.secret, "text": error.text} if error else None


def _logins(attempts: Sequence[Attempt], *, reveal: bool) -> list[dict[str, Any]]:
    sizes = Counter(attempt.group for attempt in attempts)
    return [_login(attempt, random=sizes[attempt.group] > 1, reveal=reveal) for attempt in attempts]


def _login(attempt: Attempt, *, random: bool, reveal: bool) -> dict[str, Any]:
    row: dict[str, Any] = {"secret": attempt.secret, "key": attempt.key}
    row |= _text("username", attempt.login.username)
    if reveal:
        row |= _text("password", attempt.login.password.reveal())
    return row | ({"group": attempt.group} if random else {})


def _text(name: str, value: str) -> dict[str, str]:
    """The text, and beside it its bytes in base64 where they are not UTF-8."""
    shown = value.translate(_BAD_BYTES)
    if shown == value:
        return {name: value}
    exact = base64.b64encode(value.encode("utf-8", "surrogateescape")).decode("ascii")
    return {name: shown, f"{name}_b64": exact}


def _verdicts(result: KeyringAnswer, ref: ImageRef | None) -> Iterator[dict[str, Any]]:
    for verdict in result.entries:
        why = verdict.why if ref else "the image name is invalid, so no login is looked for"
        serves = verdict.serves and ref is not None
        yield {"secret": verdict.secret, "key": verdict.key, "serves": serves, "why": why}


def _unread(manifests: Sequence[Mapping[str, Any]], read: Sequence[PullSecret]) -> Iterator[dict[str, Any]]:
    """Rows for Secrets that gave no entry: by the keys that were meant, or with an empty key."""
    for manifest, secret in zip(manifests, read, strict=True):
        if not secret.ignored and not secret.fault:
            continue
        why = secret.ignored or f"the kubelet cannot read the Secret: {secret.fault.text if secret.fault else ''}"
        for key in [entry.key for entry in salvage(manifest)] or [secret.fault.key if secret.fault else ""]:
            yield {"secret": secret.name, "key": key, "serves": False, "why": why}
