"""What the artifact rules share."""

from checks.facts import Fact, Manifest
from checks.model import Evidence, Proof
from checks.rules.base import blamed, kubelet_proof, open_to, served, trial_proofs


def missing(evidence: Evidence) -> Manifest | None:
    """Return the 404 that somebody with the right to pull got, or None; the kubelet must not contradict it."""
    manifest = served(evidence)
    if manifest is None or manifest.status != 404 or not open_to(evidence, "not_found_tag", "not_found_repository"):
        return None
    return manifest


def behind_proxy(evidence: Evidence, manifest: Manifest) -> bool:
    """Is this 404 what a proxy cache says when its upstream gives nothing, for whatever reason?

    Where the upstream itself answered 404, Harbor says `resource not found: repo ...` (Harbor 2.15 recorded, 2.5).
    """
    view = evidence.project.value if isinstance(evidence.project, Fact) else None
    return view is not None and view.proxy and not manifest.message.startswith("resource not found: ")


def proxy_hedge(evidence: Evidence) -> str:
    """On a Harbor whose API was not asked: the one thing that would make the verdict another."""
    harbor = isinstance(evidence.ping, Fact) and evidence.ping.value.harbor
    if not harbor or isinstance(evidence.project, Fact):
        return ""
    return ", unless that project is a proxy cache whose upstream fails"


def artifact_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """The kubelet's word, the exchanges of whoever may pull, and what is there instead."""
    trial = blamed(evidence)
    if trial is None or trial.manifest is None or trial.manifest.status in (401, 403):
        trial = evidence.anonymous
    tags = evidence.nearby.tags
    lines = (Proof("registry", f"tags: {', '.join(tags.value[:20])}", tags.at),) if isinstance(tags, Fact) else ()
    return (kubelet_proof(evidence), *trial_proofs(trial), *lines)
