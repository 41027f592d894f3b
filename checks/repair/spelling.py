"""Which image a misspelt one must mean: a tag that is there, the project of the pod's own login, what ran before."""

from collections.abc import Iterator
from dataclasses import dataclass

from checks.credentials import Entry
from checks.facts import Beginning, Fact
from checks.image import ImageNameError, ImageRef, parse
from checks.model import Diagnosis, Evidence
from checks.repair.prove import hostname
from checks.slips import meant

CODES = ("HD501", "HD502", "HD503")
"""Project, repository, tag missing."""


@dataclass(frozen=True, slots=True)
class Spelling:
    """An image as it stands, and the only one that it can mean; or several, and then none is."""

    wrong: str
    right: ImageRef | None
    word: str
    """The part that is misspelt, in words: `tag 1.4.2-apline`."""
    near: tuple[str, ...]
    """The names of that part that are nearest."""
    why: str
    """Where the right name is known from, to follow it: `a tag of shop/web`."""


def spelling(diagnosis: Diagnosis) -> Spelling | None:
    """Return what the image of a diagnosis must mean; None where no name is near, or it was right and is gone.

    An image that is pinned by a digest is no slip: whoever wrote it had copied it.
    """
    evidence, code = diagnosis.evidence, diagnosis.cause.code
    image = evidence.image
    if image is None or image.digest or code not in CODES or diagnosis.cause.params.get("gone"):
        return None
    if code == "HD503":
        return _tag(evidence, image)
    return _project(evidence, image) if code == "HD501" else _repository(evidence, image)


def _tag(evidence: Evidence, image: ImageRef) -> Spelling | None:
    known = evidence.nearby.tags
    # Of a list that was not read to its end the rest may hold another that is as near.
    tags = known.value if isinstance(known, Fact) and not isinstance(known, Beginning) else ()
    near = meant(image.tag, (tag for tag in tags if tag != "latest"))
    if not near or not image.written.endswith(f":{image.tag}"):
        return None
    right = f"{image.written.removesuffix(image.tag)}{near[0]}"
    return _spelling(image, right, f"tag {image.tag}", near, f"a tag of {image.repository}")


def _project(evidence: Evidence, image: ImageRef) -> Spelling | None:
    known = dict(_projects(evidence, image))
    near = meant(image.project or "", known)
    if not near or image.project is None:
        return None
    right = image.written.replace(f"{image.registry}/{image.project}/", f"{image.registry}/{near[0]}/", 1)
    return _spelling(image, right, f"project {image.project}", near, known[near[0]])


def _projects(evidence: Evidence, image: ImageRef) -> Iterator[tuple[str, str]]:
    """Projects that there is a reason to know of, each with where it is known from."""
    host = hostname(image.registry)
    for ref, who in _earlier(evidence, image):
        yield ref.project or "", who
    for named in evidence.secrets:
        secret = named.found.value if isinstance(named.found, Fact) else None
        for entry in secret.entries if secret is not None else ():
            yield from ((project, who) for project, who in _named(entry, named.name) if hostname(entry.key) == host)


def _named(entry: Entry, secret: str) -> Iterator[tuple[str, str]]:
    """The project in an entry's key, and in the name of its robot account."""
    path = entry.key.partition("://")[2 if "://" in entry.key else 0].partition("/")[2]
    if path:
        yield path.partition("/")[0], f"the project that a key of Secret {secret} names"
    user = entry.login.username
    if "$" in user and "+" in user:
        yield user.partition("$")[2].partition("+")[0], f"the project of {user}, the login in Secret {secret}"


def _repository(evidence: Evidence, image: ImageRef) -> Spelling | None:
    known = {ref.repository: who for ref, who in _earlier(evidence, image) if ref.project == image.project}
    near = meant(image.repository, known)
    if not near:
        return None
    right = image.written.replace(image.name, f"{image.registry}/{near[0]}", 1)
    return _spelling(image, right, f"repository {image.repository}", near, known[near[0]])


def _earlier(evidence: Evidence, image: ImageRef) -> Iterator[tuple[ImageRef, str]]:
    """Images of the same registry that the workload's other revisions have."""
    for one in evidence.earlier.value if isinstance(evidence.earlier, Fact) else ():
        try:
            ref = parse(one.image)
        except ImageNameError:
            continue
        if ref.registry == image.registry and ref.project:
            yield ref, f"what {one.holder} has"


def _spelling(image: ImageRef, right: str, word: str, near: tuple[str, ...], why: str) -> Spelling | None:
    """Return it, or None where what a registry or Secret calls so is no name of an image."""
    try:
        read = parse(right)
    except ImageNameError:
        return None
    if right == image.written:
        return None
    return Spelling(image.written, read if len(near) == 1 else None, word, near, why)
