"""What the policy rules share: Harbor's 412 and its words, and the project's own settings where the API shows them."""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Subject
from checks.records import Policy
from checks.rules.artifact_rule import artifact_proofs
from checks.rules.base import open_to, served
from checks.rules.past import past
from checks.rules.when import day


def blocked(evidence: Evidence, code: str, words: tuple[str, ...]) -> Finding | None:
    """Return a finding where a manifest is refused with 412 in one of these words."""
    image, manifest = evidence.image, served(evidence)
    if image is None or manifest is None or manifest.status != 412:
        return None
    if not any(word in manifest.message for word in words):
        return None
    if not open_to(evidence, "policy_vulnerability", "policy_signature", "policy_other"):
        return None
    return Finding(
        code,
        Subject("image", "", f"{image.name}:{image.tag}" if not image.digest else f"{image.name}@{image.digest}"),
        {
            "project": image.project or "",
            "registry": image.registry,
            "image": evidence.pull.image,
            "severity": _severity(evidence),
            "needs": f", as the project holds back vulnerabilities{level}" if (level := _severity(evidence)) else "",
            "signed": _signed(evidence),
            "ended": _ended(evidence),
        },
        (*artifact_proofs(evidence), *_settings(evidence)),
    )


def policy(evidence: Evidence) -> Policy | None:
    """Return what the project demands, None where the API was not asked or does not show it."""
    view = evidence.project.value if isinstance(evidence.project, Fact) else None
    return view.policy if view is not None else None


def _severity(evidence: Evidence) -> str:
    found = policy(evidence)
    return f" of severity {found.severity} or higher" if found is not None and found.severity else ""


def _signed(evidence: Evidence) -> str:
    """By which tools, as words before `signed images`."""
    found = policy(evidence) or Policy()
    tools = [name for name, wanted in (("cosign", found.cosign), ("notation", found.notation)) if wanted]
    return f"{'- and '.join(tools)}-" if tools else ""


def _ended(evidence: Evidence) -> str:
    """That the project's CVE allowlist counts no more, which holds back what was let through until then."""
    found = policy(evidence)
    over = past(evidence, found.allowlist_until) if found is not None and found.allowlist else ""
    return f"; the project's CVE allowlist ended {over}" if over else ""


def _settings(evidence: Evidence) -> tuple[Proof, ...]:
    """The project's own settings, in one line."""
    found = policy(evidence)
    if found is None or not isinstance(evidence.project, Fact):
        return ()
    parts = [f"vulnerabilities of severity {found.severity} or higher held back" if found.severity else ""]
    parts += [f"{tool}signed images only" if (tool := _signed(evidence)) else ""]
    if found.severity:
        parts.append(_allowlist(found))
    said = ", ".join(part for part in parts if part) or "nothing that holds back images"
    project = evidence.image.project if evidence.image else ""
    return (Proof("harbor", f"settings of project {project}: {said}", evidence.project.at),)


def _allowlist(found: Policy) -> str:
    if not found.own_allowlist:
        return "the system's CVE allowlist applies"
    count = f"CVE allowlist of its own with {len(found.allowlist)} entr{'y' if len(found.allowlist) == 1 else 'ies'}"
    return count + (f" until {day(found.allowlist_until)}" if found.allowlist_until else "")
