"""Key s: put another login into the Secret: one that is known to pull, the user's own, or one that was given."""

from checks.credentials import Login
from checks.facts import Knows, Trial
from checks.image import ImageRef
from checks.model import ObjectRef, Problem, Pull
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.gate import login_asks
from checks.repair.healing import with_new_login
from checks.repair.payload import new_secret
from checks.repair.plan import FixPlan, Refusal
from checks.repair.prove import images_of, in_namespace, pods_of, secrets_at_fault
from checks.repair.secretwrite import SecretWrite, free_name, write_secret
from checks.repair.sources import Source, given
from checks.repair.spread import Spread, added, spread
from checks.repair.wiring import Wired, wire
from checks.wording import few

ID, KEY = "new-login", "s"

NAME = "harbor-pull"
"""What a pull Secret is called that nobody has named yet."""


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:
    """Offer to write a login: the given one, else the best that is known; Refusal where none is known.

    Raises ClusterError where something that must be read cannot be.
    """
    images = images_of(problem)
    if not images:
        return None
    named = secrets_at_fault(problem)
    targets = named or unnamed(problem, bench)
    found = (
        _everywhere(problem, bench, targets, login)
        if login
        else spread(problem, targets, bench, neighbours=bool(named))
    )
    if isinstance(found, str):
        return Refusal(ID, KEY, f"Put a login for {images[0].registry} into {_named(targets)}", found)
    served = tuple(t for t in targets if t.namespace in found.sources)
    # What is left as it is has nothing to wait for.
    return _plan(in_namespace(problem, *(t.namespace for t in served)), bench, served, found)


def _everywhere(problem: Problem, bench: Bench, targets: tuple[ObjectRef, ...], login: Login) -> Spread:
    """The login that a person gave, tried once, for all namespaces."""
    source = given(login, images_of(problem), bench)
    return Spread(dict.fromkeys((target.namespace for target in targets), source))


def unnamed(problem: Problem, bench: Bench) -> tuple[ObjectRef, ...]:
    """Return the name of a new Secret for pods that name none; raises ClusterError, Refused."""
    namespace = problem.subject.namespace or problem.pulls[0].namespace
    return (ObjectRef("Secret", namespace, free_name(namespace, NAME, bench)),)


def _plan(problem: Problem, bench: Bench, targets: tuple[ObjectRef, ...], found: Spread) -> FixPlan:
    writes = [_written(problem, bench, target, found.sources[target.namespace]) for target in targets]
    wired = [wire_login(problem, bench, target, write) for target, write in zip(targets, writes, strict=True)]
    both: list[SecretWrite | Wired] = [*writes, *wired]
    sources = tuple(dict.fromkeys(found.sources.values()))
    return draft(
        problem, bench, name=sources[0].id, key=KEY, title=_title(problem, targets, sources),
        proof=added([source.proof for source in sources]),
        steps=(*(s for w in writes for s in w.steps), *(s for w in wired for s in w.steps)),
        asks=(
            *found.asks,
            *(a for source in sources for a in login_asks(source.login, source.proof, known=source.id == "add-entry")),
            *(a for w in both for a in w.asks),
        ),
        warnings=(*found.notes, *(text for w in both for text in w.warnings)),
    )  # fmt: skip


def _written(problem: Problem, bench: Bench, target: ObjectRef, source: Source) -> SecretWrite:
    """Only what is pulled in its own namespace shapes a Secret's entries."""
    here = images_of(in_namespace(problem, target.namespace))
    return write_login(problem, bench, target, source, here or images_of(problem))


def write_login(
    problem: Problem, bench: Bench, target: ObjectRef, source: Source, images: tuple[ImageRef, ...]
) -> SecretWrite:
    """Return the steps that put a login into a Secret, made where it is not there; raises ClusterError, Refused."""
    body = bench.read(target)
    if body is None:
        new = new_secret(target.namespace, target.name, images[0].registry, source.login)
        return write_secret(target, None, new, bench)
    mended = with_new_login(body, source.login, source.proof, images, _useless(problem))
    write = write_secret(target, body, mended.body, bench)
    return SecretWrite(write.steps, write.name, write.warnings, (*mended.asks, *write.asks))


def _useless(problem: Problem) -> tuple[Login, ...]:
    """The logins that the registry refuses; one that merely lacks a right here, or was not asked, may serve others."""
    trials = [t for d in problem.diagnoses for t in d.evidence.trials if t.login is not None]
    return tuple(dict.fromkeys(t.login for t in trials if t.login is not None and _refused(t)))


def _refused(trial: Trial) -> bool:
    """A robot has no directory behind it that could answer fast, so a quick refusal of it is one."""
    robot = trial.login is not None and trial.login.username.startswith("robot$")
    return trial.knows is Knows.REFUSED or (robot and trial.knows is Knows.LOCKED)


def wire_login(problem: Problem, bench: Bench, target: ObjectRef, write: SecretWrite) -> Wired:
    """Pods that name the Secret already find it at the next attempt; the others have to be told its name."""
    pulls = tuple(p for p in pods_of(problem) if p.namespace == target.namespace)
    if write.name != target.name:
        return wire(pulls, bench, write.name, instead_of=target.name)
    return wire(_without(pulls, target.name), bench, target.name)


def _without(pulls: tuple[Pull, ...], name: str) -> tuple[Pull, ...]:
    return tuple(pull for pull in pulls if name not in pull.pull_secrets)


def _named(targets: tuple[ObjectRef, ...]) -> str:
    return f"Secret {few([f'{t.namespace}/{t.name}' for t in targets], 3)}"


def _title(problem: Problem, targets: tuple[ObjectRef, ...], sources: tuple[Source, ...]) -> str:
    words = tuple(dict.fromkeys(source.words for source in sources))
    which = words[0] if len(words) == 1 else "that each namespace has"
    return f"Write {_named(targets)} with the login {which} for {images_of(problem)[0].registry}"
