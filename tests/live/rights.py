"""Which rights each capability takes, and what is done to find out: as a user who has exactly those."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.headless.between import Seen
from tests.headless.courses import BY_NAME, Course
from tests.headless.warm import Ended, Warm
from tests.live.kube import Cluster
from tests.live.transplant import LiveStage

_NUMBERS = count(1)
Right = tuple[str, str, str]
"""API group, resource, verb."""


def rights(*texts: str) -> frozenset[Right]:
    """Read `group/resource verb,verb`; the group may be left out."""
    found = set()
    for text in texts:
        where, verbs = text.split()
        group, _, resource = where.rpartition("/")
        found |= {(group, resource, verb) for verb in verbs.split(",")}
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that the program can do, and what it takes."""

    name: str
    course: Course
    command: Callable[[str], tuple[str, ...]]
    """From the namespace to the arguments."""
    needs: frozenset[Right]
    good: Callable[[Ended], bool]
    first: bool = False
    """An administrator mends it first: this takes it back."""
    given: str = field(default="", repr=False)


def fixing(name: str, plan_yes: bool = True) -> Callable[[str], tuple[str, ...]]:
    """The course's own command; without `--yes` where it asks nothing."""
    course = BY_NAME[name]

    def command(namespace: str) -> tuple[str, ...]:
        made = course.command((namespace,))
        return made if plan_yes else tuple(text for text in made if text != "--yes")

    return command


class Bench:
    """The stage of one capability, and users who lack a right."""

    def __init__(self, capability: Capability, cluster: Cluster, folder: Path) -> None:
        folder.mkdir()
        self.capability, self.cluster, self.folder = capability, cluster, folder
        self.stage = LiveStage(folder, capability.course, cluster)
        self.warm = Warm()

    def __enter__(self) -> "Bench":
        self.stage.__enter__()
        settle = self.stage.between.passed
        self.stage.between.passed = lambda seen: (settle(seen), self._fail_probe(seen))
        return self

    def __exit__(self, *_: object) -> None:
        self.warm.__exit__()
        self.stage.__exit__()

    def user(self, allowed: frozenset[Right]) -> str:
        """A user of the stage's namespace with exactly these rights."""
        name = f"user-{next(_NUMBERS)}"
        if allowed:
            self.cluster.allow(name, self.stage.namespaces[0], *sorted(allowed))
        return name

    def run(self, user: str) -> tuple[Ended, list[str]]:
        """Do it as this user, then let the administrator clear up; returns the end, and what was written."""
        self.stage.restore()
        number = next(_NUMBERS)
        home = self._home(f"run-{number}")
        if self.capability.first:
            self._as("", home, *self.capability.course.command(self.stage.namespaces))
        self.stage.between.clear()
        ended = self._as(user, home, *self.capability.command(self.stage.namespaces[0]))
        written = [str(seen) for seen, status in self.stage.between.answers if seen.writes and status < 300]
        with self.stage.doctor(home / "state" / "harbor-doctor") as doctor:
            for receipt in dict.fromkeys(receipt.id for receipt in doctor.receipts()):
                assert doctor.undo(receipt, lambda _: None).applied
        return ended, written

    def _as(self, user: str, home: Path, *arguments: str) -> Ended:
        who = ("--as", user) if user else ()
        environment = self.stage.environment()
        given = self.capability.given or self.capability.course.given
        return self.warm.run(home, environment, *arguments, *who, stdin=given)

    def _home(self, name: str) -> Path:
        home = self.folder / name
        home.mkdir()
        return home

    def _fail_probe(self, seen: Seen) -> None:
        """A kubelet says of a new probe pod what it says of the others."""
        made = seen.method == "POST" and not seen.dry and seen.path.endswith("/pods")
        if not made or b"harbor-doctor-probe" not in seen.body:
            return
        named: Any = json.loads(seen.body)["metadata"]
        said = {"reason": "ErrImagePull", "message": "failed to pull: unexpected status: 401 Unauthorized"}
        status = {
            "phase": "Pending",
            "containerStatuses": [
                {
                    "name": json.loads(seen.body)["spec"]["containers"][0]["name"], "image": "", "imageID": "",
                    "ready": False, "restartCount": 0, "state": {"waiting": said},
                }
            ],
        }  # fmt: skip
        self.cluster.patch("Pod", self.stage.namespaces[0], named["name"], {"status": status}, sub="status")


def names(right: Right, text: str) -> bool:
    """Does the text name this right, in the words of the API server or in ours?"""
    _, resource, verb = right
    text = text.lower()
    kind = resource.rstrip("s")
    said = (
        f"{resource} {verb}", f'cannot {verb} resource "{resource}"', f"no right to {verb} {kind}",
        f"no right to {verb} the {kind}", f"no right to {'read' if verb == 'get' else verb} {kind}",
    )  # fmt: skip
    return any(words in text for words in said)


