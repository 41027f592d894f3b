"""Key r: replace the stuck pods of this problem, and no others."""

from checks.credentials import Login
from checks.errors import ClusterError
from checks.image import ImageRef
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.kinds import pull_list
from checks.repair.plan import FixPlan, LoginProof, Refusal
from checks.repair.podsteps import replace_pods
from checks.repair.prove import images_of, pods_of

ID, KEY = "replace-pods", "r"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer to replace the stuck pods where a new pod can pick up what they cannot; Refusal where none may be."""
    pulls = pods_of(problem)
    found = replace_pods(pulls, bench)
    title = f"Replace {len(found.steps) or len(pulls)} stuck pod{'s' * ((len(found.steps) or len(pulls)) != 1)}"
    if not found.steps:
        return Refusal(ID, KEY, title, " ".join(found.notes) or "the pods are gone")
    proof = _account_proof(problem, bench)
    asks = list(found.asks)
    if proof is None:
        asks.insert(0, "It is not proven that new pods fare better.")
    elif not proof.proven:
        asks.insert(0, f"It is not proven that new pods fare better: {proof.sentence}.")
    return draft(
        problem, bench, name=ID, key=KEY, title=title, steps=found.steps, asks=asks, warnings=found.notes, proof=proof
    )


def _account_proof(problem: Problem, bench: Bench) -> LoginProof | None:
    """Try the Secrets that a new pod would get from the ServiceAccount; None where there is nothing to try."""
    images = images_of(problem)
    subject = problem.subject
    if subject.kind != "ServiceAccount" or not images:
        return None
    body = bench.read(ObjectRef("ServiceAccount", subject.namespace, subject.name))
    best: LoginProof | None = None
    for name in pull_list(body):
        proof = _try(subject.namespace, name, images, bench)
        if proof is not None and proof.proven:
            return proof
        best = best or proof
    return best


def _try(namespace: str, name: str, images: tuple[ImageRef, ...], bench: Bench) -> LoginProof | None:
    try:
        found = bench.try_secret(namespace, name, images)
    except ClusterError as error:
        return LoginProof(False, 0, len(images), str(error).rstrip("."))
    return found[1] if found else None
