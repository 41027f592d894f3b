"""The pod has no pull secret at all.

What: neither the pod nor, now, its ServiceAccount names a pull secret, and the registry refuses the image to
somebody without a login.

Why it matters: the kubelet asks without a login and is refused. It never reads the ServiceAccount itself;
admission copied that list into the pod when it was created, if it copied anything.

What to do: attach a Secret whose login may pull the image to the ServiceAccount, and replace the pods.
"""

from checks.facts import Fact
from checks.model import Evidence, Finding, Proof, Stage, Subject
from checks.rules.base import Rule, denied_without_login, kubelet_proof, open_to, trial_proofs


def examine(evidence: Evidence) -> Finding | None:
    """Fire where the pod's list is empty and the ServiceAccount's is too, or is not known."""
    pull, account = evidence.pull, evidence.service_account
    if pull.pull_secrets or not denied_without_login(evidence) or not open_to(evidence, "no_credentials"):
        return None
    if isinstance(account, Fact) and account.value and account.value.pull_secrets and not pull.own_empty_list:
        return None
    return Finding(
        "HD101",
        Subject("ServiceAccount", pull.namespace, pull.service_account),
        {
            "registry": evidence.image.registry if evidence.image else "the registry",
            "account": pull.service_account,
        },
        (
            Proof("pod", "imagePullSecrets is empty"),
            *_account_proof(evidence),
            kubelet_proof(evidence),
            *trial_proofs(evidence.anonymous),
        ),
    )


def _account_proof(evidence: Evidence) -> tuple[Proof, ...]:
    account, name = evidence.service_account, evidence.pull.service_account
    if not isinstance(account, Fact):
        return (Proof("serviceaccount", f"{name}: not known: {account.why}"),)
    return (Proof("serviceaccount", f"{name} names no pull secret", account.at),)


RULE = Rule(
    code="HD101",
    stage=Stage.WIRING,
    title="no pull secret",
    cause="no_credentials",
    sentence="The pods carry no pull secret and ServiceAccount {account} names none, so {registry} is asked "
    "without a login and refuses.",
    examine=examine,
    order=50,
    plans=("attach", "new_login", "advice"),
    manual=__doc__,
)
