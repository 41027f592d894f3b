"""A login for Secrets in several namespaces: each one's own where it has one, else one carried there, asked first.

Namespaces are tenants: a login that is carried from one into another can be used by whoever may read Secrets there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from checks.image import ImageRef
from checks.model import ObjectRef, Problem
from checks.repair.bench import Bench
from checks.repair.plan import LoginProof
from checks.repair.prove import images_of, in_namespace
from checks.repair.sources import Source, best


@dataclass(frozen=True, slots=True)
class Spread:
    """Which login goes into which namespace."""

    sources: dict[str, Source]
    asks: tuple[str, ...] = ()
    """What is carried from one namespace into others."""
    notes: tuple[str, ...] = ()
    """Namespaces that are left as they are."""


def spread(problem: Problem, targets: Sequence[ObjectRef], bench: Bench, *, neighbours: bool) -> Spread | str:
    """Find a login for every namespace of `targets`, or say why there is none for any. Raises ClusterError."""
    own: dict[str, Source] = {}
    why = ""
    for target in {target.namespace: target for target in reversed(targets)}.values():
        found = best(target, _images(problem, target.namespace), bench, neighbours=neighbours)
        if isinstance(found, Source):
            own[target.namespace] = found
        else:
            why = found
    if not own:
        return why
    spaces = tuple(dict.fromkeys(target.namespace for target in targets))
    carried = {space: one for space in spaces if space not in own and (one := _carry(problem, space, own, bench))}
    sources = {space: source for space in spaces if (source := own.get(space) or carried.get(space))}
    left = [space for space in spaces if space not in sources]
    notes = (f"No login is known that pulls the images in {', '.join(left)}; nothing is done there.",) if left else ()
    return Spread(sources, _asks(carried), notes)


def _images(problem: Problem, namespace: str) -> tuple[ImageRef, ...]:
    return images_of(in_namespace(problem, namespace))


def _carry(problem: Problem, namespace: str, own: dict[str, Source], bench: Bench) -> Source | None:
    """The first login of another namespace that pulls this one's images."""
    for space, source in own.items():
        proof = bench.prove(source.login, _images(problem, namespace))
        if proof.proven:
            return Source(source.id, source.login, proof, f"{source.words} in {space}")
    return None


def _asks(carried: dict[str, Source]) -> tuple[str, ...]:
    return tuple(
        f"The login {source.login.username} {source.words} is carried into {', '.join(spaces)}: "
        "whoever may read Secrets there can use it."
        for source, spaces in _by_source(carried)
    )


def _by_source(carried: dict[str, Source]) -> tuple[tuple[Source, list[str]], ...]:
    found: dict[str, tuple[Source, list[str]]] = {}
    for space, source in carried.items():
        found.setdefault(source.words, (source, []))[1].append(space)
    return tuple(found.values())


def added(proofs: Sequence[LoginProof]) -> LoginProof:
    """Return several proofs as one: proven only if all are; powers are those of any."""
    if len(set(proofs)) == 1:
        return proofs[0]
    pulled, of = sum(proof.pulled for proof in proofs), sum(proof.of for proof in proofs)
    bad = next((proof for proof in proofs if not proof.proven), None)
    powers = tuple(dict.fromkeys(power for proof in proofs for power in proof.powers))
    said = bad.sentence if bad else f"pulls {pulled} of {of} failing images"
    return LoginProof(bad is None, pulled, of, said, any(proof.refused for proof in proofs), powers)
