"""The cause is not known.

What: the pull fails and no rule found why. The evidence shows what was looked at and what could not be.

Why it matters: a guess would cost more than it brings; what is missing is named, so that it can be had.

What to do: read the kubelet's words; give the rights or the login that is named as missing, and test again.
"""

from checks.model import Evidence, Finding, Stage, Subject
from checks.rules.base import Rule, kubelet_proof, trial_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire always: it is asked only where no other rule fired."""
    pull = evidence.pull
    owner = pull.owner.name if pull.owner else pull.pod
    works = evidence.works
    said = (
        f"the kubelet says: {evidence.reading.detail}" if evidence.reading.detail else "the kubelet says nothing more"
    )
    if works is not None:
        said = "everything passes from here by now; the next attempt will tell"
    return Finding(
        "HD000",
        Subject("workload", pull.namespace, owner),
        {"image": pull.image, "said": said},
        (
            kubelet_proof(evidence),
            *(line for t in (*evidence.trials, evidence.anonymous) for line in trial_proofs(t)),
        ),
    )


RULE = Rule(
    code="HD000",
    stage=Stage.NODE,
    title="cause not known",
    cause="unknown_ambiguous",
    sentence="Why {image} cannot be pulled is not known; {said}.",
    examine=examine,
    order=99,
    plans=("replace_pods", "advice"),
    manual=__doc__,
)
