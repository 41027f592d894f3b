"""What a rule is, and the questions that rules ask of evidence. Pure: no I/O, no clock, no settings."""

from collections.abc import Callable
from dataclasses import dataclass

from checks.facts import Exchange, Fact, Knows, Manifest, Trial, Unknown, Variant
from checks.model import Evidence, Finding, Proof, Stage, Subject

DENIALS = (401, 403)
"""HTTP statuses with which a registry refuses access."""

DENIED_WORDS = frozenset({"no_credentials", "bad_credentials", "no_permission", "not_found_project", "secret_missing"})
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
    explains: tuple[str, ...] = ()
    """Codes of findings that are this one seen less exactly: where this fires they are not said again."""
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


def is_harbor(evidence: Evidence) -> bool:
    """Did the registry show Harbor's fingerprint?"""
    return isinstance(evidence.ping, Fact) and evidence.ping.value.harbor


def project_missing(evidence: Evidence) -> bool:
    """Harbor said that the project does not exist: an empty challenge on a lower-case path, or in words.

    Source: Harbor 2.15 recorded, answers D; src/server/middleware/v2auth.
    """
    image = evidence.image
    if image is None or image.project is None:
        return False
    said, harbor = f"project {image.project} not found", is_harbor(evidence)
    return any(m.status == 401 and ((harbor and m.empty_challenge) or said in m.message) for m in manifests(evidence))


def may_hide(evidence: Evidence) -> bool:
    """Would the registry refuse what is not there in the same way as what is private?

    Harbor tells a missing project apart, and a registry with Basic lets nobody in without a login. Docker Hub and
    its likes answer alike for both; then only the kubelet's text can rule out that there is no such repository.
    """
    ping = evidence.ping.value if isinstance(evidence.ping, Fact) else None
    if ping is not None and (ping.harbor or ping.scheme == "basic"):
        return False
    return open_to(evidence, "not_found_repository", "short_name")


def denied_without_login(evidence: Evidence) -> bool:
    """Is a login what is lacking: measured without one, or else in the kubelet's own words?"""
    manifest = evidence.anonymous.manifest
    if manifest is None:
        said = evidence.reading.cause in ("no_credentials", "secret_missing")
        return said and not may_hide(evidence) and not _plain_by_default(evidence)
    return manifest.status in DENIALS and not project_missing(evidence) and not may_hide(evidence)


def _plain_by_default(evidence: Evidence) -> bool:
    """Is the registry on the node itself? containerd asks it by plain HTTP (core/remotes/docker, MatchLocalhost).

    What an HTTPS port answers to that reads like a missing login.
    """
    host = evidence.image.registry if evidence.image else ""
    return host.startswith(("127.", "[::1]")) or host.partition(":")[0] == "localhost"


def denied(evidence: Evidence, trial: Trial) -> bool:
    """Is access what this login lacks: measured, or else in the kubelet's own words?

    A public project serves whoever is refused (Harbor 2.15 recorded), so a refused login alone proves nothing.
    """
    if trial.manifest is not None:
        return trial.manifest.status in DENIALS
    return evidence.reading.cause in DENIED_WORDS


def usable_trials(evidence: Evidence) -> tuple[Trial, ...]:
    """Trials of logins that have a user name and a password; an empty login is as good as none."""
    return tuple(t for t in evidence.trials if t.login and t.login.username and t.login.password)


def sends_no_login(evidence: Evidence) -> bool:
    """The keyring is known and holds no usable login for this image."""
    return not isinstance(evidence.keyring, Unknown) and not usable_trials(evidence) and not evidence.keyring.error


def blamed(evidence: Evidence) -> Trial | None:
    """The login that the kubelet would have pulled with: one that is served, else one made for this very project,
    else the one that came farthest; among equals the first in the kubelet's order.
    """
    trials = usable_trials(evidence)
    return max(trials, key=lambda trial: (_served(trial), _made_for(evidence, trial), _progress(trial)), default=None)


def served(evidence: Evidence) -> Manifest | None:
    """The answer of whoever may pull: the farthest login, else the anonymous one."""
    for trial in (blamed(evidence), evidence.anonymous):
        if trial and trial.manifest and trial.manifest.status not in DENIALS:
            return trial.manifest
    return None


