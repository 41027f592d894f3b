"""What the advice is filled with."""

from collections.abc import Iterable
from dataclasses import dataclass

from checks.errors import DoctorError
from checks.facts import Fact
from checks.image import ImageRef
from checks.model import Problem
from checks.repair.bench import Bench
from checks.repair.commands import kubectl
from checks.repair.prove import images_of, registry_of
from checks.repair.workload import workload

Text = tuple[str, Iterable[str]]
"""A title, then lines of text and commands."""


@dataclass(frozen=True, slots=True)
class Case:
    """What the texts are filled with."""

    problem: Problem
    bench: Bench

    @property
    def host(self) -> str:
        """The registry, or a word for it."""
        return registry_of(self.problem) or "REGISTRY"

    @property
    def at_harbor(self) -> bool:
        """Is the registry a Harbor, by what it answers?"""
        pings = (d.evidence.ping for d in self.problem.diagnoses)
        return any(isinstance(ping, Fact) and ping.value.harbor for ping in pings)

    @property
    def image(self) -> ImageRef | None:
        """One image of the problem."""
        return next(iter(images_of(self.problem)), None)

    @property
    def written(self) -> str:
        """The image as the pod has it."""
        return self.problem.pulls[0].image

    @property
    def project(self) -> str:
        """Harbor's project, or a word for it."""
        return (self.image.project if self.image else "") or "PROJECT"

    @property
    def node(self) -> str:
        """A node that failed, or a word for it."""
        return next((pull.node for pull in self.problem.pulls if pull.node), "NODE")

    def param(self, name: str) -> str:
        """A parameter of the finding."""
        return self.problem.finding.params.get(name, "")

    def back(self) -> tuple[str, ...]:
        """The command that goes back to the image that the workload ran before; nothing where none is known."""
        pull = self.problem.pulls[0]
        ran, revision = self.param("ran"), self.param("revision")
        if not ran or pull.owner is None:
            return ()
        target = f"{pull.owner.kind.lower()}/{pull.owner.name}"
        words = ("rollout", "undo", target, f"--to-revision={revision}")
        return f"To go back to what it ran, {ran}:", kubectl(self.bench.context, pull.namespace, *words)

    def set_image(self, image: str) -> str:
        """The command that gives the workload another image."""
        pull = self.problem.pulls[0]
        try:
            found = workload(pull, self.bench)
        except DoctorError:
            found = None
        kind, name = (found.ref.kind, found.ref.name) if found else ("pod", pull.pod)
        target = f"{kind.lower()}/{name}"
        return kubectl(self.bench.context, pull.namespace, "set", "image", target, f"{pull.container}={image}")
