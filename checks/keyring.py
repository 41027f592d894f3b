"""Which logins the kubelet sends for an image, in which order, and why it does not send the others.

All entries of all Secrets go into one keyring; distinct keys are walked in descending byte order, and every key that
matches gives all its entries. One Secret that cannot be read fails the whole keyring. If nothing matched, an image of
Docker Hub gets the entries under `index.docker.io`.
Source: kubernetes 1.34 `pkg/credentialprovider/keyring.go`; proven on answers of the kubelet's own code.
Left out: node-wide docker configs and credential plugins, which no API shows. Keys that Go releases read differently
(several colons in a host, letters before a bracket) are read as Go 1.24 does.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from checks.answers import Attempt, EntryVerdict, KeyringAnswer, KeyringError
from checks.credentials import Entry, PullSecret
from checks.image import ImageRef
from checks.nearmiss import hub_not_needed, serving, unreadable, why_not
from checks.registrykey import HUB_KEY, Key, Target, is_hub_image, matches, read_key, target


@dataclass(frozen=True, slots=True)
class _Placed:
    """An entry with its Secret's place in the list and its key, read; None where the kubelet drops the key."""

    position: int
    secret: PullSecret
    entry: Entry
    key: Key | None


def answer(image: ImageRef, secrets: Sequence[PullSecret]) -> KeyringAnswer:
    """Return the attempts in the kubelet's order, a verdict on every entry, and the error that stops them all."""
    placed = [
        _Placed(position, secret, entry, read_key(entry.key))
        for position, secret in enumerate(secrets)
        for entry in secret.entries
    ]
    wanted = target(image.name)
    chosen, by_hub = _chosen(image, wanted, placed)
    error = next((KeyringError(s.fault.kind, s.name, s.fault.text) for s in secrets if s.fault), None)
    serving_ones = {id(p) for p in chosen}
    verdicts = tuple(
        _serves(p, by_hub=by_hub, error=error) if id(p) in serving_ones else _fails(p, image, wanted) for p in placed
    )
    return KeyringAnswer(() if error else tuple(_attempts(chosen)), verdicts, error)


def _chosen(image: ImageRef, wanted: Target | None, placed: list[_Placed]) -> tuple[list[_Placed], bool]:
    """The entries that serve, in order, and whether they come from the fallback for Docker Hub."""
    found = [p for p in placed if p.key and wanted and matches(p.key, wanted)]
    by_hub = not found and is_hub_image(image.name)
    if by_hub:
        found = [p for p in placed if p.key and p.key.index == HUB_KEY]
    # Stable: inside one key the Secrets keep their order.
    return sorted(found, key=_index, reverse=True), by_hub


def _index(placed: _Placed) -> bytes:
    return placed.key.index if placed.key else b""


def _attempts(chosen: list[_Placed]) -> Iterator[Attempt]:
    """Entries of one key in one Secret share a group: the kubelet walks them in random order."""
    groups: dict[tuple[bytes, int], int] = {}
    for placed in chosen:
        group = groups.setdefault((_index(placed), placed.position), len(groups))
        yield Attempt(placed.entry.login, placed.secret.name, placed.entry.key, group)


def _serves(placed: _Placed, *, by_hub: bool, error: KeyringError | None) -> EntryVerdict:
    why = unreadable(error.secret) if error else serving(placed.entry, placed.key, by_hub=by_hub)
    return EntryVerdict(placed.secret.name, placed.entry.key, serves=not error, why=why)


def _fails(placed: _Placed, image: ImageRef, wanted: Target | None) -> EntryVerdict:
    if placed.key and placed.key.index == HUB_KEY and is_hub_image(image.name):
        near, why = "hub", hub_not_needed()
    else:
        near, why = why_not(placed.entry.key, placed.key, image, wanted)
    return EntryVerdict(placed.secret.name, placed.entry.key, serves=False, why=why, near=near)
