"""Which rights each capability takes, and what is done to find out: as a user who has exactly those."""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from tests.headless.between import Seen
from tests.headless.courses import Course
from tests.headless.warm import Ended, Warm
from tests.live.kube import Body, Cluster, declared
from tests.live.transplant import LiveStage

_NUMBERS = count(1)
Right = tuple[str, str, str]
"""API group, resource, verb."""
_OF_THE_CLUSTER = ("namespaces", "nodes")
_RESTORED = ("Secret", "ServiceAccount", "Deployment", "StatefulSet", "DaemonSet", "CronJob")
_NAMED = ("name", "labels", "annotations")


def rights(*texts: str) -> frozenset[Right]:
    """Read `group/resource verb,verb`; the group may be left out."""
    found = set()
    for text in texts:
        where, verbs = text.split()
        group, _, resource = where.rpartition("/")
        found |= {(group, resource, verb) for verb in verbs.split(",")}
    return frozenset(found)


def roles_of(page: str) -> dict[str, frozenset[Right]]:
    """The rights of every role that stands in a page, by its name."""
    found: dict[str, frozenset[Right]] = {}
    for block in page.split("```yaml\n")[1:]:
        for body in yaml.safe_load_all(block.partition("```")[0]):
            if isinstance(body, dict) and body.get("kind") in ("Role", "ClusterRole"):
                found[body["metadata"]["name"]] = frozenset(
                    (group, resource, verb)
                    for rule in body["rules"]
                    for group in rule["apiGroups"]
                    for resource in rule["resources"]
                    for verb in rule["verbs"]
                )
    return found


@dataclass(frozen=True, slots=True)
class Capability:
    """One thing that the program can do, and what it takes."""

    name: str
    course: Course
    command: Callable[[str], tuple[str, ...]]
    """From the namespace to the arguments."""
    needs: frozenset[Right]
    good: Callable[[Ended], bool]
    asked: frozenset[Right] = frozenset()
    """Of `needs`: without these it is not refused but asked about, with what is lost named; --yes agrees."""
    first: bool = False
    """An administrator mends it first: this takes it back."""
    elsewhere: bool = False
    """On another machine than the one where it was mended."""
    everywhere: bool = False
    """The rights are given in the whole cluster."""
    prepare: Callable[[LiveStage], object] = field(default=lambda stage: None, repr=False)
    act: "Callable[[Bench, str], Ended] | None" = field(default=None, repr=False)
    """Done instead of a command."""


class Bench:
    """The stage of one capability, and users who lack a right."""

    def __init__(self, capability: Capability, cluster: Cluster, folder: Path) -> None:
        folder.mkdir()
        self.capability, self.cluster, self.folder = capability, cluster, folder
        self.stage = LiveStage(folder, capability.course, cluster)
        self.warm = Warm()

    def __enter__(self) -> "Bench":
        self.stage.__enter__()
        self.capability.prepare(self.stage)
        self._standing = Standing(self.cluster, self.stage.namespaces)
        settle = self.stage.between.passed
        self.stage.between.passed = lambda seen: (settle(seen), self._fail_probe(seen))
        return self

    def __exit__(self, *_: object) -> None:
        self.warm.__exit__()
        self.stage.__exit__()

    def user(self, allowed: frozenset[Right]) -> str:
        """A user with exactly these rights, of the stage's namespace where they are not of the cluster."""
        name = f"user-{next(_NUMBERS)}"
        wide = {right for right in allowed if self.capability.everywhere or right[1] in _OF_THE_CLUSTER}
        for space, chosen in (("", wide), (self.stage.namespaces[0], allowed - wide)):
            if chosen:
                self.cluster.allow(name, space, *sorted(chosen))
        return name

    def run(self, user: str) -> tuple[Ended, list[str]]:
        """Do it as this user, then let the administrator clear up; returns the end, and what was written."""
        home = self._home()
        if self.capability.first:
            done = self._as("", home, *self.capability.course.command(self.stage.namespaces))
            assert done.code == 0, done
        if self.capability.elsewhere:
            home = self._home()
        self.stage.between.clear()
        act = self.capability.act
        ended = act(self, user) if act else self._as(user, home, *self.capability.command(self.stage.namespaces[0]))
        written = [str(seen) for seen, status in self.stage.between.answers if seen.writes and status < 300]
        self._clear_up(home)
        return ended, written

    def _clear_up(self, home: Path) -> None:
        if self.capability.course.harbor:
            with self.stage.doctor(home / "state" / "harbor-doctor") as doctor:
                for receipt in dict.fromkeys(receipt.id for receipt in doctor.receipts()):
                    assert doctor.undo(receipt, lambda _: None).applied
        self._standing.restore()
        self.stage.restore()

    def _as(self, user: str, home: Path, *arguments: str) -> Ended:
        who = ("--as", user) if user else ()
        return self.warm.run(home, self.stage.environment(), *arguments, *who, stdin=self.capability.course.given)

    def _home(self) -> Path:
        home = self.folder / f"run-{next(_NUMBERS)}"
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


class Standing:
    """All that stood in some namespaces but their pods, and the administrator's hands that bring it back."""

    def __init__(self, cluster: Cluster, namespaces: Iterable[str]) -> None:
        self._cluster = cluster
        self._kept = {(kind, space): self._now(kind, space) for space in namespaces for kind in _RESTORED}

    def _now(self, kind: str, space: str) -> dict[str, Body]:
        return {body["metadata"]["name"]: body for body in self._cluster.list(kind, space)}

    def restore(self) -> None:
        """Everything declares again what it declared at first; nothing else is there."""
        for (kind, space), kept in self._kept.items():
            now = self._now(kind, space)
            same = {name for name in now if name in kept and declared(now[name]) == declared(kept[name])}
            for name in now.keys() - same:
                # A Secret's type cannot be changed, and an immutable one not at all.
                if kind == "Secret" or name not in kept:
                    self._cluster.delete(kind, space, name)
            for name in kept.keys() - same:
                if kind == "Secret" or name not in now:
                    named = {key: value for key, value in kept[name]["metadata"].items() if key in _NAMED}
                    self._cluster.create(kind, space, name, {**kept[name], "metadata": named})
                else:
                    self._cluster.replace(kind, space, name, kept[name])


def names(right: Right, text: str) -> bool:
    """Does the text name this right, in the words of the API server or in ours?"""
    _, resource, verb = right
    text = text.lower().replace('\\"', '"')
    kind = resource.rstrip("s")
    said = [
        f"{resource} {verb}", f'cannot {verb} resource "{resource}"', f"no right to {verb} {kind}",
        f"no right to {verb} the {kind}",
        f"nor the {resource}",
    ]  # fmt: skip
    if verb in ("get", "list"):
        said.append(f"no right to read {kind}")
    them = re.search(rf"{resource} [^.]*no right to {verb} them", text)
    return bool(them) or any(words in text for words in said)
