"""The matrix again with something in the dark: no right to read Secrets or events, no way to the registry, no words.

What is left decides: a verdict is the same as with all of it, or that it is not known; never another one.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from checks.demo.api.access import READ, Rule
from checks.demo.harbor import HarborState
from checks.demo.registries import Registries
from checks.model import Diagnosis
from tests import builders as b
from tests.demo_harbor.conftest import lab
from tests.demo_harbor.test_recorded_matrix import furnish
from tests.verdicts.lab import Lab, auths, examine, spec, waiting
from tests.verdicts.matrix import CELLS, HOST, PASSES, Cell

LOGINS = (
    "guest (good)",
    "project robot, pull",
    "system robot, push only",
    "stranger (valid user, no membership)",
    "robot of another project",
    "wrong password (guest1)",
    "robot, disabled",
    'robot name cut by the shell ("robot")',
    "empty password (guest1)",
    "none",
)
SAMPLE = tuple(cell for cell in CELLS if cell.login in LOGINS)
LIKE_ANY = Rule(READ, ("pods", "serviceaccounts", "namespaces", "nodes"))
SECRETS, EVENTS = Rule(READ, ("secrets",)), Rule(READ, ("events",))
NOT_ASKED = {HOST: "169.254.169.254"}

Told = Callable[[Lab, str, str, Cell], None]


def in_status(cluster: Lab, space: str, name: str, cell: Cell) -> None:
    """As since kubelet 1.32: the pause after an attempt tells its error."""
    cluster.show(space, name, waiting(cell.image, "ImagePullBackOff", b.backed_off(cell.image, cell.says("2.1"))))


def of_1_6(cluster: Lab, space: str, name: str, cell: Cell) -> None:
    cluster.show(space, name, waiting(cell.image, "ErrImagePull", cell.says("1.6")))


def nowhere(cluster: Lab, space: str, name: str, cell: Cell) -> None:
    """As up to kubelet 1.31 when the events are gone: they live for an hour."""
    cluster.show(space, name, waiting(cell.image, "ImagePullBackOff", f'Back-off pulling image "{cell.image}"'))


def in_events(cluster: Lab, space: str, name: str, cell: Cell) -> None:
    """As up to kubelet 1.31: the error stands in an event, among others without it."""
    nowhere(cluster, space, name, cell)
    where = {"fieldPath": "spec.containers{app}"}
    for minute, (kind, reason, text) in enumerate(
        (
            ("Normal", "Pulling", f'Pulling image "{cell.image}"'),
            ("Warning", "Failed", f'Failed to pull image "{cell.image}": {cell.says("1.7")}'),
            ("Warning", "Failed", "Error: ErrImagePull"),
            ("Normal", "BackOff", f'Back-off pulling image "{cell.image}"'),
            ("Warning", "Failed", "Error: ImagePullBackOff"),
        )
    ):
        times = dict.fromkeys(("firstTimestamp", "lastTimestamp"), f"2026-11-24T12:0{minute}:00Z")
        cluster.event(space, name, type=kind, reason=reason, message=text, where=where, count=3, **times)


@contextmanager
def cluster_with(**spaces: Told) -> Iterator[Lab]:
    """The sample once in each namespace, told in its way."""
    cluster = Lab()
    for space, tell in spaces.items():
        cluster.namespace(space)
        for cell in {cell.secret: cell for cell in SAMPLE if cell.secret}.values():
            cluster.secret(space, cell.secret, auths({HOST: (cell.user, cell.password)}))
        for number, cell in enumerate(SAMPLE):
            name = f"cell-{number}"
            cluster.pod(space, name, spec(cell.image, *filter(None, [cell.secret])))
            tell(cluster, space, name, cell)
    yield cluster
    cluster.stop()


@dataclass(frozen=True)
class Seen:
    """The diagnoses of one namespace, by cell."""

    found: dict[str, Diagnosis]
    space: str

    def __iter__(self) -> Iterator[tuple[Cell, Diagnosis]]:
        for number, cell in enumerate(SAMPLE):
            yield cell, self.found[f"{self.space}/cell-{number}"]

    def codes(self) -> dict[tuple[str, str], str]:
        return {(cell.login, cell.target): diagnosis.cause.code for cell, diagnosis in self}


def look(cluster: Lab, *rules: Rule, **choice: Any) -> dict[str, Diagnosis]:
    with cluster.doctor(cluster.allow(LIKE_ANY, *rules), **choice) as doctor:
        return examine(doctor)[1]


def without_secrets_or_registry() -> dict[str, Seen]:
    """No login is sent in any of these, so they may share a Harbor."""
    told: dict[str, Told] = {"new": in_status, "old": of_1_6, "mute": nowhere}
    with Registries(furnish(lab, HarborState())) as world, cluster_with(**told) as cluster:
        reached = {"resolve": world.resolve, "registry_ca": world.ca_file}
        no_secrets = look(cluster, EVENTS, **reached)
        asked = world.log.entries
        assert not any(entry.user for entry in asked)
        no_registry = look(cluster, EVENTS, SECRETS, resolve=NOT_ASKED)
        neither = look(cluster, EVENTS, resolve=NOT_ASKED)
        assert world.log.entries == asked
    looks = {"no secrets": no_secrets, "no registry": no_registry, "neither": neither}
    return {f"{name}, {space}": Seen(found, space) for name, found in looks.items() for space in told}


def without_words() -> dict[str, Seen]:
    with Registries(furnish(lab, HarborState())) as world, cluster_with(events=in_events, mute=nowhere) as cluster:
        found = look(cluster, EVENTS, SECRETS, resolve=world.resolve, registry_ca=world.ca_file)
    return {"words in events": Seen(found, "events"), "no words": Seen(found, "mute")}


def without_events() -> dict[str, Seen]:
    with Registries(furnish(lab, HarborState())) as world, cluster_with(events=in_events) as cluster:
        found = look(cluster, SECRETS, resolve=world.resolve, registry_ca=world.ca_file)
    return {"no right to read events": Seen(found, "events")}


@pytest.fixture(scope="module")
def seen() -> dict[str, Seen]:
    with ThreadPoolExecutor(3) as pool:
        parts = [pool.submit(part) for part in (without_secrets_or_registry, without_words, without_events)]
        return {name: one for part in parts for name, one in part.result().items()}


def deserved() -> dict[tuple[str, str], str]:
    return {(cell.login, cell.target): cell.without for cell in SAMPLE}


def test_whatever_is_hidden_no_other_cause_is_named(seen: dict[str, Seen]) -> None:
    """Without the registry the kubelet's `no login was sent` may be older than a project that is public now."""
    assert len(seen) == 12
    for name, one in seen.items():
        for cell, diagnosis in one:
            allowed = {cell.without, PASSES}
            if cell.target == "public" and not cell.sends and name in ("no registry, new", "neither, new"):
                allowed |= {"HD101", "HD107"}
            assert diagnosis.cause.code in allowed, (name, cell)


