"""Key s: write the same login without what is wrong with it."""

from checks.credentials import Login
from checks.facts import Knows
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.gate import login_asks
from checks.repair.healing import Mended, Tried, best_login, mend, structure
from checks.repair.payload import Payload, find
from checks.repair.plan import FixPlan, Refusal
from checks.repair.prove import images_of, pods_of, secrets_at_fault
from checks.repair.secretwrite import SecretWrite, write_secret
from checks.repair.wiring import Wired, wire

ID, KEY = "recreate-secret", "s"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer to mend the Secret; None where nothing about it can be mended, Refusal where its login is no good anyway.

    Raises ClusterError where the Secret cannot be read.
    """
    images, refs = images_of(problem), secrets_at_fault(problem)
    if len(refs) > 1:  # the login that they share is no good; no Secret is at fault by itself
        return None
    body = bench.read(refs[0]) if refs and images else None
    payload = find(body) if body else None
    if body is None or payload is None:
        return None
    where = f"{refs[0].namespace}/{refs[0].name}"
    tried = best_login(payload, where, images, bench, _renamed(problem))
    if tried.reading is None:
        return _useless(refs[0], body, payload, tried)
    mended = mend(body, payload, tried, images)
    return None if mended is None else _plan(problem, bench, refs[0], body, mended)


def _renamed(problem: Problem) -> tuple[Login, ...]:
    """Logins that the registry took when they were tried under the robot's present name."""
    found = (v.trial for d in problem.diagnoses for v in d.evidence.variants if v.kind == "robot_prefix")
    return tuple(dict.fromkeys(t.login for t in found if t.login is not None and t.knows is Knows.ACCEPTED))


def _useless(ref: ObjectRef, body: dict[str, object], payload: Payload, tried: Tried) -> Refusal | None:
    """A sound Secret with a wrong password has nothing to mend; of a faulty one people expect it."""
    faulty = structure(body, payload) or any(e.broken for e in payload.entries)
    if not faulty or not tried.key:
        return None
    return Refusal(ID, KEY, _title(ref, ()), "the registry refuses the login in every form that the Secret could mean")


def _plan(problem: Problem, bench: Bench, ref: ObjectRef, body: dict[str, object], mended: Mended) -> FixPlan:
    write = write_secret(ref, body, mended.body, bench)
    moved = _moved(problem, bench, ref, write)
    return draft(
        problem, bench, name=ID, key=KEY, title=_title(ref, mended.how), steps=(*write.steps, *moved.steps),
        asks=(*mended.asks, *login_asks(mended.login, mended.proof, known=True), *write.asks, *moved.asks),
        warnings=(*write.warnings, *moved.warnings), proof=mended.proof,
    )  # fmt: skip


def _moved(problem: Problem, bench: Bench, ref: ObjectRef, write: SecretWrite) -> Wired:
    """An immutable Secret lives on under a new name, which the pods' successors must be told."""
    if write.name == ref.name:
        return Wired()
    pulls = tuple(p for p in pods_of(problem) if p.namespace == ref.namespace)
    return wire(pulls, bench, write.name, instead_of=ref.name)


def _title(ref: ObjectRef, how: tuple[str, ...]) -> str:
    return " ".join(filter(None, (f"Recreate Secret {ref.namespace}/{ref.name}", " and ".join(how))))
