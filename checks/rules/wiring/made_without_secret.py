"""The ServiceAccount has a pull secret, but the pod was made without it.

What: admission copies the ServiceAccount's list into a pod only when the pod is created. This pod was created
before the Secret was attached, so its own list is empty, and stays so.

Why it matters: the ServiceAccount looks right, and no waiting helps: the kubelet never reads it.

What to do: replace the pods; the new ones carry the Secret.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Stage, Subject
from checks.rules.base import Rule, denied_without_login, kubelet_proof, open_to, trial_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the pod's list is empty though the ServiceAccount's is not."""
    pull, account = evidence.pull, evidence.service_account
    if pull.pull_secrets or pull.own_empty_list or pull.mirror:
        return None
    if not isinstance(account, Fact) or account.value is None:
        return None
    names = account.value.pull_secrets
    if not names or not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    return Finding(
        "HD102",
        Subject("ServiceAccount", pull.namespace, pull.service_account),
        {"account": pull.service_account, "secrets": ", ".join(names)},
        (
            Proof("pod", "imagePullSecrets is empty"),
            Proof("serviceaccount", f"{pull.service_account} names {', '.join(names)}", account.at),
            kubelet_proof(evidence),
            *trial_proofs(evidence.anonymous),
        ),
    )


RULE = Rule(
    code="HD102",
    stage=Stage.WIRING,
    title="pod older than Secret",
    cause="no_credentials",
    sentence="ServiceAccount {account} names {secrets}, but these pods were made before that and carry no pull secret.",
    examine=examine,
    order=51,
    plans=("replace_pods", "advice"),
    manual=__doc__,
)
