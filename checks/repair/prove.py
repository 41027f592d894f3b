"""Which images a plan must prove a login for, and which Secrets and pods a problem is about."""

import re
from collections import Counter
from dataclasses import replace

from checks.facts import Trial
from checks.image import ImageRef
from checks.model import Diagnosis, ObjectRef, Problem, Pull

SAMPLE = 12
"""Images that a login is proven for: a problem of a hundred images would ask the registry for minutes."""


def images_of(problem: Problem, host: str = "") -> tuple[ImageRef, ...]:
    """Return the distinct images of a problem on one registry (the commonest if none is given), at most SAMPLE."""
    images = list(dict.fromkeys(d.evidence.image for d in problem.diagnoses if d.evidence.image is not None))
    host = host or registry_of(problem)
    return tuple(image for image in images if image.registry == host)[:SAMPLE]


def of_each_project(problem: Problem, host: str) -> tuple[ImageRef, ...]:
    """Return the distinct images of a problem on one registry: one of each project, and more up to SAMPLE."""
    found = (d.evidence.image for d in problem.diagnoses)
    images = list(dict.fromkeys(image for image in found if image is not None and image.registry == host))
    firsts = list({image.project: image for image in reversed(images)}.values())[::-1]
    more = [image for image in images if image not in firsts]
    return (*firsts, *more[: max(0, SAMPLE - len(firsts))])


def registry_of(problem: Problem) -> str:
    """Return the registry of most of a problem's pulls; empty where no image name can be read."""
    hosts = Counter(d.evidence.image.registry for d in problem.diagnoses if d.evidence.image is not None)
    return hosts.most_common(1)[0][0] if hosts else ""


def project_of(problem: Problem) -> str:
    """Return the Harbor project if all images agree on one, else an empty text."""
    projects = {image.project for image in images_of(problem)}
    return (projects.pop() or "") if len(projects) == 1 else ""


def hostname(key: str) -> str:
    """Return the host that a registry key or image host names: without scheme, user part, port and path, lower case."""
    bare = re.sub(r"^[A-Za-z][A-Za-z0-9+.-]*://", "", key).partition("/")[0].rpartition("@")[2]
    return bare.partition(":")[0].lower() if not bare.startswith("[") else bare.partition("]")[0].lower()


def secrets_at_fault(problem: Problem) -> tuple[ObjectRef, ...]:
    """Return the Secrets that a problem is about: its subject, or those whose login the registry was shown."""
    subject = problem.subject
    if subject.kind == "Secret":
        return (ObjectRef("Secret", subject.namespace, subject.name),)
    found = (_shown_secret(d) for d in problem.diagnoses)
    return tuple(dict.fromkeys(ref for ref in found if ref is not None))


def _shown_secret(diagnosis: Diagnosis) -> ObjectRef | None:
    """The Secret behind the login of a trial that failed; the user's name decides where the subject names one."""
    blamed = diagnosis.cause.subject
    if blamed.kind == "Secret":
        return ObjectRef("Secret", blamed.namespace, blamed.name)
    user = diagnosis.cause.subject.name.rpartition("@")[0]
    trials = [t for t in diagnosis.evidence.trials if t.login is not None and not t.pulls]
    trials.sort(key=lambda t: _user(t) != user)
    for trial in trials:
        namespace, slash, name = (trial.login.origin.where if trial.login else "").partition("/")
        if slash:
            return ObjectRef("Secret", namespace, name)
    return None


def _user(trial: Trial) -> str:
    return trial.login.username if trial.login else ""


def in_namespace(problem: Problem, *namespaces: str) -> Problem:
    """Return the problem with the pulls of one namespace, or of several, only."""
    return replace(problem, diagnoses=tuple(d for d in problem.diagnoses if d.pull.namespace in namespaces))


def pods_of(problem: Problem) -> tuple[Pull, ...]:
    """Return one pull for each stuck pod, in order."""
    return tuple({pull.pod_uid or f"{pull.namespace}/{pull.pod}": pull for pull in reversed(problem.pulls)}.values())[
        ::-1
    ]


def verify_targets(problem: Problem, namespace: str = "") -> tuple[tuple[str, str], ...]:
    """Return (namespace, pod) of what must have pulled after a repair."""
    return tuple((p.namespace, p.pod) for p in pods_of(problem) if not namespace or p.namespace == namespace)
