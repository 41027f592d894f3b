"""What the rules about something that is not there share: who took it away, and when, by Harbor's own records."""

from datetime import datetime

from checks.facts import Fact, Unknown
from checks.model import Evidence, Proof
from checks.records import Deletion, Removal, Retention
from checks.rules.when import day, when


def removed(evidence: Evidence, what: str = "it") -> str:
    """Return who deleted the project, repository or tag, as the end of a sentence; empty where that is not known."""
    told = _deletion(evidence.removed)
    return f"; {_said(told, evidence.gathered, what, _retention(evidence))}" if told else ""


def removal_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    """What the audit log tells of the missing thing, and the retention policy that may have removed it."""
    return (*log_proofs(evidence.removed), *_retention_proofs(evidence))


def retains(evidence: Evidence) -> str:
    """Return `yes` where the project has a tag retention, which removes tags by itself; empty where it has none."""
    return "yes" if _retention(evidence) is not None else ""


def account_removed(now: datetime, gone: Fact[Removal] | Unknown, user: str) -> str:
    """Return who deleted a robot or took a user out of a project, as the end of a sentence; empty if not known."""
    told = _deletion(gone)
    if told is None:
        return ""
    if told.kind == "member":
        return f"; {told.by} took {user} out of it {when(now, told.at)}"
    if told.kind == "project":
        return f"; {_said(told, now, f'its project {told.resource}', None)}, and its robots with it"
    return f"; {_said(told, now, 'it', None)}"


def log_proofs(found: Fact[Removal] | Unknown) -> tuple[Proof, ...]:
    """The audit log's word, or that it has none; nothing where it was not read."""
    if isinstance(found, Unknown):
        return ()
    told, unnamed = found.value.deletion, found.value.unnamed
    if told is not None:
        text = f"audit log: {told.by} deleted {told.kind} {told.resource} on {day(told.at)}"
        return (Proof("harbor", text, found.at),)
    lines = [Proof("harbor", "audit log: it has no entry of a deletion; entries may have been purged", found.at)]
    if unnamed:
        count = f"{len(unnamed)} image{'s' * (len(unnamed) > 1)} of {_repository(unnamed[0])}"
        text = f"audit log: {count} deleted by digest, the last on {day(unnamed[0].at)} by {unnamed[0].by}"
        lines.append(Proof("harbor", f"{text}; it does not name their tags", found.at))
    return tuple(lines)


def _deletion(found: Fact[Removal] | Unknown) -> Deletion | None:
    return found.value.deletion if isinstance(found, Fact) else None


def _said(told: Deletion, now: datetime, what: str, retention: Retention | None) -> str:
    if retention is not None and told.by_harbor and retention.ran_at(told.at):
        return f"{what} was removed by the project's tag retention {when(now, told.at)}"
    by = "a job of Harbor itself" if told.by_harbor else told.by
    return f"{what} was deleted {when(now, told.at)}, by {by}"


def _retention(evidence: Evidence) -> Retention | None:
    return evidence.retention.value if isinstance(evidence.retention, Fact) else None


def _retention_proofs(evidence: Evidence) -> tuple[Proof, ...]:
    policy = _retention(evidence)
    if policy is None or not isinstance(evidence.retention, Fact):
        return ()
    project = evidence.image.project if evidence.image else ""
    rules = f"{policy.rules} rule{'s' * (policy.rules != 1)}"
    text = f"project {project} has a tag retention of {rules}, which removes what none of them keeps{_ran(policy)}"
    at = evidence.retention.at
    first = Proof("harbor", text, at)
    unnamed = evidence.removed.value.unnamed if isinstance(evidence.removed, Fact) else ()
    during = [one for one in unnamed if one.by_harbor and policy.ran_at(one.at)]
    if not during:
        return (first,)
    count = f"{len(during)} of the images deleted by digest {'were' if len(during) > 1 else 'was'}"
    return first, Proof("harbor", f"{count} deleted by Harbor itself while the retention ran", at)


def _ran(policy: Retention) -> str:
    if policy.hidden:
        return f" (its runs: {policy.hidden})"
    return f"; it last ran on {day(policy.runs[0][0])}" if policy.runs else "; no run of it is recorded"


def _repository(one: Deletion) -> str:
    return one.resource.partition("@")[0].partition(":sha256:")[0]
