"""The cause is not known.

What: the pull fails and no rule found why. The evidence shows what was looked at and what could not be.

Why it matters: a guess would cost more than it brings; what is missing is named, so that it can be had.

What to do: read the kubelet's words; give the rights or the login that is named as missing, and test again.
"""

from collections.abc import Iterator

from checks.clocks import behind_token
from checks.facts import NOT_LOOKED, Knows, Unknown
from checks.model import Evidence, Finding, Proof, Stage, Subject
from checks.rules.base import DENIED_WORDS, Rule, kubelet_proof, passes, trial_proofs
from checks.vantage import View, views


def examine(evidence: Evidence) -> Finding | None:
    """Fire always: it is asked only where no other rule fired."""
    pull = evidence.pull
    missing = not_looked(evidence)
    return Finding(
        "HD000",
        Subject("workload", pull.namespace, pull.owner.name if pull.owner else pull.pod),
        {
            "image": pull.image,
            "said": _said(evidence) + behind_token(evidence),
            "missing": f"; not looked at: {missing[0]}" if missing else "",
        },
        (
            kubelet_proof(evidence),
            *(Proof("unknown", line) for line in missing),
            *(_beside(view) for view in views(evidence) if view.agree is False),
            *(line for t in (*evidence.trials, evidence.anonymous) for line in trial_proofs(t)),
        ),
    )


def not_looked(evidence: Evidence) -> tuple[str, ...]:
    """Say what could not be known and might have changed the verdict, one phrase each."""
    pull, lines = evidence.pull, list[str]()
    for named in evidence.secrets:
        if isinstance(named.found, Unknown):
            lines.append(f"Secret {pull.namespace}/{named.name}: {named.found.why}")
    if not pull.pull_secrets and isinstance(evidence.service_account, Unknown):
        lines.append(f"ServiceAccount {pull.service_account}: {evidence.service_account.why}")
    if isinstance(evidence.node, Unknown) and pull.node and "platform_mismatch" in _read_as(evidence):
        lines.append(f"node {pull.node}: {evidence.node.why}")
    if evidence.events is not None:
        lines.append(f"events: {evidence.events.why}")
    if dark := _dark(evidence):
        lines.append(f"registry: {dark}")
    for trial in evidence.trials:
        if trial.why and trial.login is not None and trial.why != dark:
            lines.append(f"login {trial.login.username or 'without a name'}: {trial.why}")
    for user, view in evidence.harbor.items():
        if isinstance(view.robot, Unknown) and "$" in user:
            lines.append(f"robot {user}: {view.robot.why}")
    return tuple(dict.fromkeys((*lines, *_records(evidence))))


def _read_as(evidence: Evidence) -> tuple[str, ...]:
    return (evidence.reading.cause, *evidence.reading.alternatives)


def _records(evidence: Evidence) -> Iterator[str]:
    """What Harbor's records would have told."""
    for user, view in evidence.harbor.items():
        if isinstance(view.gone, Unknown) and view.gone != NOT_LOOKED:
            yield f"who removed {user}: {view.gone.why}"
    for what, found in (
        ("who deleted it", evidence.removed),
        ("tag retention", evidence.retention),
        ("Harbor's health", evidence.health),
    ):
        if isinstance(found, Unknown) and found != NOT_LOOKED:
            yield f"{what}: {found.why}"


def _beside(view: View) -> Proof:
    """What looks different from the node and from here."""
    told = " and ".join(
        filter(None, (view.node and f"on the node {view.node}", view.here and f"from here {view.here}"))
    )
    return Proof("vantage", f"{view.about}: {told}")


def _dark(evidence: Evidence) -> str:
    """Why the registry could not be asked about the image at all; empty where it answered."""
    if isinstance(evidence.ping, Unknown):
        return evidence.ping.why
    anonymous = evidence.anonymous
    return "" if anonymous.manifest is not None or anonymous.knows is Knows.NEEDLESS else anonymous.why


def _said(evidence: Evidence) -> str:
    detail = evidence.reading.detail
    said = f"the kubelet says: {detail}" if detail else "the kubelet says nothing more"
    if not passes(evidence):
        return said
    if not detail:
        return "everything passes from here by now; the next attempt will tell"
    if evidence.reading.cause in DENIED_WORDS:
        return f"{said}, and everything passes from here by now"
    return f"{said}, while from here the image can be pulled"


RULE = Rule(
    code="HD000",
    stage=Stage.NODE,
    title="cause not known",
    cause="unknown_ambiguous",
    sentence="Why {image} cannot be pulled is not known; {said}{missing}.",
    examine=examine,
    order=99,
    plans=("replace_pods", "advice"),
    manual=__doc__,
)