def token_trial(evidence: Evidence) -> Trial:
    """The trial that tells whether this machine gets a token: without a login, else the one that stands for it."""
    if evidence.anonymous.knows is not Knows.NEEDLESS:
        return evidence.anonymous
    return next((t for t in evidence.trials if t.stands_for_all), evidence.anonymous)


def from_here(evidence: Evidence, got: str) -> str:
    """What a token asked for from here came to, as a part of a sentence: `got`, or why there was none."""
    trial = token_trial(evidence)
    if trial.manifest is not None:
        return got
    return f"; from here: {trial.why}" if trial.why else ""


def _served(trial: Trial) -> bool:
    return trial.manifest is not None and trial.manifest.status not in DENIALS


def _made_for(evidence: Evidence, trial: Trial) -> bool:
    """Does a robot's name carry the image's project? Then the others are for other images."""
    project = evidence.image.project if evidence.image else None
    return bool(project and trial.login and f"${project}+" in trial.login.username)


def _progress(trial: Trial) -> int:
    return {Knows.ACCEPTED: 2, Knows.LOCKED: 1}.get(trial.knows, 0)


def passes(evidence: Evidence) -> bool:
    """Would the pull pass by what was measured: one of its logins is served, or it sends none and needs none?"""
    if any(trial.pulls for trial in evidence.trials):
        return True
    return sends_no_login(evidence) and bool(evidence.anonymous.pulls)


def turned_away(evidence: Evidence, trial: Trial | None) -> bool:
    """The registry does not take this login, be it for a moment only, and the image is refused for want of one."""
    if trial is None or trial.login is None or not denied(evidence, trial):
        return False
    return trial.knows in (Knows.REFUSED, Knows.LOCKED)


def refused(evidence: Evidence, trial: Trial | None) -> bool:
    """The registry does not take this login, and not for a moment only.

    A robot's right secret passes even during Harbor's lock, so for a robot a quick refusal is a refusal too
    (Harbor 2.15 recorded, 2.10).
    """
    if trial is None or trial.login is None or not turned_away(evidence, trial):
        return False
    return trial.knows is Knows.REFUSED or trial.login.username.startswith("robot$")


def variants_of(evidence: Evidence, trial: Trial, kind: str) -> tuple[Variant, ...]:
    """The changed logins of this kind that were tried for a trial's login."""
    return tuple(v for v in evidence.variants if v.kind == kind and v.of == trial.login)


def accepted_variant(evidence: Evidence, trial: Trial, kind: str) -> Variant | None:
    """The changed login of this kind that the registry accepts, if it does."""
    return next((v for v in variants_of(evidence, trial, kind) if v.trial.knows is Knows.ACCEPTED), None)


def healed(evidence: Evidence, kind: str) -> tuple[Trial, Variant] | None:
    """A login that is turned away, and the same one with this one change, which is accepted."""
    for trial in usable_trials(evidence):
        variant = accepted_variant(evidence, trial, kind) if turned_away(evidence, trial) else None
        if variant is not None:
            return trial, variant
    return None


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


def trial_proofs(trial: Trial, note: str = "") -> tuple[Proof, ...]:
    """The exchanges of a trial, one line each; `note` tells this trial from another one."""
    return tuple(_exchange_proof(exchange, note) for exchange in trial.exchanges)


def login_proofs(trial: Trial, note: str = "") -> tuple[Proof, ...]:
    """Only the exchanges that tell whether the registry knows the login."""
    user = trial.login.username if trial.login else ""
    mine = (x for x in trial.exchanges if x.user == user)
    asked = tuple(x for x in mine if "scope=" not in x.url and "scope" not in dict(x.form))
    return tuple(_exchange_proof(exchange, note) for exchange in asked[-1:])


def _exchange_proof(exchange: Exchange, note: str) -> Proof:
    took = f" after {exchange.seconds:.1f} s" if exchange.seconds >= 1 else ""
    errors = "; ".join(dict.fromkeys(e.message.partition(": ")[0] for e in exchange.errors))
    said = f" ({errors})" if errors else ""
    asked = f"{exchange.method} {exchange.url} as {exchange.user or 'nobody'}{note}"
    return Proof("registry", f"{asked} → {exchange.status or exchange.failure}{said}{took}", exchange.at)


def secret_proof(evidence: Evidence, name: str, text: str) -> Proof:
    """A line about a Secret, with the time it was read."""
    for named in evidence.secrets:
        if named.name == name and isinstance(named.found, Fact):
            return Proof("secret", text, named.found.at)
    return Proof("secret", text)
