"""Mends a Secret's payload: the same login, without what keeps the kubelet or the registry from taking it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from checks.credentials import DOCKER_CFG, DOCKER_CONFIG_JSON, Login, shown_key
from checks.dockerconfig import read_secret
from checks.image import ImageRef
from checks.keyring import answer
from checks.repair.bench import Bench
from checks.repair.payload import Payload, RawEntry, empty, find, put
from checks.repair.plan import LoginProof
from checks.repair.prove import hostname
from checks.repair.readings import Reading, readings, under_new_names


@dataclass(frozen=True, slots=True)
class Mended:
    """A Secret's new body, what was done to it, and the login that it now gives for the images."""

    body: dict[str, Any]
    how: tuple[str, ...]
    asks: tuple[str, ...]
    login: Login
    proof: LoginProof

    def __repr__(self) -> str:
        return f"Mended({self.how})"


@dataclass(frozen=True, slots=True)
class Tried:
    """What became of the logins that a Secret may mean: the best one, or none because all were refused."""

    key: str = ""
    """The entry that it stands under; empty where no entry is of this host."""
    reading: Reading | None = None
    proof: LoginProof | None = None


def best_login(
    payload: Payload, where: str, images: Sequence[ImageRef], bench: Bench, renamed: Sequence[Login] = ()
) -> Tried:
    """Try what the entries of the images' host may mean, in the order of the document; stops at the first proven.

    A login is tried at the host that its own key names, never elsewhere. `renamed`: logins of the Secret under the
    names that their robots have by now.
    """
    own = [e for e in payload.entries if hostname(e.key) == hostname(images[0].registry)]
    tried: list[Tried] = []
    for entry in own:
        for reading in under_new_names(readings(entry, where, _project(images)), renamed):
            proof = bench.prove(reading.login, images)
            if proof.proven:
                return Tried(entry.key, reading, proof)
            tried.append(Tried(entry.key, reading, proof))
    left = [t for t in tried if t.proof and not t.proof.refused]
    if not left:
        return Tried(own[0].key if own else "")
    if len(left) < len(tried):
        return left[0]
    # Nothing could be asked at all: what a look alone would mend is likelier than what stands there.
    return next((t for t in left if t.reading and t.reading.how), left[0])


def _project(images: Sequence[ImageRef]) -> str:
    projects = {image.project for image in images}
    return (projects.pop() or "") if len(projects) == 1 else ""


def mend(body: dict[str, Any], payload: Payload, tried: Tried, images: Sequence[ImageRef]) -> Mended | None:
    """Return the Secret mended so that the kubelet sends the login for all images; None where nothing would change."""
    assert tried.reading is not None
    assert tried.proof is not None
    login, how = tried.reading.login, [tried.reading.how] if tried.reading.how else []
    how += structure(body, payload)
    payload, asks = healed(payload, except_for=tried.key)
    changed = payload
    if tried.reading.how or _broken(payload.entry(tried.key)):
        changed = payload.with_login(tried.key, login)
    changed, more = _readable(body, changed)
    for image in images:
        if not _sends(put(body, changed), image, login):
            for key in _keys_for(put(body, changed), (image,), ()):
                changed = changed.with_login(key, login)
                how.append(f"with an entry for {shown_key(key)}")
    new = put(body, changed)
    if new.get("data") == body.get("data") and new["type"] == body.get("type"):
        return None
    return Mended(new, tuple(dict.fromkeys(how)), (*asks, *more), login, tried.proof)


def _readable(body: dict[str, Any], payload: Payload) -> tuple[Payload, tuple[str, ...]]:
    """Take out what stands beside the entries where that alone keeps the kubelet from reading the Secret.

    Returns the payload and what must be asked.
    """
    if read_secret(put(body, payload)).fault is None:
        return payload, ()
    return payload.alone(), ("What stands beside the entries cannot be decoded and is taken out; undo brings it back.",)


def _broken(entry: RawEntry | None) -> bool:
    return entry is not None and bool(entry.broken)


def _sends(body: dict[str, Any], image: ImageRef, login: Login) -> bool:
    """Would the kubelet send this login for the image, with this Secret alone?"""
    attempts = answer(image, [read_secret(body)]).attempts
    return any(attempt.login == login for attempt in attempts)


def structure(body: dict[str, Any], payload: Payload) -> list[str]:
    """Name what is wrong with the Secret around its entries."""
    kind = body.get("type") or "Opaque"
    shape = kind if kind == DOCKER_CFG else DOCKER_CONFIG_JSON
    faults = [
        ("with the type that the kubelet reads", kind not in (DOCKER_CFG, DOCKER_CONFIG_JSON)),
        ("with the payload encoded once", payload.twice),
        ("with its entries where the kubelet looks for them", payload.shape != shape and bool(payload.entries)),
    ]
    return [words for words, wrong in faults if wrong]


def healed(payload: Payload, except_for: str = "") -> tuple[Payload, tuple[str, ...]]:
    """Mend or take out the other entries that cannot be decoded: one of them fails every pull of the pod.

    Returns the payload and what must be asked.
    """
    asks: list[str] = []
    for entry in payload.entries:
        if not entry.broken or entry.key == except_for:
            continue
        found = readings(entry, "", "")
        if found:
            payload = payload.with_login(entry.key, found[0].login)
        else:
            payload = payload.without(entry.key)
            asks.append(f"The entry {shown_key(entry.key)} cannot be decoded and is taken out; undo brings it back.")
    return payload, tuple(asks)


def with_new_login(
    body: dict[str, Any], login: Login, proof: LoginProof, images: Sequence[ImageRef], useless: Sequence[Login]
) -> Mended:
    """Return a Secret that also sends a new login for all images.

    Entries whose login is in `useless`, or empty, are given the new one; a login that is good for something else
    stays, and the new one goes beside it under the project's path, where the kubelet tries it first.
    """
    payload, asks = healed(find(body) or empty(), except_for=images[0].registry)
    how = structure(body, payload)
    for key in _keys_for(put(body, payload), images, useless):
        payload = payload.with_login(key, login)
    payload, more = _readable(body, payload)
    return Mended(put(body, payload), tuple(how), (*asks, *more), login, proof)


def _keys_for(body: dict[str, Any], images: Sequence[ImageRef], useless: Sequence[Login]) -> tuple[str, ...]:
    entries = read_secret(body).entries
    keys: dict[str, None] = {}
    for image in images:
        verdicts = answer(image, [read_secret(body)])
        serving = [v.key for v in verdicts.entries if v.serves and hostname(v.key) == hostname(image.registry)]
        logins = {e.key: e.login for e in entries}
        vain = {key for key, login in logins.items() if not login.password or login in useless}
        own = [key for key in serving if key in vain]
        free = [key for key in _places(image) if key in vain or key not in logins]
        # Where all are taken, an entry for this very repository serves hardly anything else.
        keys |= dict.fromkeys(own or [(free or _places(image))[0 if free else -1]])
    return tuple(keys)


def _places(image: ImageRef) -> tuple[str, ...]:
    """Keys that serve an image, the widest first; the kubelet tries the narrowest first."""
    project = (f"{image.registry}/{image.project}",) if image.project else ()
    return tuple(dict.fromkeys((image.registry, *project, f"{image.registry}/{image.repository}")))
