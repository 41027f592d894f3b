"""What a doctor tells: where we are, what was found, and what a form for a new login starts with."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.model import Problem

if TYPE_CHECKING:
    from checks.scan import Scan


@dataclass(frozen=True, slots=True)
class ClusterInfo:
    """Which cluster, and who we are there; of several, their names."""

    context: str
    """Of several clusters their contexts, as `--context` takes them."""
    server: str
    user: str
    namespace: str
    several: tuple[str, ...] = ()
    """The contexts, where more than one cluster is looked at; empty for one."""
    gates: str = ""
    """`read-only` or `protected`; of several clusters how many are; empty where nothing is held back."""


@dataclass(frozen=True, slots=True)
class Report:
    """A scan, explained."""

    cluster: str
    problems: tuple[Problem, ...]
    scan: "Scan"
    unknowns: tuple[str, ...]
    silent: tuple[str, ...] = ()
    """Of several clusters, those that are not seen as they are now: they gave no answer, or cannot be watched."""


@dataclass(frozen=True, slots=True)
class FormDefaults:
    """What a form for a new login starts with."""

    server: str
    username: str
    secret: str


def gates(found: Mapping[str, tuple[bool, bool]]) -> str:
    """Say in a word or two which contexts are read-only, and which others protected, by their names."""
    read_only = sum(shut for shut, _ in found.values())
    protected = sum(guarded and not shut for shut, guarded in found.values())
    counts = [(read_only, "read-only"), (protected, "protected")]
    return ", ".join(word if number == len(found) else f"{number} {word}" for number, word in counts if number)
