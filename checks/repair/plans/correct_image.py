"""Key c: correct a misspelt image where it stands, once the pods' own logins have pulled the right one."""

from collections.abc import Mapping, Sequence

from checks.credentials import Login
from checks.facts import Fact, Platform, Unknown
from checks.image import ImageRef
from checks.model import Problem, PullKey
from checks.repair.bench import Bench
from checks.repair.draft import draft
from checks.repair.images import Held, held, put_images, secrets_of
from checks.repair.plan import FixPlan, LoginProof, Refusal
from checks.repair.spelling import Spelling, spelling

ID, KEY = "correct-image", "c"
TITLE = "Correct the image"


def propose(problem: Problem, bench: Bench, login: Login | None = None) -> FixPlan | Refusal | None:  # noqa: ARG001
    """Offer the one image that each misspelt one must mean; None where no name is near any of them.

    Refusal where two names are equally near, where the right image cannot be proven, and where it stands in something
    that is not changed from here. Raises ClusterError where that cannot be read.
    """
    found = {d.pull.image: spelling(d) for d in problem.diagnoses}
    if not any(found.values()):
        return None
    if why := _uncertain(found):
        return Refusal(ID, KEY, TITLE, why)
    known = [one for one in found.values() if one is not None]
    places = held(problem.pulls, bench)
    if not places.groups:
        return Refusal(ID, KEY, TITLE, " ".join(places.others))
    rights = {one.wrong: one.right for one in known if one.right}
    proof = _proof(places, rights, {d.pull.key: d.evidence.node for d in problem.diagnoses}, bench)
    if not proof.proven:
        return Refusal(ID, KEY, TITLE, proof.sentence)
    wired = put_images(places, {wrong: right.written for wrong, right in rights.items()}, bench)
    if not wired.steps:
        return Refusal(ID, KEY, TITLE, "it is corrected already: new pods have another image")
    return draft(
        problem, bench, name=ID, key=KEY, title=_title(known), steps=wired.steps, proof=proof,
        asks=(*(_ask(one) for one in known), *wired.asks), warnings=wired.warnings,
    )  # fmt: skip


def _uncertain(found: Mapping[str, Spelling | None]) -> str:
    """Why it is not certain what is meant; empty where it is."""
    for image, one in found.items():
        if one is None:
            return f"what {image} means is not certain, while others of this problem are misspelt"
        if one.right is None:
            names = " and ".join((", ".join(one.near[:-1]), one.near[-1]))
            return f"{names} are equally near to {one.word}: only who wrote it can tell which is meant"
    return ""


def _proof(
    places: Held, rights: Mapping[str, ImageRef], nodes: Mapping[PullKey, Fact[Platform] | Unknown], bench: Bench
) -> LoginProof:
    """Pull each right image as each of the pods would; the first that fails tells why."""
    proven: dict[tuple[object, ...], str] = {}
    for found, pulls in places.groups:
        by_account = {pull.service_account: pull for pull in pulls}
        lists = {account: secrets_of(pull, found, bench) for account, pull in by_account.items()}
        for pull in pulls:
            node = nodes[pull.key]
            platform = node.value if isinstance(node, Fact) else None
            right, secrets = rights[pull.image], lists[pull.service_account]
            key = (pull.namespace, secrets, right, platform)
            if key in proven:
                continue
            one = bench.pulled_as_pod(pull.namespace, secrets, right, platform)
            if not one.proven:
                return LoginProof(False, 0, len(rights), f"{right.written} is near, but {one.sentence}")
            proven[key] = one.sentence
    return LoginProof(True, len(rights), len(rights), " and ".join(dict.fromkeys(proven.values())))


def _ask(one: Spelling) -> str:
    return f"Is {one.right.written if one.right else ''} meant? {one.near[0]} is nearest to {one.word}: {one.why}."


def _title(known: Sequence[Spelling]) -> str:
    parts = dict.fromkeys(f"{one.word} to {one.near[0]}" for one in known)
    return f"Correct {', '.join(parts)}"