@pytest.mark.parametrize("text", ["new", "old", "mute"])
def test_without_the_secrets_only_what_needs_no_login_is_known(seen: dict[str, Seen], text: str) -> None:
    for cell, diagnosis in seen[f"no secrets, {text}"]:
        known = not cell.secret or cell.target == "missing project"
        assert diagnosis.cause.code == (cell.without if known else PASSES), cell
        unread = f"Secret {text}/{cell.secret}: no right to read Secrets in {text}"
        assert (unread in diagnosis.unknowns) is bool(cell.secret), cell


def test_without_the_registry_only_a_login_that_was_not_sent_is_known(seen: dict[str, Seen]) -> None:
    """Where the runtime tells it: containerd 1.7 and later do, of a project that exists."""
    for cell, diagnosis in seen["no registry, new"]:
        mute = not cell.sends and cell.target != "missing project"
        assert diagnosis.cause.code == ({True: "HD107", False: "HD101"}[bool(cell.secret)] if mute else PASSES), cell
        assert any(line.startswith("registry: ") for line in diagnosis.unknowns), cell


@pytest.mark.parametrize("name", ["no registry, old", "no registry, mute", "neither, old", "neither, mute"])
def test_without_the_registry_and_without_telling_words_nothing_is_known(seen: dict[str, Seen], name: str) -> None:
    assert set(seen[name].codes().values()) == {PASSES}


def test_with_neither_secrets_nor_registry_a_pod_that_names_a_secret_is_not_known(seen: dict[str, Seen]) -> None:
    for cell, diagnosis in seen["neither, new"]:
        bare = not cell.secret and cell.target != "missing project"
        assert diagnosis.cause.code == ("HD101" if bare else PASSES), cell


def test_words_in_events_are_as_good_as_in_the_status(seen: dict[str, Seen]) -> None:
    assert seen["words in events"].codes() == deserved()
    for cell, diagnosis in seen["words in events"]:
        assert diagnosis.pull.complaint is not None
        assert (diagnosis.pull.complaint.source, diagnosis.evidence.events) == ("event", None), cell
        assert cell.says("1.7") in diagnosis.pull.complaint.message


@pytest.mark.parametrize("name", ["no words", "no right to read events"])
def test_what_was_measured_needs_no_words(seen: dict[str, Seen], name: str) -> None:
    assert seen[name].codes() == deserved()


def test_events_that_may_not_be_read_are_named(seen: dict[str, Seen]) -> None:
    for cell, diagnosis in seen["no right to read events"]:
        assert "events: no right to read events in events" in diagnosis.unknowns, cell
    for cell, diagnosis in seen["no words"]:
        assert not any(line.startswith("events: ") for line in diagnosis.unknowns), cell
