"""Key a: make new pods name a Secret that is there and good, and replace the stuck ones."""

from checks.credentials import Login
from checks.errors import ClusterError
from checks.image import ImageRef
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.gate import login_asks
from checks.repair.plan import FixPlan, LoginProof, Refusal
from checks.repair.prove import images_of, pods_of
from checks.repair.wiring import wire

ID, KEY = "attach", "a"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer to append a proven Secret to the list that the pods get theirs from; Refusal where none is proven.

    Raises ClusterError where something that must be read cannot be.
    """
    images = images_of(problem)
    if not images:
        return None
    namespace = problem.subject.namespace or problem.pulls[0].namespace
    pulls = tuple(p for p in pods_of(problem) if p.namespace == namespace)
    found = _proven(namespace, images, bench)
    if found is None:
        why = f"no Secret in {namespace} has a login that pulls these images"
        return Refusal(ID, KEY, f"Attach a pull Secret to {_whom(problem, namespace)}", why)
    name, known, proof = found
    wired = wire(pulls, bench, name)
    if not wired.steps:
        return Refusal(ID, KEY, f"Attach {name}", " ".join(wired.warnings) or "the pods name it already")
    return draft(
        problem, bench, name=ID, key=KEY, title=_title(name, [step.target for step in wired.steps]), proof=proof,
        steps=wired.steps, asks=(*login_asks(known, proof), *wired.asks), warnings=wired.warnings,
    )  # fmt: skip


def _proven(namespace: str, images: tuple[ImageRef, ...], bench: Bench) -> tuple[str, Login, LoginProof] | None:
    """The first Secret that pulls all images, one whose login may nothing else before a powerful one.

    Raises ClusterError where none does, but one that cannot be read might.
    """
    powerful, unread = None, None
    for name in bench.pull_secret_names(namespace):
        try:
            found = bench.try_secret(namespace, name, images)
        except ClusterError as error:
            unread = unread or error
            continue
        if found is None or not found[1].proven:
            continue
        if not found[1].powers:
            return (name, *found)
        powerful = powerful or (name, *found)
    if powerful is None and unread is not None:
        raise unread
    return powerful


def _whom(problem: Problem, namespace: str) -> str:
    account = problem.pulls[0].service_account or "default"
    return f"ServiceAccount {namespace}/{account}"


def _title(secret: str, targets: list[ObjectRef]) -> str:
    pods = [ref for ref in targets if ref.kind == "Pod"]
    others = [f"{ref.kind} {ref.namespace}/{ref.name}" for ref in targets if ref.kind != "Pod"]
    attached = f"Attach {secret} to {', '.join(others)}" if others else f"Make pods that name {secret}"
    return f"{attached}, replace {len(pods)} pod{'s' * (len(pods) != 1)}" if pods else attached
