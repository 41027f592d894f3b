"""What a rule is, and the questions that rules ask of evidence. Pure: no I/O, no clock, no settings."""

from collections.abc import Callable
from dataclasses import dataclass

from checks.facts import Fact, Knows, Manifest, Trial, Unknown
from checks.model import Evidence, Finding, Proof, Stage, Subject

DENIED_WORDS = frozenset(
    {
        "no_credentials",
        "bad_credentials",
        "no_permission",
        "not_found_project",
        "secret_missing",
        "secret_malformed",
    }
)
"""Cause words of the texts with which access is denied."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One way in which a pull breaks."""

    code: str
    stage: Stage
    title: str
    """A few words for a list: `password has white space`."""
    cause: str
    """The corpus's cause word."""
    sentence: str
    """Template of the verdict; filled with the finding's `params`."""
    examine: Callable[[Evidence], Finding | None]
    order: int
    """Causal order: of several findings the lowest would still block if the others were mended."""
    plans: tuple[str, ...] = ()
    """Names in `checks.repair.plans.PLANS`, best first."""
    manual: str = ""
    """The module docstring: what, why it matters, what to do."""

    def render(self, finding: Finding) -> str:
        """Return the verdict as one sentence."""
        return self.sentence.format_map(finding.params)


def open_to(evidence: Evidence, *causes: str) -> bool:
    """Does the kubelet's text leave one of these causes possible? A text that says nothing leaves all."""
    reading = evidence.reading
    if reading.confidence == "none" or reading.cause == "unknown_ambiguous":
        return not reading.alternatives or bool(set(reading.alternatives) & set(causes))
    return bool({reading.cause, *reading.alternatives} & set(causes))


def kubelet_proves(evidence: Evidence, *causes: str) -> bool:
    """Does the kubelet's text alone prove one of these causes?"""
    return evidence.reading.confidence == "proven" and evidence.reading.cause in causes


def manifests(evidence: Evidence) -> tuple[Manifest, ...]:
    """All manifest answers, those with a login first."""
    return tuple(t.manifest for t in (*evidence.trials, evidence.anonymous) if t.manifest is not None)


def project_missing(evidence: Evidence) -> bool:
    """Harbor said that the project does not exist: an empty challenge on a lower-case path, or in words.

    Source: Harbor 2.15 recorded, answers D; src/server/middleware/v2auth.
    """
    image = evidence.image
    if image is None or image.repository != image.repository.lower():
        return False
    return any(
        m.status == 401 and (m.empty_challenge or f"project {image.project} not found" in m.message)
        for m in manifests(evidence)
    )


def denied_without_login(evidence: Evidence) -> bool:
    """Is the image refused to somebody without a login: measured, or else as far as the kubelet's text goes?"""
    manifest = evidence.anonymous.manifest
    if manifest is not None:
        return manifest.status in (401, 403) and not project_missing(evidence)
    return open_to(evidence, "no_credentials", "secret_missing")


def usable_trials(evidence: Evidence) -> tuple[Trial, ...]:
    """Trials of logins that have a user name and a password; an empty login is as good as none."""
    return tuple(t for t in evidence.trials if t.login and t.login.username and t.login.password)


def sends_no_login(evidence: Evidence) -> bool:
    """The keyring is known and holds no usable login for this image."""
    return not isinstance(evidence.keyring, Unknown) and not usable_trials(evidence) and not evidence.keyring.error


def blamed(evidence: Evidence) -> Trial | None:
    """The trial that came farthest: the login that the kubelet would have pulled with."""
    trials = usable_trials(evidence)
    return max(trials, key=_progress) if trials else None


def served(evidence: Evidence) -> Manifest | None:
    """The answer of whoever may pull: the farthest login, else the anonymous one."""
    for trial in (blamed(evidence), evidence.anonymous):
        if trial and trial.manifest and trial.manifest.status not in (401, 403):
            return trial.manifest
    return None


def _progress(trial: Trial) -> int:
    if trial.manifest and trial.manifest.status not in (401, 403):
        return 3
    return {Knows.ACCEPTED: 2, Knows.LOCKED: 1}.get(trial.knows, 0)


def refused(trial: Trial | None) -> bool:
    """The registry does not take this login.

    A robot's right secret passes even during Harbor's lock, so for a robot a quick refusal is a refusal too
    (Harbor 2.15 recorded, 2.10).
    """
    if trial is None or trial.login is None or trial.pulls:
        return False
    if trial.knows is Knows.LOCKED:
        return trial.login.username.startswith("robot$")
    return trial.knows is Knows.REFUSED


def secret_subject(evidence: Evidence, name: str) -> Subject:
    """The Secret of this name in the pull's namespace, as a subject."""
    return Subject("Secret", evidence.pull.namespace, name)


def trial_secret(evidence: Evidence, trial: Trial) -> Subject:
    """The Secret that a trial's login stands in, as a subject."""
    assert trial.login is not None
    namespace, _, name = trial.login.origin.where.rpartition("/")
    return Subject("Secret", namespace or evidence.pull.namespace, name)


def registry_subject(evidence: Evidence) -> Subject:
    """The registry host of the image, as a subject."""
    host = evidence.image.registry if evidence.image else evidence.reading.host
    return Subject("registry", "", host or "unknown registry")


def kubelet_proof(evidence: Evidence) -> Proof:
    """What the kubelet said, as a line of evidence."""
    complaint = evidence.pull.complaint
    text = evidence.reading.detail or (complaint.message if complaint else "") or "said nothing more"
    return Proof("kubelet", text, complaint.at if complaint else None)


def trial_proofs(trial: Trial) -> tuple[Proof, ...]:
    """The exchanges of a trial, one line each."""
    return tuple(
        Proof("registry", f"{x.method} {x.url} as {x.user or 'nobody'} → {x.status or x.failure}", x.at)
        for x in trial.exchanges
    )


def secret_proof(evidence: Evidence, name: str, text: str) -> Proof:
    """A line about a Secret, with the time it was read."""
    for named in evidence.secrets:
        if named.name == name and isinstance(named.found, Fact):
            return Proof("secret", text, named.found.at)
    return Proof("secret", text)


def nearest(name: str, candidates: tuple[str, ...]) -> tuple[str, ...]:
    """Return up to three candidates near to `name` by edit distance, nearest first; none if all are far."""
    limit = max(2, len(name) // 3)
    scored = sorted((distance(name, other), other) for other in set(candidates) if other != name)
    return tuple(other for steps, other in scored if steps <= limit)[:3]


def distance(one: str, two: str) -> int:
    """Edit distance with transposition of neighbours (optimal string alignment)."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, b in enumerate(two, 1):
            best = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                best = min(best, older[j - 2] + 1)
            row.append(best)
    return row[-1]
